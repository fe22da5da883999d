import assert from "node:assert/strict";
import { closeSync, existsSync, openSync } from "node:fs";
import { test } from "node:test";
import { notify } from "../../src/daemon/notify.ts";
import { DaemonError, OptionError } from "../../src/launch/errors.ts";
import { track } from "../support/cleanup.ts";
import { needsProgram } from "../support/needs.ts";
import { node24, run } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { listen, script, setEnv } from "./datagrams.ts";

test("each call of notify is one datagram in the words of sd_notify(3)", (t) => {
  const tracked = track(t);
  const manager = listen(tracked);
  setEnv(tracked, { NOTIFY_SOCKET: manager.address });
  assert.ok(notify.ready());
  assert.ok(notify.ready("serving on port 8080"));
  assert.ok(notify.status("größer"));
  assert.ok(notify.stopping());
  assert.ok(notify.watchdog());
  assert.ok(notify.mainPid(4711));
  assert.ok(notify.extendTimeout(1500.5));
  assert.deepEqual(manager.texts(), [
    "READY=1",
    "READY=1\nSTATUS=serving on port 8080",
    "STATUS=größer",
    "STOPPING=1",
    "WATCHDOG=1",
    "MAINPID=4711",
    "EXTEND_TIMEOUT_USEC=1500500",
  ]);
});

test("reloading carries the monotonic time of the call in microseconds", (t) => {
  const tracked = track(t);
  const manager = listen(tracked);
  setEnv(tracked, { NOTIFY_SOCKET: manager.address });
  const before = process.hrtime.bigint() / 1000n;
  assert.ok(notify.reloading());
  const after = process.hrtime.bigint() / 1000n;
  const [text = ""] = manager.texts();
  const time = /^RELOADING=1\nMONOTONIC_USEC=(\d+)$/.exec(text)?.[1];
  assert.ok(time !== undefined && BigInt(time) >= before && BigInt(time) <= after, text);
});

test("a child process that notifies is known to the manager by pid and uid", async (t) => {
  const tracked = track(t);
  const manager = listen(tracked);
  const code = `import { notify } from "SRC/daemon/notify.ts"; console.log(notify.ready("up"));`;
  const child = await run(node24, script(code), { env: { NOTIFY_SOCKET: manager.address } });
  assert.deepEqual([child.code, child.stdout, child.stderr], [0, "true\n", ""]);
  const { pid, uid, text } = await manager.next();
  assert.deepEqual([pid, uid, text], [child.pid, process.getuid?.(), "READY=1\nSTATUS=up"]);
});

test("systemd-notify is understood, barrier included", { skip: needsProgram("systemd-notify") }, async (t) => {
  const manager = listen(track(t));
  const child = run("systemd-notify", ["--ready", "--status=fine"], { env: { NOTIFY_SOCKET: manager.address } });
  assert.match((await manager.next()).text, /^READY=1\nSTATUS=fine/);
  // It waits until the descriptor that comes with its last message is closed by the receiver.
  assert.match((await manager.next()).text, /^BARRIER=1/);
  const { code, stderr } = await child;
  assert.deepEqual([code, stderr], [0, ""]);
});

test("a socket with a path is told as well", { skip: needsProgram("python3") }, async (t) => {
  const tracked = track(t);
  const path = `${tracked.dir()}/notify`;
  const server = `import socket,sys; s=socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(${JSON.stringify(path)}); s.settimeout(20); print(s.recv(99))`;
  const listening = run("python3", ["-c", server], { timeout: 25_000 });
  setEnv(tracked, { NOTIFY_SOCKET: path });
  await until("the listener", () => existsSync(path) && notify.ready());
  const { stdout, stderr } = await listening;
  assert.equal(stdout, "b'READY=1'\n", stderr);
});

test("notify is a no-op that returns false where nobody listens", async (t) => {
  const tracked = track(t);
  const gone = listen(tracked);
  gone.close();
  const deadEnds = [undefined, "", "relative/path", "vsock:2:1", "/missing/notify", "/dev/null", gone.address, `/${"x".repeat(200)}`];
  for (const address of deadEnds) {
    setEnv(tracked, { NOTIFY_SOCKET: address });
    assert.equal(notify.ready(), false, String(address));
    assert.equal(notify.storeFd(0, "stdin"), false, String(address));
  }
});

test("a stored descriptor travels with its name, and the sender keeps it", (t) => {
  const tracked = track(t);
  const manager = listen(tracked);
  setEnv(tracked, { NOTIFY_SOCKET: manager.address });
  const fd = openSync("/dev/zero", "r");
  tracked.defer(() => closeSync(fd));
  assert.ok(notify.storeFd(fd, "zero.0 [a]"));
  assert.deepEqual(manager.texts(), ["FDSTORE=1\nFDNAME=zero.0 [a]"]);
});

test("storing a descriptor that isn't open is an error that says so", (t) => {
  const tracked = track(t);
  setEnv(tracked, { NOTIFY_SOCKET: listen(tracked).address });
  assert.throws(
    () => notify.storeFd(987_654, "none"),
    (error) => error instanceof DaemonError && error.code === "EBADF" && error.step === "notify",
  );
});

test("text that would forge or break a message is refused, also where nobody listens", (t) => {
  setEnv(track(t), { NOTIFY_SOCKET: undefined });
  const refused: [string, () => unknown][] = [
    ["status", () => notify.status("a\nMAINPID=1")],
    ["status", () => notify.status("a\0b")],
    ["status", () => notify.ready("a\rb")],
    ["status", () => notify.status(7 as unknown as string)],
    ["pid", () => notify.mainPid(0)],
    ["pid", () => notify.mainPid(1.5)],
    ["ms", () => notify.extendTimeout(0)],
    ["ms", () => notify.extendTimeout(Number.NaN)],
    ["fd", () => notify.storeFd(-1, "x")],
    ["name", () => notify.storeFd(0, "a:b")],
    ["name", () => notify.storeFd(0, "")],
    ["name", () => notify.storeFd(0, "ä")],
    ["name", () => notify.storeFd(0, "x".repeat(256))],
    ["name", () => notify.storeFd(0, "a\nb")],
  ];
  for (const [option, call] of refused) {
    assert.throws(call, (error) => error instanceof OptionError && error.option === option && !error.message.includes("\n"), String(call));
  }
});

test("the watchdog interval is for this process, in milliseconds", (t) => {
  const tracked = track(t);
  const cases: [string | undefined, string | undefined, number | undefined][] = [
    [undefined, undefined, undefined],
    ["20000000", undefined, 20_000],
    ["1500", String(process.pid), 1.5],
    ["20000000", String(process.pid + 1), undefined],
  ];
  for (const [usec, pid, expected] of cases) {
    setEnv(tracked, { WATCHDOG_USEC: usec, WATCHDOG_PID: pid });
    assert.equal(notify.watchdogInterval(), expected);
  }
});

test("a malformed watchdog variable is an error that names it", (t) => {
  const tracked = track(t);
  for (const [usec, pid, named] of [
    ["soon", undefined, "WATCHDOG_USEC"],
    ["0", undefined, "WATCHDOG_USEC"],
    ["1", "me", "WATCHDOG_PID"],
  ] as const) {
    setEnv(tracked, { WATCHDOG_USEC: usec, WATCHDOG_PID: pid });
    assert.throws(
      () => notify.watchdogInterval(),
      (error) => error instanceof DaemonError && error.code === "EINVAL" && error.message.includes(named),
    );
  }
});
