/** A dashboard of a real supervisor, in the test's own process. */
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type Dashboard, serveDashboard } from "../../src/dashboard/server.ts";
import { type Supervised, supervised } from "../support/supervised.ts";
import { ask, pageHeaders } from "./ask.ts";

export const TOKEN = "a-token-for-tests-0123456789";

export interface Served extends Supervised {
  readonly dashboard: Dashboard;
  /** Signs in, and returns the Cookie header. */
  cookie(): Promise<string>;
}

export async function served(t: TestContext): Promise<Served> {
  const found = await supervised(t);
  const dashboard = await serveDashboard({
    client: found.client,
    token: TOKEN,
    host: "127.0.0.1",
    port: 0,
    historyDirectory: join(found.dir, "history"),
  });
  found.tracked.defer(() => dashboard.close());
  const cookie = async () => {
    const { port } = dashboard;
    const { headers } = await ask(port, "/api/session", { method: "POST", headers: pageHeaders(port), body: { token: TOKEN } });
    return String(headers["set-cookie"]).split(";")[0] ?? "";
  };
  return { ...found, dashboard, cookie };
}
