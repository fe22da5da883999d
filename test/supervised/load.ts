/** Clients of a service on loopback: each request over a connection of its own. */
import { once } from "node:events";
import { request } from "node:http";
import { connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Supervised } from "../support/supervised.ts";

/** Milliseconds, so that the servers have a processor as well. */
const PAUSE = 10;

/** What the servers of test/fixtures/supervised answer. */
export interface Answer {
  readonly pid: number;
  readonly color?: string;
  readonly socket: string;
  readonly given?: Readonly<Record<string, string>>;
}

/** A port of TCP, or the path of a unix socket. */
export type Address = number | string;

export function ask(address: Address, timeout = 20_000): Promise<Answer> {
  const where = typeof address === "number" ? { host: "127.0.0.1", port: address } : { socketPath: address };
  return new Promise((resolve, reject) => {
    const sent = request({ ...where, agent: false, timeout }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.on("end", () => (response.complete ? resolve(JSON.parse(body)) : reject(new Error("half an answer"))));
      response.on("error", reject);
    });
    sent.on("timeout", () => sent.destroy(new Error(`no answer in ${timeout} ms`)));
    sent.on("error", reject);
    sent.end();
  });
}

export interface Load {
  /** How many were answered, by the pid that did. */
  readonly answered: ReadonlyMap<number, number>;
  readonly failures: readonly string[];
  /** Resolves when the last one is answered. */
  stop(): Promise<void>;
}

/** A few clients, one request after the other, until it is stopped; with the test at the latest. */
export function load({ tracked }: Pick<Supervised, "tracked">, address: Address, clients = 4): Load {
  const answered = new Map<number, number>();
  const failures: string[] = [];
  let over = false;
  const client = async () => {
    while (!over) {
      try {
        const { pid } = await ask(address);
        answered.set(pid, (answered.get(pid) ?? 0) + 1);
      } catch (error) {
        failures.push(String(error));
      }
      await sleep(PAUSE);
    }
  };
  tracked.defer(() => {
    over = true;
  });
  const all = Promise.all(Array.from({ length: clients }, client));
  return {
    answered,
    failures,
    async stop() {
      over = true;
      await all;
    },
  };
}

/** One that nobody has at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** "open", or the code of the error. */
export function knock(address: Address): Promise<string> {
  return new Promise((resolve) => {
    const socket = typeof address === "number" ? connect(address, "127.0.0.1") : connect(address);
    socket.on("connect", () => {
      socket.destroy();
      resolve("open");
    });
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}
