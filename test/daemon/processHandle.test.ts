import assert from "node:assert/strict";
import { release } from "node:os";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { ProcessHandle } from "../../src/daemon/processHandle.ts";
import { type Tracked, track } from "../support/cleanup.ts";
import { needsRoot } from "../support/needs.ts";
import { readStat } from "../support/process.ts";
import { fixture, node24, run, start } from "../support/run.ts";
import { until } from "../support/wait.ts";

const [major = 0, minor = 0] = release().split(".").map(Number);
const tellsExits = major > 6 || (major === 6 && minor >= 15);

/** A grandchild that ends as `end` says when it gets a line; `reap` is what its parent does. */
async function grandchild(tracked: Tracked, end: string, reap: string) {
  const script = `exec 3<&0; sh -c 'read line; ${end}' <&3 & echo $!; ${reap}`;
  const parent = start("sh", ["-c", script], { stdio: ["pipe", "pipe", "ignore"] });
  tracked.killSession(parent.pid ?? 0);
  const { stdin, stdout } = parent;
  assert.ok(stdin !== null && stdout !== null);
  const { value } = await createInterface({ input: stdout })[Symbol.asyncIterator]().next();
  return { pid: Number(value), finish: () => void stdin.write("\n"), parent };
}

function opened(t: TestContext, pid: number): ProcessHandle {
  const handle = ProcessHandle.open(pid);
  t.after(() => handle.close());
  return handle;
}

test("A handle waits for a process that is not our child.", async (t) => {
  const { pid, finish } = await grandchild(track(t), "exit 7", "wait; exec sleep 60");
  const handle = opened(t, pid);
  assert.equal(await handle.exited(20), false);
  assert.equal(handle.isAlive(), true);
  assert.equal(handle.exitStatus(), "unknown");
  finish();
  assert.equal(await handle.exited(15_000), true);
  assert.equal(handle.isAlive(), false);
});

for (const [end, status] of [
  ["exit 7", { code: 7 }],
  ["exit 0", { code: 0 }],
  ["kill -USR1 $$", { signal: "SIGUSR1" }],
] as const) {
  test(`The exit status of a zombie is told: ${end}.`, async (t) => {
    const { pid, finish } = await grandchild(track(t), end, "exec sleep 60");
    const handle = opened(t, pid);
    finish();
    assert.equal(await handle.exited(15_000), true);
    assert.equal(readStat(pid).state, "Z");
    assert.deepEqual(handle.exitStatus(), status);
    assert.throws(() => ProcessHandle.open(pid), { code: "ERR_NOT_RUNNING" });
  });

  test(`Once the process is reaped, its exit status is what the kernel kept, or unknown: ${end}.`, async (t) => {
    const { pid, finish } = await grandchild(track(t), end, "wait; exec sleep 60");
    const handle = opened(t, pid);
    finish();
    await until("the process to be reaped", () => !handle.signal("CONT"));
    assert.deepEqual(handle.exitStatus(), tellsExits ? status : "unknown");
  });
}

test("Who may not know the exit status is told unknown, not the 0 that the kernel shows.", { skip: needsRoot }, async (t) => {
  const { pid, finish } = await grandchild(track(t), "exit 7", "exec sleep 60");
  finish();
  await until("a zombie", () => readStat(pid).state === "Z");
  const { stdout, stderr } = await run(node24, [fixture("exitStatus.ts"), String(pid)], { uid: 65_534, gid: 65_534 });
  assert.equal(stdout, '{"field":0,"status":"unknown"}\n', stderr);
});

test("A signal reaches the process, and says when there is none any more.", async (t) => {
  const { pid } = await grandchild(track(t), "exit 7", "wait; exec sleep 60");
  const handle = opened(t, pid);
  assert.equal(handle.signal("SIGKILL"), true);
  assert.equal(await handle.exited(15_000), true);
  await until("the process to be reaped", () => !handle.signal(15));
});

test("Closing a handle ends its waits.", async (t) => {
  const { pid } = await grandchild(track(t), "exit 7", "exec sleep 60");
  const handle = opened(t, pid);
  const waiting = handle.exited(600_000);
  handle.close();
  assert.equal(await waiting, false);
});

test("A pid without a process can't be opened.", () => {
  assert.throws(() => ProcessHandle.open(4_194_303), {
    code: "ERR_NOT_RUNNING",
    errno: 3,
    exitCode: 69,
    message: "process 4194303: is not running",
  });
});

test("What one may not signal is an error of errno EPERM that says which process.", { skip: needsRoot }, async (t) => {
  const tracked = track(t);
  const pid = tracked.kill(start("sleep", ["60"], { stdio: "ignore" }).pid ?? 0);
  const { stdout } = await run(node24, [fixture("exitStatus.ts"), String(pid), "TERM"], { uid: 65_534, gid: 65_534 });
  assert.match(stdout, /^"signal SIGTERM to process \d+ \(\w+\): Operation not permitted \(EPERM\); run as root/);
});
