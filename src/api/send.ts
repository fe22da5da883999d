/** Answers on their way out. */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type ErrorReply, replyTo } from "./apiError.ts";
import { API_ERROR_CODES } from "./errorCodes.ts";

/** Milliseconds that an answer may lie there unread. */
const UNREAD = 60_000;
/** What is read, and thrown away, of a request that was answered before it was complete. A client that writes all first sees the answer. */
const MOST_DISCARDED = 32 * 1024 * 1024;

export function sendJson(response: ServerResponse, value: unknown): void {
  sendText(response, 200, "application/json", `${JSON.stringify(value)}\n`);
}

export function sendText(
  response: ServerResponse,
  status: number,
  type: string,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.destroyed || response.headersSent) return;
  const bytes = Buffer.from(text);
  response.writeHead(status, { "Content-Type": type, "Content-Length": bytes.length, "Cache-Control": "no-store", ...headers });
  response.setTimeout(UNREAD, () => response.destroy());
  if (response.req.complete) {
    response.end(bytes);
    return;
  }
  // Ended now, the connection would be closed under a client that is still writing, and that would not read why.
  response.write(bytes);
  discardRest(response);
}

export function sendError(response: ServerResponse, error: unknown): void {
  const { status, headers, body } = replyTo(error);
  sendText(response, status, "application/json", `${JSON.stringify(body)}\n`, headers);
}

/** On a connection that has no request, and ends with this. */
export function sendRaw(socket: Socket, { status, headers, body }: ErrorReply): void {
  const text = `${JSON.stringify(body)}\n`;
  const lines = [
    `HTTP/1.1 ${status} ${REASONS.get(status) ?? "Error"}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(text)}`,
    "Connection: close",
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${lines.join("\r\n")}\r\n\r\n${text}`, () => socket.destroy());
}

const REASONS: ReadonlyMap<number, string> = new Map(Object.values(API_ERROR_CODES).map(({ status, meaning }) => [status, meaning]));

function discardRest(response: ServerResponse): void {
  const { req: request } = response;
  let length = 0;
  request.removeAllListeners("data");
  request.on("data", (bytes: Buffer) => {
    length += bytes.length;
    if (length > MOST_DISCARDED) response.destroy();
  });
  request.on("end", () => response.end());
  request.on("error", () => undefined);
  request.resume();
}
