/** Answers of the dashboard's own API. */
import type { ServerResponse } from "node:http";
import type { ErrorAnswer } from "./wire.ts";

export function answerJson(response: ServerResponse, content: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): void {
  const body = Buffer.from(JSON.stringify(content));
  response.writeHead(status, {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": body.length,
    "Cache-Control": "no-store",
    ...headers,
  });
  response.end(body);
}

/** @param headers of the answer, such as WWW-Authenticate */
export function answerError(
  response: ServerResponse,
  {
    status,
    code,
    message,
    hint,
  }: { readonly status: number; readonly code: string; readonly message: string; readonly hint: string | null },
  headers: Readonly<Record<string, string>> = {},
): void {
  const body: ErrorAnswer = { error: { code, message, hint } };
  answerJson(response, body, status, headers);
}

/** What went wrong between the dashboard and the supervisor, or in a request, as an answer. */
export function answerFailure(response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy();
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "ERR_INTERNAL";
  const hint = error instanceof Error && "hint" in error && typeof error.hint === "string" ? error.hint : null;
  const message = error instanceof Error ? error.message : String(error);
  answerError(response, { status: STATUS[code] ?? 502, code, message, hint });
}

const STATUS: Readonly<Record<string, number>> = {
  ERR_BAD_REQUEST: 400,
  ERR_NO_SUCH_SERVICE: 404,
  ERR_REFUSED: 409,
  ERR_TOO_LARGE: 413,
  ERR_SHUTTING_DOWN: 503,
  ERR_NO_SUPERVISOR: 503,
};

/** A mistake of who asked. */
export class BadRequest extends Error {
  readonly code: string;

  constructor(message: string, code = "ERR_BAD_REQUEST") {
    super(message);
    this.code = code;
  }
}
