/** One request, from its head to the end of its answer. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Control } from "../supervisor/control.ts";
import { ApiError, isMistake } from "./apiError.ts";
import type { Connections } from "./connections.ts";
import { streamEvents } from "./eventStream.ts";
import { findRoute } from "./findRoute.ts";
import { streamSamples } from "./monitorStream.ts";
import { whoAsks } from "./peer.ts";
import { readBody } from "./requestBody.ts";
import { SEQUENCE } from "./requestFields.ts";
import type { Reply } from "./route.ts";
import { LOGS_PATH, ROUTES } from "./routes.ts";
import { sendError, sendJson, sendText } from "./send.ts";
import type { ServeLimits } from "./serveLimits.ts";

export interface ServeContext {
  readonly control: Control;
  readonly connections: Connections;
  readonly limits: ServeLimits;
  readonly report: (mistake: unknown) => void;
  readonly version: string;
  /** Aborted when the server closes. */
  readonly ending: AbortController;
}

/** Never rejects: what goes wrong is the answer. */
export async function answerRequest(context: ServeContext, request: IncomingMessage, response: ServerResponse, uid: number): Promise<void> {
  const { connections, control, report, version } = context;
  const { socket } = request;
  const gone = new AbortController();
  let endLong: (() => void) | undefined;
  connections.busy(socket);
  response.on("error", () => undefined);
  response.on("close", () => {
    connections.idle(socket);
    endLong?.();
    gone.abort();
  });
  try {
    response.setHeader("Server", `daemonitor/${version}`);
    const { route, selector, query } = findRoute(ROUTES, request.method ?? "", request.url ?? "");
    const body = route.method === "GET" ? {} : await readBody(request);
    if (isLong(route.method, route.path)) {
      endLong = connections.beginLong();
      if (endLong === undefined) throw new ApiError("ERR_BUSY", "too many wait or follow events already", "try again in a moment");
      // The connection may have ended while the body was read.
      if (response.destroyed) endLong();
    }
    if (response.destroyed) return;
    if (request.headers.prefer === "processing") response.writeProcessing();
    const command = request.headers["x-daemonitor-command"];
    const by = whoAsks(uid, typeof command === "string" ? command : undefined);
    const asked = {
      control,
      selector,
      query,
      body,
      by,
      signal: gone.signal,
      version,
      lastEventId: lastEventId(request),
      accept: request.headers.accept,
    };
    const position = request.headers["last-event-id"];
    const lastPosition = typeof position === "string" ? position : undefined;
    await send(context, response, await route.handle({ ...asked, lastPosition }), gone.signal);
  } catch (error) {
    if (isMistake(error)) report(error);
    sendError(response, error);
  }
}

function isLong(method: string, path: string): boolean {
  return method !== "GET" || path === "/v1/events" || path === "/v1/monitor/stream" || path === LOGS_PATH;
}

/** An empty or strange one is as good as none: browsers send what they were given last. */
function lastEventId({ headers }: IncomingMessage): string | undefined {
  return SEQUENCE.read(headers["last-event-id"])?.value;
}

async function send({ control, limits, ending }: ServeContext, response: ServerResponse, reply: Reply, gone: AbortSignal): Promise<void> {
  if ("json" in reply) {
    sendJson(response, reply.json);
  } else if ("text" in reply) {
    sendText(response, 200, reply.type, reply.text);
  } else if ("logs" in reply) {
    const { streamLogs } = await import("./logStream.ts");
    await streamLogs(reply.logs, response, { ...limits, signal: AbortSignal.any([gone, ending.signal]) });
  } else {
    const end = () => response.end();
    ending.signal.addEventListener("abort", end, { once: true });
    response.on("close", () => ending.signal.removeEventListener("abort", end));
    const { heartbeat, stall } = limits;
    if ("samples" in reply) streamSamples(control.monitor, response, { ...reply.samples, heartbeat, stall });
    else streamEvents(control.events, response, { ...reply.events, heartbeat, stall });
  }
}
