/** Requests to the server of the page. */
import { ACTION_HEADER, type ErrorAnswer } from "../src/dashboard/wire.ts";

/** What the server refused, and what to do. */
export class RequestError extends Error {
  readonly status: number;
  readonly hint: string | null;

  constructor(status: number, { error }: ErrorAnswer) {
    super(error.message);
    this.status = status;
    this.hint = error.hint;
  }
}

/** @throws RequestError, or TypeError where the server is away */
export async function get<T>(path: string, query: Readonly<Record<string, string | number>> = {}): Promise<T> {
  const search = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]));
  return answerOf<T>(await fetch(search.size === 0 ? path : `${path}?${search}`, { credentials: "same-origin" }));
}

/** @throws RequestError, or TypeError where the server is away */
export async function post<T>(path: string, body: unknown): Promise<T> {
  const headers = { "Content-Type": "application/json", [ACTION_HEADER]: "1" };
  return answerOf<T>(await fetch(path, { method: "POST", headers, body: JSON.stringify(body), credentials: "same-origin" }));
}

async function answerOf<T>(response: Response): Promise<T> {
  const content: unknown = await response.json();
  if (!response.ok) throw new RequestError(response.status, content as ErrorAnswer);
  return content as T;
}
