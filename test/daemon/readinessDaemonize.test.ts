import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { DaemonError, type DaemonizeOptions, daemonize } from "../../src/index.ts";
import { native } from "../../src/native/addon.ts";
import { type Tracked, track } from "../support/cleanup.ts";
import { allPids, inspect, isAlive, readStat } from "../support/process.ts";
import { cli, fixture, node24 } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { atRest } from "./atRest.ts";
import { told } from "./exitTold.ts";

const reporting = (...args: string[]) => [fixture("daemonReporting.ts"), ...args];

test("notify: it is ready when READY=1 comes, and not before", async (t) => {
  const tracked = track(t);
  const begin = performance.now();
  const pid = await daemonize(node24, reporting("send=STATUS=warming up", "wait=300", "ready"), { ready: "notify" });
  tracked.kill(pid);
  assert.ok(performance.now() - begin >= 300);
  assert.ok(isAlive(pid));
});

test("notify: a process that the daemon started may say it", async (t) => {
  const tracked = track(t);
  const script = '"$0" "$@"; exec sleep 1000';
  const pid = await daemonize("sh", ["-c", script, node24, ...reporting("ready", "exit=0")], { ready: "notify" });
  tracked.killSession(pid);
  assert.equal((await atRest(pid)).name, "sleep");
});

test("notify: a stranger's READY=1 counts for nothing", async (t) => {
  const tracked = track(t);
  const pidFile = tracked.killNamedIn(`${tracked.dir()}/pid`);
  const launched = daemonize("sleep", ["1000"], { ready: "notify", readyTimeout: 4000, pidFile });
  const rejected = assert.rejects(launched, { code: "ERR_NOT_READY" });
  const { environ } = await atRest(Number(await until("the pid", () => readFileSync(pidFile, "utf8").trim())));
  const address = environ.find((entry) => entry.startsWith("NOTIFY_SOCKET="))?.slice("NOTIFY_SOCKET=".length) ?? "";
  assert.match(address, /^@/, "an abstract socket leaves no file behind");
  native().sendDatagram(address, Buffer.from("READY=1"), []);
  await rejected;
});

test("notify: EXTEND_TIMEOUT_USEC gives more time", async (t) => {
  const args = reporting("send=EXTEND_TIMEOUT_USEC=60000000", "wait=7000", "ready");
  track(t).kill(await daemonize(node24, args, { ready: "notify", readyTimeout: 6500 }));
});

test("notify: ERRNO is a failure, told with the last status", async (t) => {
  const error = await refusal(track(t), node24, reporting("send=STATUS=no port\\nERRNO=98"), { ready: "notify" });
  assert.equal(error.code, "ERR_DAEMON_FAILED");
  assert.match(error.message, /^ready: the daemon reported Address already in use: no port/);
});

test("fd: it is ready when it writes a line to descriptor 3, or to the one that was chosen", async (t) => {
  const tracked = track(t);
  for (const [ready, fd] of [
    ["fd", 3],
    [{ fd: 7 }, 7],
  ] as const) {
    const script = `sleep 0.2; echo >&${fd}; exec ${fd}>&-; exec sleep 1000`;
    const pid = tracked.killSession(await daemonize("sh", ["-c", script], { ready }));
    assert.deepEqual([...(await atRest(pid)).fds.keys()], [0, 1, 2]);
  }
});

test("fd: what has no line end is not ready yet", async (t) => {
  const error = await refusal(track(t), "sh", ["-c", "printf 1 >&3; exec sleep 1000"], { ready: "fd", readyTimeout: 800 });
  assert.equal(error.code, "ERR_NOT_READY");
});

test("fd: closing it without a word is a failure, though the program goes on", async (t) => {
  const error = await refusal(track(t), "sh", ["-c", "exec 3>&-; exec sleep 1000"], { ready: "fd" });
  assert.equal(error.code, "ERR_DAEMON_FAILED");
  assert.match(error.message, /sh \(\d+\) closed the descriptor for its readiness without a word on it/);
});

test("started: a program that ends at once was started all the same", async () => {
  const pid = await daemonize("false");
  await until("its end", () => !isAlive(pid));
});

