import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { PidFile } from "../../src/daemon/pidFile.ts";
import { removeLeftover } from "../../src/daemon/removeLeftover.ts";
import { type StopProgress, signalByPidFile, statusByPidFile, stopByPidFile } from "../../src/daemon/stopProcess.ts";
import { actor } from "../support/actor.ts";
import { track } from "../support/cleanup.ts";
import { hasSignal, inspect, isAlive } from "../support/process.ts";
import { start } from "../support/run.ts";
import { until } from "../support/wait.ts";

/** A program that runs, named by a pid file. */
async function named(t: TestContext, script = "exec sleep 60") {
  const tracked = track(t);
  const path = join(tracked.dir(), "x.pid");
  const child = start("sh", ["-c", script], { stdio: ["pipe", "pipe", "ignore"] });
  const pid = tracked.killSession(child.pid ?? 0);
  writeFileSync(path, `${pid}\n`);
  return { tracked, path, pid, child };
}

test("A process is asked to end, and its pid file is removed.", async (t) => {
  const { path, pid } = await named(t);
  const steps: StopProgress[] = [];
  const result = await stopByPidFile(path, { onProgress: (step) => steps.push(step) });
  assert.equal(result.outcome, "stopped");
  assert.ok("process" in result && result.process.pid === pid && result.took >= 0);
  assert.ok(!isAlive(pid));
  assert.ok(!existsSync(path));
  assert.deepEqual(
    steps.map(({ sent, to, timeout }) => [sent, to.pid, timeout]),
    [["SIGTERM", pid, 10_000]],
  );
});

test("What ignores SIGTERM is killed after the timeout.", async (t) => {
  const { path, pid } = await named(t, "trap '' TERM; while :; do sleep 1; done");
  await until("SIGTERM to be ignored", () => hasSignal(inspect(pid).sigIgn, "SIGTERM"));
  const sent: string[] = [];
  const result = await stopByPidFile(path, { timeout: 300, onProgress: (step) => sent.push(step.sent) });
  assert.equal(result.outcome, "killed");
  assert.deepEqual(sent, ["SIGTERM", "SIGKILL"]);
  assert.ok(!isAlive(pid));
  assert.ok(!existsSync(path));
});

test("Without the kill, what ignores the signal is reported as still running, and keeps its file.", async (t) => {
  const { path, pid } = await named(t, "trap '' INT; while :; do sleep 1; done");
  await until("SIGINT to be ignored", () => hasSignal(inspect(pid).sigIgn, "SIGINT"));
  const result = await stopByPidFile(path, { signal: "INT", timeout: 100, kill: false });
  assert.ok(result.outcome === "still running" && result.status === "unknown");
  assert.ok(isAlive(pid));
  assert.equal(readFileSync(path, "latin1"), `${pid}\n`);
});

test("A suspended process can be stopped without killing it.", async (t) => {
  const { path, pid } = await named(t);
  process.kill(pid, "SIGSTOP");
  await until("the process to be suspended", () => inspect(pid).state === "T");
  assert.equal((await stopByPidFile(path, { timeout: 15_000 })).outcome, "stopped");
});

test("Where nothing runs, stop says why, and tidies up after a dead process.", async (t) => {
  const path = join(track(t).dir(), "x.pid");
  assert.deepEqual(await stopByPidFile(path), { outcome: "not running", why: "does not exist, so nothing runs by it" });
  writeFileSync(path, "4194303\n");
  assert.deepEqual(await stopByPidFile(path), { outcome: "not running", why: "names process 4194303, which is not running" });
  assert.ok(!existsSync(path));
  writeFileSync(path, "precious\n");
  assert.deepEqual(await stopByPidFile(path), { outcome: "not running", why: "holds no pid" });
  assert.ok(existsSync(path));
});

test("Status tells running, dead and not running apart.", async (t) => {
  const { path, pid, child } = await named(t);
  await until("sleep to run", () => inspect(pid).name === "sleep");
  const status = statusByPidFile(path);
  assert.ok(status.state === "running");
  assert.deepEqual([status.pid, status.name], [pid, "sleep"]);
  assert.ok(Math.abs(status.since.getTime() - Date.now()) < 60_000);
  child.kill("SIGKILL");
  await until("the process to end", () => !isAlive(pid));
  assert.deepEqual(statusByPidFile(path), { state: "dead, pid file left", pid, why: `names process ${pid}, which is not running` });
  writeFileSync(path, "");
  assert.equal(statusByPidFile(path).state, "not running");
});

test("A signal is sent to the process that the file names.", async (t) => {
  const { path, pid, child } = await named(t, "trap 'echo got it' HUP; echo ready; while :; do sleep 0.05; done");
  let output = "";
  child.stdout?.on("data", (chunk) => {
    output += chunk;
  });
  await until("the trap", () => output.includes("ready"));
  assert.deepEqual(signalByPidFile(path, "HUP"), { pid, name: "sh" });
  await until("the signal to arrive", () => output.includes("got it"));
});

test("While the file is locked by a process that it doesn't name, nobody says that nothing runs.", async (t) => {
  const tracked = track(t);
  const path = join(tracked.dir(), "x.pid");
  const holder = actor(tracked, path);
  await holder.tell("acquire");
  const expected = { code: "ERR_ALREADY_RUNNING", message: new RegExp(`held by process ${holder.pid} \\(node\\), which it doesn't name`) };
  assert.throws(() => statusByPidFile(path), expected);
  await assert.rejects(stopByPidFile(path), expected);
  assert.ok(isAlive(holder.pid));
});

test("A pid file that is held again, or names another process by now, is not removed.", (t) => {
  const path = join(track(t).dir(), "x.pid");
  const next = PidFile.acquire(path);
  t.after(() => next.close());
  next.write(4711);
  assert.equal(removeLeftover(path, 4711), false);
  next.close();
  assert.equal(removeLeftover(path, 4712), false);
  assert.equal(readFileSync(path, "latin1"), "4711\n");
  assert.equal(removeLeftover(path, 4711), true);
  assert.ok(!existsSync(path));
});
