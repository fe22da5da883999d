/** Checks and alerts: what is asked for, and answered. */
import { readFields, TEXT } from "./requestFields.ts";
import type { Asked, Reply } from "./route.ts";

export function checks({ control }: Asked): Reply {
  return { json: control.checks() };
}

export function alerts({ control }: Asked): Reply {
  return { json: control.alerts() };
}

export async function testAlerts({ control, body }: Asked): Promise<Reply> {
  const { route } = readFields(body, "the body", { route: { ...TEXT, meant: "the name of a route, or webhook, exec or mail" } });
  return { json: { tests: await control.testAlerts(route) } };
}
