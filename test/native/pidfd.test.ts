import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { type TestContext, test } from "node:test";
import { isSystemError } from "../../src/launch/errors.ts";
import { native } from "../../src/native/addon.ts";
import { track } from "../support/cleanup.ts";
import { closing } from "./closing.ts";

function child(t: TestContext, code: string): { process: ChildProcess; pidfd: number } {
  const tracked = track(t);
  const started = spawn("sh", ["-c", code], { stdio: ["pipe", "ignore", "inherit"] });
  const pid = tracked.kill(started.pid ?? 0);
  const pidfd = native().openPidfd(pid);
  closing(tracked, pidfd);
  return { process: started, pidfd };
}

/** Linux 6.15 and later keep it. */
function keepsExitStatus(): boolean {
  const [major = 0, minor = 0] = (process.report.getReport() as { header: { osRelease: string } }).header.osRelease
    .split(/[.-]/)
    .map(Number);
  return major > 6 || (major === 6 && minor >= 15);
}

test("a pidfd tells the exit status of a child that was reaped", async (t) => {
  const { process: shell, pidfd } = child(t, "read line; exit 7");
  assert.equal(native().exitStatusOf(pidfd), null);
  assert.deepEqual(native().poll([pidfd], 0), []);
  shell.stdin?.end("go\n");
  await once(shell, "exit");
  assert.deepEqual(native().poll([pidfd], 10_000), [0]);
  assert.equal(native().exitStatusOf(pidfd), keepsExitStatus() ? 7 << 8 : null);
});

test("a pidfd tells the signal that ended a child", async (t) => {
  const { process: shell, pidfd } = child(t, "read line");
  assert.equal(native().signalPidfd(pidfd, 0), true);
  assert.equal(native().signalPidfd(pidfd, constants.signals.SIGTERM), true);
  const [, signal] = await once(shell, "exit");
  assert.equal(signal, "SIGTERM");
  assert.equal(native().exitStatusOf(pidfd), keepsExitStatus() ? constants.signals.SIGTERM : null);
  assert.equal(native().signalPidfd(pidfd, constants.signals.SIGTERM), false);
});

test("a process that doesn't exist has no pidfd", () => {
  assert.throws(
    () => native().openPidfd(0x7ffffffe),
    (error) => isSystemError(error) && error.errno === constants.errno.ESRCH && error.syscall === "pidfd_open",
  );
});

test("what is no pidfd is refused, and has no exit status", () => {
  assert.throws(() => native().signalPidfd(0, 0), isSystemError);
  assert.equal(native().exitStatusOf(0), null);
});
