/** Posts an alert. The address may be a secret: messages have its host alone. */
import type { IncomingMessage } from "node:http";
import type { AlertBody } from "../../monitor/alerts.ts";
import { AlertError, errorText } from "./alertError.ts";

export interface Post extends AlertBody {
  readonly url: string;
  /** Of the configuration: they come before those of the format. */
  readonly more: Readonly<Record<string, string>>;
  /** Milliseconds for all of it. */
  readonly timeout: number;
}

/** The server understood, and doesn't want it: it won't later either. */
const REFUSED = new Set([400, 405, 406, 410, 413, 414, 415, 422]);

/** Resolves when the server has answered with 2xx. Redirections are not followed. @throws AlertError */
export async function post({ url, type, headers, more, body, timeout }: Post): Promise<void> {
  const { host, protocol } = new URL(url);
  // TLS takes long to load, and whoever has no such alert needs none.
  const { request } = protocol === "https:" ? await import("node:https") : await import("node:http");
  const bytes = Buffer.from(body);
  const all = { "User-Agent": "daemonitor", "Content-Type": type, "Content-Length": String(bytes.length), ...headers, ...more };
  const signal = AbortSignal.timeout(timeout);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(url, { method: "POST", headers: all, agent: false, signal }, resolve);
    sent.on("error", (error) => {
      const why = signal.aborted ? `no answer in ${timeout / 1000} s` : errorText(error);
      reject(new AlertError(`${host}: ${why}`, { cause: error }));
    });
    sent.end(bytes);
  });
  const { statusCode: status = 0 } = answer;
  answer.on("error", () => {});
  answer.destroy();
  if (status >= 200 && status < 300) return;
  throw new AlertError(`${host}: answered ${status}${status >= 300 && status < 400 ? ", which leads elsewhere" : ""}`, {
    refused: REFUSED.has(status),
  });
}