for (const ready of ["notify", "fd"] as const) {
  for (const [script, status] of [
    ["exit 0", "exit status 0"],
    ["exit 3", "exit status 3"],
    ["kill -KILL $$", "killed by SIGKILL"],
    ["kill -SEGV $$", "killed by SIGSEGV"],
    ["sleep 1000 & exit 4", "exit status 4"],
  ] as const) {
    test(`${ready}: a program that ends by "${script}" before it is ready is an error at once, with its last words`, async (t) => {
      const tracked = track(t);
      const stderr = `${tracked.dir()}/err`;
      const error = await refusal(tracked, "sh", ["-c", `echo one >&2; echo two >&2; ${script}`], { ready, stderr });
      assert.equal(error.code, "ERR_DAEMON_EXITED");
      assert.match(error.message, new RegExp(`^ready: sh \\(\\d+\\) ended before it was ready: ${told(status)}`));
      assert.equal(error.lastWords, "one\ntwo");
      assert.equal(readFileSync(stderr, "utf8"), "one\ntwo\n");
    });
  }

  test(`${ready}: a program that hangs is ended at the timeout, also when it ignores SIGTERM`, async (t) => {
    const tracked = track(t);
    const pidFile = `${tracked.dir()}/pid`;
    const script = "trap '' TERM; echo stuck >&2; while :; do sleep 1000; done";
    const flags = ["--ready", ready, "--timeout", "1500ms", "--pid-file", pidFile, "--stderr", `${pidFile}.err`];
    const { code, stderr } = await cli(["daemonize", ...flags, "--", "sh", "-c", script, pidFile]);
    assert.equal(code, 75);
    assert.match(stderr, /^daemonitor: ready: sh \(\d+\) was not ready within 1\.5 s and was ended.*\n {2}\| stuck\n$/);
    assert.ok(!existsSync(pidFile));
  });

  test(`${ready}: a program that says nothing on standard error: the line says where to look`, async (t) => {
    const discarded = await refusal(track(t), "sh", ["-c", "exit 1"], { ready });
    assert.match(discarded.message, /its standard error was discarded: send it to a file to see why$/);
    const stderr = `${track(t).dir()}/err`;
    const silent = await refusal(track(t), "sh", ["-c", "exit 1"], { ready, stderr });
    assert.match(silent.message, /it wrote nothing to .*\/err$/);
  });

  test(`${ready}: the command ends with 69 for a program that dies, and shows its last words`, async (t) => {
    const err = `${track(t).dir()}/err`;
    const flags = ["--ready", ready, "--timeout", "1min", "--stderr", err];
    const { code, stderr } = await cli(["daemonize", ...flags, "--", "sh", "-c", "echo no database >&2; exit 1"]);
    assert.equal(code, 69);
    assert.match(
      stderr,
      new RegExp(`^daemonitor: ready: sh \\(\\d+\\) ended before it was ready: ${told("exit status 1")}\n {2}\\| no database\n$`),
    );
  });
}

test("the event loop goes on while daemonize waits", async (t) => {
  const tracked = track(t);
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  tracked.defer(() => clearInterval(timer));
  tracked.killSession(await daemonize("sh", ["-c", "sleep 0.5; echo >&3; exec sleep 1000"], { ready: "fd" }));
  assert.ok(ticks > 5, `${ticks} ticks`);
});

test("an abort ends the daemon, and daemonize rejects with the reason", async (t) => {
  const tracked = track(t);
  const pidFile = tracked.killNamedIn(`${tracked.dir()}/pid`);
  const controller = new AbortController();
  const launched = daemonize("sleep", ["1000"], { ready: "notify", pidFile, signal: controller.signal });
  const rejected = assert.rejects(launched, /enough/);
  const pid = Number(await until("the pid", () => readFileSync(pidFile, "utf8").trim()));
  controller.abort(new Error("enough"));
  await rejected;
  assert.ok(!isAlive(pid) && !existsSync(pidFile));
  await assert.rejects(daemonize("sleep", ["1000"], { signal: AbortSignal.abort(new Error("before")) }), /before/);
});

/** The error of a launch that fails long before its timeout, unless it has one of its own, and leaves nothing behind. */
async function refusal(tracked: Tracked, file: string, args: readonly string[], options: DaemonizeOptions): Promise<DaemonError> {
  const pidFile = `${tracked.dir()}/pid`;
  const begin = performance.now();
  const before = new Set(allPids().map(sessionOf));
  try {
    const pid = await daemonize(file, args, { readyTimeout: "1min", pidFile, ...options });
    tracked.killSession(pid);
  } catch (error) {
    if (!(error instanceof DaemonError)) throw error;
    assert.ok(performance.now() - begin < 20_000, "it waited out the timeout");
    assert.ok(!existsSync(pidFile));
    const left = () => allPids().filter((pid) => isAlive(pid) && isMarked(pid) && !before.has(sessionOf(pid)));
    // SIGKILL was sent by now; the kernel takes its time.
    await until("all of its session to be gone", () => left().length === 0);
    return error;
  }
  throw new Error(`${file} is ready`);
}

function sessionOf(pid: number): number {
  try {
    return readStat(pid).sid;
  } catch {
    return 0;
  }
}

/** Whether it descends from this test. */
function isMarked(pid: number): boolean {
  try {
    return inspect(pid).environ.includes(`DAEMONITOR_TEST=${process.env.DAEMONITOR_TEST}`);
  } catch {
    return false;
  }
}
