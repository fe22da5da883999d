/** Requests with whatever headers a test wants, also those that a browser or fetch would not send. */
import { request } from "node:http";

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Ends the answer when it says true of what came so far. */
  readonly until?: (text: string) => boolean;
}

export interface Asked {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export function ask(port: number, path: string, { method = "GET", headers = {}, body, until }: AskOptions = {}): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path, method, headers, agent: false, timeout: 60_000 }, (response) => {
      let text = "";
      const done = () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
        if (until?.(text) !== true) return;
        done();
        asked.destroy();
      });
      response.on("end", done);
      response.on("error", reject);
    });
    asked.on("timeout", () => asked.destroy(new Error(`${method} ${path}: no answer`)));
    asked.on("error", reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** As the page sends what changes something. */
export function pageHeaders(port: number): Readonly<Record<string, string>> {
  return {
    "Content-Type": "application/json",
    Origin: `http://127.0.0.1:${port}`,
    Host: `127.0.0.1:${port}`,
    "X-Daemonitor-Dashboard": "1",
  };
}
