import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { test } from "node:test";
import { track } from "../support/cleanup.ts";
import { isAlive } from "../support/process.ts";
import { start } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { fixtureArgv, launchFixture, type Printed } from "./createDaemonFixture.ts";

const LISTENING = /^Debugger listening on (ws:\/\/127\.0\.0\.1:(\d+)\/\S+)$/m;

test("under --inspect=0 both runs listen, each on a port of its own", async (t) => {
  const tracked = track(t);
  const stderr = `${tracked.dir()}/err`;
  const { launcher, daemon } = await launchFixture(tracked, { stderr }, { nodeFlags: ["--inspect=127.0.0.1:0"] });
  assert.match(launcher.stderr, LISTENING);
  assert.equal(await debuggee(readFileSync(stderr, "utf8")), daemon.pid);
});

test("under --inspect=PORT the daemon listens on that very port, and nobody complains", async (t) => {
  const tracked = track(t);
  const port = await freePort();
  const stderr = `${tracked.dir()}/err`;
  const { launcher, daemon } = await launchFixture(tracked, { stderr }, { nodeFlags: [`--inspect=127.0.0.1:${port}`] });
  const said = readFileSync(stderr, "utf8");
  assert.doesNotMatch(launcher.stderr + said, /failed|in use/i);
  assert.equal(LISTENING.exec(said)?.[2], String(port));
  assert.equal(await debuggee(said), daemon.pid);
});

for (const [what, nodeFlags, env] of [
  ["--inspect-brk in NODE_OPTIONS", [], { NODE_OPTIONS: "--no-warnings --inspect-brk=127.0.0.1:0" }],
  ["--inspect-brk on the command line", ["--inspect-brk=127.0.0.1:0"], {}],
  ["--inspect-wait", ["--inspect-wait=127.0.0.1:0"], {}],
] as const) {
  test(`${what} stops the launcher until a debugger lets it go on, and the daemon not at all`, async (t) => {
    const tracked = track(t);
    const dir = tracked.dir();
    const options = { stdout: `${dir}/out`, stderr: `${dir}/err`, pidFile: tracked.killNamedIn(`${dir}/pid`) };
    const [file, ...args] = fixtureArgv(options, { nodeFlags });
    const launcher = start(file, args, { env });
    tracked.kill(launcher.pid ?? 0);
    let said = "";
    launcher.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    const url = await until("the launcher's debugger", () => LISTENING.exec(said)?.[1]);
    const session = await connect(url);
    session.send("Debugger.enable");
    const printed = await until("the daemon", () => {
      // One that comes before it waits does nothing.
      session.send("Runtime.runIfWaitingForDebugger");
      return JSON.parse(readFileSync(options.stdout, "utf8").split("\n")[0] ?? "") as Printed;
    });
    session.close();
    await until("the launcher to end", () => launcher.exitCode !== null || launcher.signalCode !== null);
    assert.equal(launcher.exitCode, 0);
    assert.ok(isAlive(tracked.kill(printed.pid)));
    assert.deepEqual(
      printed.execArgv,
      nodeFlags.map((flag) => flag.replace(/-brk|-wait/, "")),
    );
    assert.equal(await debuggee(readFileSync(options.stderr, "utf8")), printed.pid);
  });
}

/** The pid of the process that is to be debugged at the address that it printed. */
async function debuggee(said: string): Promise<number> {
  const session = await connect(LISTENING.exec(said)?.[1] ?? "");
  try {
    const { result } = (await session.send("Runtime.evaluate", { expression: "process.pid" })) as { result: { value: number } };
    return result.value;
  } finally {
    session.close();
  }
}

/** A debugger that goes on from every break. */
async function connect(url: string) {
  const socket = new WebSocket(url);
  let id = 0;
  const waiting = new Map<number, (result: unknown) => void>();
  socket.addEventListener("message", ({ data }) => {
    const { id, method, result } = JSON.parse(String(data));
    if (method === "Debugger.paused") send("Debugger.resume");
    else waiting.get(id)?.(result);
  });
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve, { once: true });
    socket.addEventListener("error", reject, { once: true });
  });
  return { send, close: () => socket.close() };

  function send(method: string, params = {}): Promise<unknown> {
    return new Promise((resolve) => {
      waiting.set(++id, resolve);
      socket.send(JSON.stringify({ id, method, params }));
    });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (address !== null && typeof address === "object" ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}
