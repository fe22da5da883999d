/**
 * The control API: HTTP/1.1 on a unix socket that somebody else holds, so that it outlives us.
 *
 *   const api = await serveApi(control, { fd: inherited.held.get("api"), owner: process.geteuid(), version });
 *   await api.close();
 *
 * Whoever may write to the socket's file can connect; only its owner and root are answered. docs/api.md is its manual.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { DaemonError } from "../launch/errors.ts";
import type { Control } from "../supervisor/control.ts";
import { answerRequest } from "./answerRequest.ts";
import { ApiError, replyTo } from "./apiError.ts";
import { Connections } from "./connections.ts";
import { peerOf } from "./peer.ts";
import { sendError, sendRaw } from "./send.ts";
import { LIMITS, type ServeLimits } from "./serveLimits.ts";

export interface ServeOptions {
  /** A listening unix socket. It is closed with the server; who wants to keep it has a copy. */
  readonly fd: number;
  /** The uid that may ask, besides root. */
  readonly owner: number;
  readonly version: string;
  /** Told of mistakes of our own; by default they go to standard error. */
  readonly report?: (mistake: unknown) => void;
  readonly limits?: Partial<ServeLimits>;
}

/** Milliseconds that answers get to be read when the server closes. */
const FAREWELL = 1000;

/** @throws DaemonError where the descriptor is no listening socket */
export async function serveApi(control: Control, options: ServeOptions): Promise<{ close(): Promise<void> }> {
  const limits = { ...LIMITS, ...options.limits };
  const connections = new Connections(limits);
  const report = options.report ?? ((mistake) => console.error("daemonitor: control API:", mistake));
  const context = { control, connections, limits, report, version: options.version, ending: new AbortController() };
  // Imported by name, it would load all that fetch and WebSocket need: 30 ms, 10 MB.
  const { createServer } = process.getBuiltinModule("node:http");
  const server = createServer({
    headersTimeout: limits.arrival,
    requestTimeout: limits.arrival,
    keepAliveTimeout: 5000,
    connectionsCheckingInterval: Math.min(2000, limits.arrival / 4),
    maxHeaderSize: 16 * 1024,
  });
  server.maxConnections = limits.connections + 64;
  server.on("connection", (socket: Socket) => {
    if (!connections.admit(socket)) refuse(socket, new ApiError("ERR_BUSY", "too many connections are open", "try again in a moment"));
  });
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const peer = peerOf(request.socket);
    if (peer === undefined) request.socket.destroy();
    else if (peer.uid !== options.owner && peer.uid !== 0) sendError(response, notAllowed(options.owner));
    else answerRequest(context, request, response, peer.uid);
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
    // In the middle of an answer there is no place for another one.
    if (connections.isBusy(socket)) socket.destroy();
    else refuse(socket, malformed(error));
  });
  await listen(server, options.fd);
  return {
    async close() {
      context.ending.abort();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      connections.destroyIdle();
      const late = setTimeout(() => connections.destroyAll(), FAREWELL);
      await closed;
      clearTimeout(late);
    },
  };
}

function listen(server: Server, fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(DaemonError.from(error, "control API", `descriptor ${fd}`)));
    server.listen({ fd }, resolve);
  });
}

/** Before there is a request that could be answered. */
function refuse(socket: Socket, error: ApiError): void {
  if (socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  sendRaw(socket, replyTo(error));
}

function malformed(error: NodeJS.ErrnoException): ApiError {
  if (error.code === "ERR_HTTP_REQUEST_TIMEOUT") return new ApiError("ERR_SLOW_REQUEST", "the request did not arrive in time");
  if (error.code === "HPE_HEADER_OVERFLOW") return new ApiError("ERR_TOO_LARGE", "the head of the request is too long");
  return new ApiError("ERR_BAD_REQUEST", "that is no HTTP/1.1", "see docs/api.md");
}

function notAllowed(owner: number): ApiError {
  return new ApiError("ERR_NOT_ALLOWED", `this supervisor belongs to the user with uid ${owner}`, "use that account, or root", {
    Connection: "close",
  });
}
