/** Passes where a GET is answered with a status from 200 to 399. Redirects are an answer, and are not followed. */
import type { ClientRequest, RequestOptions } from "node:http";
import { describeFailure } from "./describeFailure.ts";
import type { Try } from "./probe.ts";

const OPTIONS: RequestOptions & { rejectUnauthorized: boolean } = {
  // A connection of its own: one kept alive would say nothing about new ones.
  agent: false,
  headers: { "user-agent": "daemonitor", accept: "*/*", connection: "close" },
  // It is asked whether it serves, not who it is: services on one's own machine have certificates for their public name.
  rejectUnauthorized: false,
};

/** The body is not waited for. What it says why names no URL, which may hold a secret. */
export function tryHttp(url: string): Try {
  return (signal) => {
    const { promise, resolve } = Promise.withResolvers<string | null>();
    if (signal.aborted) return Promise.resolve("given up");
    let request: ClientRequest | undefined;
    const abort = () => settle("given up");
    const settle = (why: string | null) => {
      signal.removeEventListener("abort", abort);
      request?.destroy();
      resolve(why);
    };
    signal.addEventListener("abort", abort, { once: true });
    try {
      // Loaded with the first probe. Not imported: an import of node:http brings fetch along, 14 MB.
      const { get } = process.getBuiltinModule(url.startsWith("https:") ? "node:https" : "node:http");
      request = get(url, OPTIONS);
    } catch (error) {
      settle(describeFailure(error));
      return promise;
    }
    request.on("error", (error) => settle(describeFailure(error)));
    request.on("upgrade", (_response, socket) => {
      socket.destroy();
      settle("it switched to another protocol");
    });
    request.on("response", (response) => {
      // Cut off by destroy(), it would have nobody to tell.
      response.on("error", () => {});
      const status = response.statusCode ?? 0;
      settle(
        status >= 200 && status < 400
          ? null
          : `HTTP status ${status} ${process.getBuiltinModule("node:http").STATUS_CODES[status] ?? ""}`.trim(),
      );
    });
    return promise;
  };
}
