import assert from "node:assert/strict";
import { once } from "node:events";
import { closeSync } from "node:fs";
import { connect, createServer } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { listenFds } from "../../src/daemon/listenFds.ts";
import { DaemonError, OptionError } from "../../src/launch/errors.ts";
import { native } from "../../src/native/addon.ts";
import { track } from "../support/cleanup.ts";
import { needsProgram } from "../support/needs.ts";
import { node24, run, start } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { script, setEnv } from "./datagrams.ts";

/** Runs code with descriptors from 3 on; LISTEN_PID is right because exec keeps the pid. */
function activate(code: string, fds: readonly number[], env: Readonly<Record<string, string>>) {
  const args = ["-c", 'LISTEN_PID=$$ exec "$@"', "sh", node24, ...script(`import { listenFds } from "SRC/daemon/listenFds.ts";\n${code}`)];
  return run("sh", args, { env: { LISTEN_FDS: String(fds.length), ...env }, stdio: ["ignore", "pipe", "pipe", ...fds] });
}

test("descriptors are returned in order with their names, close-on-exec, and the variables stay", async (t) => {
  const tracked = track(t);
  const fds = native().pipe();
  tracked.defer(() => fds.map((fd) => closeSync(fd)));
  const code = `
    import { readFileSync } from "node:fs";
    const flags = (fd) => /flags:\\s+(\\d+)/.exec(readFileSync("/proc/self/fdinfo/" + fd, "utf8"))[1];
    const list = listenFds();
    console.log(JSON.stringify([list, list.map(({ fd }) => (parseInt(flags(fd), 8) & 0o2000000) !== 0), process.env.LISTEN_FDS, listenFds().length]));`;
  const { stdout, stderr } = await activate(code, fds, { LISTEN_FDNAMES: "http:admin" });
  assert.equal(stderr, "");
  assert.deepEqual(JSON.parse(stdout), [
    [
      { fd: 3, name: "http" },
      { fd: 4, name: "admin" },
    ],
    [true, true],
    "2",
    2,
  ]);
});

test("unset removes the variables, and descriptors without names are unknown", async (t) => {
  const tracked = track(t);
  const fds = native().pipe();
  tracked.defer(() => fds.map((fd) => closeSync(fd)));
  const code = `console.log(JSON.stringify([listenFds({ unset: true }), Object.keys(process.env).filter((name) => name.startsWith("LISTEN_")), listenFds()]));`;
  const { stdout, stderr } = await activate(code, fds.slice(0, 1), {});
  assert.equal(stderr, "");
  assert.deepEqual(JSON.parse(stdout), [[{ fd: 3, name: "unknown" }], [], []]);
});

test("a server takes over a socket from systemd-socket-activate", { skip: needsProgram("systemd-socket-activate") }, async (t) => {
  const tracked = track(t);
  const port = await freePort();
  const code = `
    import { createServer } from "node:net";
    import { listenFds } from "SRC/daemon/listenFds.ts";
    const [socket] = listenFds({ unset: true });
    createServer((client) => client.end("hello from " + socket.name)).listen({ fd: socket.fd });`;
  const child = start("systemd-socket-activate", ["-l", `127.0.0.1:${port}`, "--fdname=web", node24, ...script(code)], { stdio: "ignore" });
  tracked.kill(child.pid ?? 0);
  const answer = await until("the activated server", async () => {
    const client = connect(port, "127.0.0.1");
    tracked.defer(() => client.destroy());
    return text(client);
  });
  assert.equal(answer, "hello from web");
});

test("what was passed to another process is not ours", (t) => {
  setEnv(track(t), { LISTEN_PID: String(process.ppid), LISTEN_FDS: "2", LISTEN_FDNAMES: undefined });
  assert.deepEqual(listenFds(), []);
});

test("nothing passed is an empty list", (t) => {
  const tracked = track(t);
  setEnv(tracked, { LISTEN_PID: undefined, LISTEN_FDS: "2" });
  assert.deepEqual(listenFds(), []);
  setEnv(tracked, { LISTEN_PID: String(process.pid), LISTEN_FDS: undefined });
  assert.deepEqual(listenFds(), []);
  setEnv(tracked, { LISTEN_PID: String(process.pid), LISTEN_FDS: "0", LISTEN_FDNAMES: "" });
  assert.deepEqual(listenFds(), []);
});

test("malformed variables are an EINVAL that names them, and are removed all the same when asked", (t) => {
  const tracked = track(t);
  const self = String(process.pid);
  const cases: [string, string, string | undefined, string][] = [
    ["me", "1", undefined, "LISTEN_PID"],
    ["0", "1", undefined, "LISTEN_PID"],
    [self, "many", undefined, "LISTEN_FDS"],
    [self, "-1", undefined, "LISTEN_FDS"],
    [self, "2147483645", undefined, "LISTEN_FDS"],
    [self, "1", "a:b", "LISTEN_FDNAMES"],
  ];
  for (const [LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES, named] of cases) {
    setEnv(tracked, { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES });
    assert.throws(
      () => listenFds({ unset: true }),
      (error) => error instanceof DaemonError && error.code === "EINVAL" && error.message.includes(named),
      `${LISTEN_PID} ${LISTEN_FDS} ${LISTEN_FDNAMES}`,
    );
    assert.equal(process.env.LISTEN_FDS, undefined);
  }
});

test("a promised descriptor that isn't open is an EBADF that names it", async () => {
  const code = "try { listenFds(); } catch (error) { console.log(error.code, error.message); }";
  const { stdout } = await activate(code, [], { LISTEN_FDS: "20000" });
  assert.match(stdout, /^EBADF listenFds descriptor \d+: Bad file descriptor/);
});

test("an option that doesn't exist is refused by name", () => {
  for (const options of [{ unst: true }, { unset: 1 }, null]) {
    assert.throws(() => listenFds(options as never), OptionError);
  }
  assert.throws(() => listenFds({ unst: true } as never), /did you mean "unset"/);
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
