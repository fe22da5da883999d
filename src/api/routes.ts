/** What can be asked for, and how: the whole API is this table. */
import type { ActionRequest } from "../supervisor/control.ts";
import { parseSignal, signalName } from "../values/signals.ts";
import { ValueError } from "../values/valueError.ts";
import { readMonitor, readServices } from "./applyBody.ts";
import { alerts, checks, testAlerts } from "./checks.ts";
import { LOG_QUERY, readLogRequest } from "./logs.ts";
import { metrics } from "./metrics.ts";
import { HISTORY_QUERY, history, STREAM_QUERY, sample, stream } from "./monitor.ts";
import { BOOLEAN, bad, count, type Field, FLAG, LIST, OBJECT, oneOf, readFields, required, SEQUENCE, TEXT, WAIT } from "./requestFields.ts";
import type { Asked, Reply, Route } from "./route.ts";

const SIGNAL: Field<string> = { ...TEXT, meant: 'a signal, such as "SIGHUP"' };
const MOST_INSTANCES = 10_000;
const ONE = "/v1/services/:selector";
export const LOGS_PATH = `${ONE}/logs`;

export const ROUTES: readonly Route[] = [
  get("/v1", {}, ({ control }) => ({ json: control.about() })),
  get("/v1/services", { selector: TEXT }, ({ control, query }) => ({
    json: { services: control.list(query.selector), supervisor: control.about() },
  })),
  get(ONE, { secrets: FLAG }, ({ control, selector, query }) => ({
    json: { services: control.describe(selector, { secrets: query.secrets === "1" }) },
  })),
  get(`${ONE}/why`, {}, ({ control, selector }) => ({ json: { instances: control.why(selector) } })),
  get(LOGS_PATH, LOG_QUERY, ({ control, selector, query, lastPosition }) => ({
    logs: readLogRequest(control, selector, query, lastPosition),
  })),
  ...(["start", "restart", "reload", "rotate", "clear"] as const).map((action) =>
    post(`${ONE}/${action}`, (asked) => act(asked, { action, ...readFields(asked.body, "the body", { wait: WAIT }) })),
  ),
  post(`${ONE}/stop`, (asked) => act(asked, { action: "stop", ...readFields(asked.body, "the body", { force: BOOLEAN, wait: WAIT }) })),
  post(`${ONE}/signal`, signal),
  post(`${ONE}/scale`, scale),
  {
    ...post(ONE, (asked) => act(asked, { action: "delete", ...readFields(asked.body, "the body", { force: BOOLEAN, wait: WAIT }) })),
    method: "DELETE",
  },
  post("/v1/apply", apply),
  post("/v1/shutdown", async ({ control, body, by }) => ({
    json: await control.shutdown({ by, ...readFields(body, "the body", { force: BOOLEAN }) }),
  })),
  get("/v1/events", { after: SEQUENCE, follow: FLAG }, ({ query, lastEventId }) => {
    // A browser that comes back has its old address and the header, and the header is the newer one.
    const after = lastEventId ?? query.after;
    return { events: { after: after === undefined ? undefined : Number(after), follow: query.follow !== "0" } };
  }),
  get("/v1/monitor", {}, sample),
  get("/v1/monitor/history", HISTORY_QUERY, history),
  get("/v1/monitor/stream", STREAM_QUERY, stream),
  get("/v1/checks", {}, checks),
  get("/v1/alerts", {}, alerts),
  post("/v1/alerts/test", testAlerts),
  get("/v1/metrics", {}, ({ control, accept }) => metrics(control, accept)),
  get("/v1/openapi.json", {}, async ({ version }) => ({ json: (await import("./openapi.ts")).openApi(version) })),
];

function get(path: string, query: Route["query"], handle: Route["handle"]): Route {
  return { method: "GET", path, query, handle };
}

function post(path: string, handle: Route["handle"]): Route {
  return { method: "POST", path, query: {}, handle };
}

type Action = ActionRequest extends infer R ? (R extends unknown ? Omit<R, "selector" | "by" | "signal"> : never) : never;

async function act({ control, selector, by, signal }: Asked, action: Action): Promise<Reply> {
  return { json: await control.act({ ...action, selector, by, signal } as ActionRequest) };
}

async function signal(asked: Asked): Promise<Reply> {
  const fields = { signalName: SIGNAL, to: oneOf("main", "all"), wait: WAIT };
  const { signalName: given, ...rest } = readFields(asked.body, "the body", fields);
  const name = required(given, "signalName", SIGNAL);
  try {
    return await act(asked, { action: "signal", signalName: signalName(parseSignal(name)), ...rest });
  } catch (error) {
    throw error instanceof ValueError ? bad(`signalName: ${error.message}`) : error;
  }
}

async function scale(asked: Asked): Promise<Reply> {
  const field = count(MOST_INSTANCES);
  const { instances, ...rest } = readFields(asked.body, "the body", { instances: field, wait: WAIT });
  return act(asked, { action: "scale", instances: required(instances, "instances", field), ...rest });
}

async function apply({ control, body, by, signal }: Asked): Promise<Reply> {
  const fields = { services: LIST, monitor: OBJECT, prune: BOOLEAN, dryRun: BOOLEAN, start: BOOLEAN, wait: WAIT };
  const { services, monitor, ...rest } = readFields(body, "the body", fields);
  const wanted = {
    services: readServices(required(services, "services", LIST)),
    ...(monitor === undefined ? {} : { monitor: readMonitor(monitor) }),
  };
  return { json: await control.apply({ ...wanted, ...rest, by, signal }) };
}
