import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readlinkSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
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

test("a descriptor of another process is taken as a copy, which is closed at exec", async (t) => {
  const tracked = track(t);
  const path = join(tracked.dir(), "file");
  const started = spawn("sh", ["-c", `exec 9>${path}; echo open; read line`], { stdio: ["pipe", "pipe", "inherit"] });
  const pidfd = native().openPidfd(tracked.kill(started.pid ?? 0));
  closing(tracked, pidfd);
  await once(started.stdout, "data");
  const fd = native().takeDescriptor(pidfd, 9);
  closing(tracked, fd);
  assert.equal(readlinkSync(`/proc/self/fd/${fd}`), path);
  assert.match(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"), /^flags:\s*02\d*1$/m);
  assert.throws(
    () => native().takeDescriptor(pidfd, 987_654),
    (error) => isSystemError(error) && error.errno === constants.errno.EBADF && error.syscall === "pidfd_getfd",
  );
});
