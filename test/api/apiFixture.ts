/** A real server on a real socket, with a control in memory, a client, and raw connections. */
import { closeSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { Client } from "../../src/api/client.ts";
import { type ServeOptions, serveApi } from "../../src/api/server.ts";
import { native } from "../../src/native/addon.ts";
import { EventLog } from "../../src/supervisor/eventLog.ts";
import { specs } from "../supervisor/stateFixture.ts";
import { track } from "../support/cleanup.ts";
import { until } from "../support/wait.ts";
import { MemoryControl } from "./memoryControl.ts";

export interface ServedOptions {
  readonly limits?: ServeOptions["limits"];
  readonly owner?: number;
  readonly mode?: number;
  readonly timeout?: number;
  /** False only listens: as while the supervisor is being started again. */
  readonly serving?: boolean;
}

/** The services are "web" with one instance, with every key of a specification, and "db". */
export async function served(t: TestContext, options: ServedOptions = {}) {
  const { dir, defer } = track(t);
  const folder = dir();
  const socket = join(folder, "s");
  const listener = native().listenUnix(socket, options.mode ?? 0o600, 128);
  defer(() => closeSync(listener));
  const reports: unknown[] = [];
  const events = EventLog.open(join(folder, "events"), { report: (report) => reports.push(report) });
  defer(() => events.close());
  const { web, db } = await specs();
  const control = new MemoryControl(events, [web, db]);
  const mistakes: unknown[] = [];
  let api: Awaited<ReturnType<typeof serveApi>> | undefined;
  const stop = async () => {
    const ending = api;
    api = undefined;
    await ending?.close();
  };
  /** As a supervisor that inherits the socket, and closes its own copy of it at its end. */
  const start = async () => {
    const fd = native().duplicate(listener, 3);
    const owner = options.owner ?? process.geteuid?.() ?? 0;
    api = await serveApi(control, {
      ...{ fd, owner, version: "1.2.3", report: (mistake) => mistakes.push(mistake) },
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    });
  };
  if (options.serving !== false) await start();
  defer(stop);
  const client = new Client({ socket, timeout: options.timeout ?? 30_000 });
  defer(() => client.close());
  return {
    ...{ socket, folder, control, events, client, mistakes, reports, specs: { web, db } },
    start,
    stop,
    raw: () => rawConnection(socket, defer),
  };
}

/** A connection whose bytes the test writes itself. */
export function rawConnection(path: string, defer: (undo: () => unknown) => void) {
  const socket: Socket = connect(path);
  let received = "";
  let isClosed = false;
  socket.setEncoding("utf8");
  socket.on("data", (text: string) => {
    received += text;
  });
  socket.on("error", () => undefined);
  socket.on("close", () => {
    isClosed = true;
  });
  defer(() => socket.destroy());
  return {
    socket,
    get received() {
      return received;
    },
    get isClosed() {
      return isClosed;
    },
    write: (text: string) => socket.write(text),
    /** What came so far, once it holds the text. */
    has: (text: string | RegExp) =>
      until(`${text} in the answer`, () => (typeof text === "string" ? received.includes(text) : text.test(received)) && received),
    closed: () => until("the connection to be closed", () => isClosed && { received }),
  };
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** One request by node:http: a client that isn't ours. */
export async function ask(
  socketPath: string,
  method: string,
  path: string,
  { body, headers = {} }: { body?: string | Buffer; headers?: Record<string, string> } = {},
): Promise<RawAnswer & { readonly json: () => never }> {
  // Of itself, node:http frames no body of a DELETE.
  const framed = body === undefined ? headers : { "Content-Length": String(Buffer.byteLength(body)), ...headers };
  const { request } = process.getBuiltinModule("node:http");
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path, headers: framed, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (more: string) => {
        text += more;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: () => JSON.parse(text) as never }),
      );
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
