/** What the tests of probes share. */
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo, ListenOptions, Server } from "node:net";
import { createServer, type Socket } from "node:net";
import type { Probe, ProbeHandlers, RunCommand } from "../../src/supervisor/probes/probe.ts";
import type { Tracked } from "../support/cleanup.ts";

export interface Watched {
  readonly probe: Probe;
  readonly results: string[];
}

/** Opens a probe that is closed after the test; "passed", or why not, of each call. */
export function watch(tracked: Tracked, open: (handlers: ProbeHandlers) => Probe): Watched {
  const results: string[] = [];
  const probe = open({ onPassed: () => results.push("passed"), onFailed: (why) => results.push(why) });
  tracked.defer(() => probe.close());
  return { probe, results };
}

/** Listens on a port of the kernel's choice, or on this one. */
export async function listen<T extends Server>(
  tracked: Tracked,
  server: T,
  options: ListenOptions = { host: "127.0.0.1", port: 0 },
): Promise<number> {
  const open = new Set<Socket>();
  server.on("connection", (socket) => {
    open.add(socket);
    socket.on("error", () => {}).on("close", () => open.delete(socket));
  });
  server.listen(options);
  await once(server, "listening");
  tracked.defer(async () => {
    for (const socket of open) socket.destroy();
    if (!server.listening) return;
    server.close();
    await once(server, "close");
  });
  return (server.address() as AddressInfo).port;
}

/** A port that nobody listens on; none of those that the kernel gives to clients, which another test could get meanwhile. */
export async function freePort(host = "127.0.0.1"): Promise<number> {
  for (;;) {
    const port = randomInt(16_000, 32_000);
    const server = createServer();
    const listening = new Promise((resolve) => server.once("listening", () => resolve(true)).once("error", () => resolve(false)));
    server.listen(port, host);
    if (!(await listening)) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}

/** A real command, killed when it is given up. */
export const runCommand: RunCommand = async ([file = "", ...args], signal) => {
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  signal.addEventListener("abort", () => child.kill("SIGKILL"), { once: true });
  const [status, killedBy] = (await once(child, "close")) as [number | null, string | null];
  return { status, signal: killedBy, output };
};
