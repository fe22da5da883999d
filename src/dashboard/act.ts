/** Actions that a person may take on the page. */
import type { Client } from "../api/client.ts";
import { BadRequest } from "./answers.ts";
import type { ActionResult } from "./apiTypes.ts";

const ACTIONS = ["start", "stop", "restart", "reload"] as const;
type PageAction = (typeof ACTIONS)[number];

/** Milliseconds that a page waits for it to be settled; then it sees the rest by the states. */
const WAIT = 30_000;

/**
 * One instance or service, never a pattern: a page names what it shows.
 *
 * @throws BadRequest, and what the client throws
 */
export function act(client: Client, { action, selector }: Readonly<Record<string, unknown>>): Promise<ActionResult> {
  if (!isAction(action)) throw new BadRequest(`action must be one of ${ACTIONS.join(", ")}`);
  if (typeof selector !== "string" || selector === "" || selector.length > 300)
    throw new BadRequest("selector must name a service or an instance");
  if (/[*?[\]{}!\\]/.test(selector) || selector === "all") throw new BadRequest("selector must name one service or instance, not several");
  return client.act({ action, selector, wait: WAIT, by: `${action} ${selector} on the dashboard` });
}

function isAction(value: unknown): value is PageAction {
  return ACTIONS.some((action) => action === value);
}
