import assert from "node:assert/strict";
import { chmodSync, chownSync, closeSync, openSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { processOfPidFile } from "../../src/daemon/pidFileProcess.ts";
import { signalByPidFile, stopByPidFile } from "../../src/daemon/stopProcess.ts";
import { type Tracked, track } from "../support/cleanup.ts";
import { needsRoot } from "../support/needs.ts";
import { inspect, isAlive } from "../support/process.ts";
import { type RunOptions, start } from "../support/run.ts";
import { until } from "../support/wait.ts";

const NOBODY = 65_534;

async function sleeper(tracked: Tracked, options: RunOptions = {}): Promise<number> {
  const pid = start("sleep", ["60"], { stdio: "ignore", ...options }).pid ?? 0;
  tracked.kill(pid);
  await until("sleep to run", () => inspect(pid).name === "sleep");
  return pid;
}

function place(t: TestContext) {
  const tracked = track(t);
  return { tracked, path: join(tracked.dir(), "x.pid") };
}

function setAge(path: string, seconds: number): void {
  const time = Date.now() / 1000 - seconds;
  utimesSync(path, time, time);
}

test("A process that started before its pid file was written is the one.", async (t) => {
  const { tracked, path } = place(t);
  const pid = await sleeper(tracked);
  writeFileSync(path, `${pid}\n`);
  const handle = processOfPidFile(path);
  t.after(() => handle.close());
  assert.deepEqual([handle.pid, handle.name, handle.isAlive()], [pid, "sleep", true]);
  assert.ok(Math.abs(handle.startedAt.getTime() - Date.now()) < 60_000);
});

test("A process that has the pid file open is the one, whatever the clocks say.", async (t) => {
  const { tracked, path } = place(t);
  const fd = openSync(path, "w");
  const pid = await sleeper(tracked, { stdio: ["ignore", "ignore", "ignore", fd] });
  closeSync(fd);
  writeFileSync(path, `${pid}\n`);
  setAge(path, 3600);
  processOfPidFile(path).close();
});

test("A recycled pid is never signalled: its process started after the file was written.", async (t) => {
  const { tracked, path } = place(t);
  const pid = await sleeper(tracked);
  writeFileSync(path, `${pid}\n`);
  setAge(path, 60);
  const refusal = { code: "ERR_NOT_RUNNING", exitCode: 69, message: /belongs to a later process now \(sleep\)/ };
  assert.throws(() => signalByPidFile(path, "KILL"), refusal);
  assert.equal((await stopByPidFile(path, { signal: "KILL", timeout: 500 })).outcome, "not running");
  assert.ok(isAlive(pid));
});

test("A file from the future proves nothing.", async (t) => {
  const { tracked, path } = place(t);
  writeFileSync(path, `${await sleeper(tracked)}\n`);
  setAge(path, -60);
  assert.throws(() => processOfPidFile(path), { code: "ERR_NOT_RUNNING" });
});

test("Pid 1 is older than any file, and still not the one.", (t) => {
  const { path } = place(t);
  writeFileSync(path, "1\n");
  assert.throws(() => processOfPidFile(path), { code: "ERR_NOT_RUNNING" });
});

const naming: Record<string, { content: string; found: RegExp }> = {
  "no process": { content: "", found: /is empty, so it names no process$/ },
  garbage: { content: "sshd\n", found: /holds no pid$/ },
  "a group of processes": { content: "-2\n", found: /holds no pid$/ },
  "every process": { content: "0\n", found: /holds no pid$/ },
  "a number past every pid": { content: "4294967297\n", found: /holds no pid$/ },
  "a process that is gone": { content: "4194303\n", found: /names process 4194303, which is not running$/ },
};

for (const [what, { content, found }] of Object.entries(naming)) {
  test(`A pid file that names ${what} leads nowhere.`, (t) => {
    const { path } = place(t);
    writeFileSync(path, content);
    assert.throws(() => processOfPidFile(path), { code: "ERR_NOT_RUNNING", message: found });
  });
}

test("A missing pid file leads nowhere.", (t) => {
  const { path } = place(t);
  assert.throws(() => processOfPidFile(path), { code: "ERR_NOT_RUNNING", message: /does not exist/ });
});

test("The number of a thread is no process.", (t) => {
  const { path } = place(t);
  const thread = readdirSync("/proc/self/task").find((id) => id !== String(process.pid));
  assert.ok(thread !== undefined);
  writeFileSync(path, `${thread}\n`);
  assert.throws(() => processOfPidFile(path), { code: "ERR_NOT_RUNNING" });
});

test("Nobody is signalled by a file that strangers can write, or through a link.", async (t) => {
  const { tracked, path } = place(t);
  writeFileSync(path, `${await sleeper(tracked)}\n`);
  symlinkSync(path, `${path}.link`);
  assert.throws(() => processOfPidFile(`${path}.link`), { code: "ERR_PID_FILE", message: /is a symbolic link/ });
  chmodSync(path, 0o666);
  assert.throws(() => processOfPidFile(path), { code: "ERR_PID_FILE", message: /is writable by everybody/ });
});

test("A user's file names processes of that user only.", { skip: needsRoot }, async (t) => {
  const { tracked, path } = place(t);
  writeFileSync(path, `${await sleeper(tracked)}\n`);
  chownSync(path, NOBODY, NOBODY);
  assert.throws(() => processOfPidFile(path), {
    code: "ERR_PID_FILE",
    message: /belongs to uid 65534, but process \d+ \(sleep\) to uid 0/,
  });
  writeFileSync(path, `${await sleeper(tracked, { uid: NOBODY, gid: NOBODY })}\n`);
  processOfPidFile(path).close();
});
