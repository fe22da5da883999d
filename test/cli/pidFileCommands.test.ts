import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { track } from "../support/cleanup.ts";
import { inspect, isAlive } from "../support/process.ts";
import { cli } from "../support/run.ts";
import { until } from "../support/wait.ts";

const STUBBORN = 'trap "" TERM; while :; do sleep 0.1; done';

test("status, signal and stop follow a daemon from its start to its end", async (t) => {
  const { pid, file } = await daemon(t, ["sleep", "1000"]);
  const running = await cli(["status", "--pid-file", file]);
  assert.equal(running.code, 0);
  assert.match(running.stdout, new RegExp(`^running: sleep \\(${pid}\\) for \\S+`));
  const sent = await cli(["signal", "--pid-file", file, "STOP"]);
  assert.deepEqual([sent.code, sent.stdout], [0, `sent SIGSTOP to sleep (${pid})\n`]);
  await until("the stop", () => inspect(pid).state === "T");
  assert.equal((await cli(["signal", "-p", file, "-s", "18", "--quiet"])).stdout, "");
  await until("it to go on", () => inspect(pid).state !== "T");
  const stopped = await cli(["stop", "--pid-file", file]);
  assert.equal(stopped.code, 0);
  assert.match(stopped.stdout, new RegExp(`^stopped sleep \\(${pid}\\) after [\\d.]+ m?s\n$`));
  assert.ok(!isAlive(pid));
  assert.ok(!existsSync(file));
  const gone = await cli(["status", "--pid-file", file]);
  assert.equal(gone.code, 3);
  assert.match(gone.stdout, /^not running: /);
});

test("stop escalates to SIGKILL after the timeout, and says so", async (t) => {
  const { pid, file } = await daemon(t, ["sh", "-c", STUBBORN]);
  await until("the trap", () => (inspect(pid).sigIgn & (1n << 14n)) !== 0n);
  const spared = await cli(["stop", "--pid-file", file, "--timeout", "200ms", "--no-kill"]);
  assert.equal(spared.code, 75);
  assert.match(spared.stderr, new RegExp(`^daemonitor: sh \\(${pid}\\) still runs after [\\d.]+ m?s: SIGTERM had no effect`));
  assert.ok(isAlive(pid));
  const killed = await cli(["stop", "--pid-file", file, "--timeout", "0.2"]);
  assert.equal(killed.code, 0);
  const lines = killed.stdout.split("\n");
  assert.equal(lines[0], `sh (${pid}) still runs 0.2 s after SIGTERM: sent SIGKILL`);
  assert.match(lines[1] ?? "", new RegExp(`^killed sh \\(${pid}\\) after [\\d.]+ s: SIGTERM had no effect within 0.2 s$`));
  assert.ok(!isAlive(pid));
});

test("with --json each of them prints JSON only", async (t) => {
  const { pid, file } = await daemon(t, ["sleep", "1000"]);
  const status = JSON.parse((await cli(["status", "--json", "--pid-file", file])).stdout);
  assert.deepEqual([status.state, status.pid, status.name, status.path], ["running", pid, "sleep", file]);
  const signal = JSON.parse((await cli(["signal", "--json", "--pid-file", file, "CONT"])).stdout);
  assert.deepEqual([signal.signal, signal.pid], ["SIGCONT", pid]);
  const stop = await cli(["stop", "--json", "--pid-file", file]);
  assert.deepEqual([JSON.parse(stop.stdout).outcome, stop.stderr], ["stopped", ""]);
  const again = await cli(["stop", "--json", "--pid-file", file]);
  assert.deepEqual([again.code, JSON.parse(again.stdout).outcome], [0, "not running"]);
  const lost = await cli(["signal", "--json", "--pid-file", file, "TERM"]);
  assert.deepEqual([lost.code, JSON.parse(lost.stdout).error.code], [69, "ERR_NOT_RUNNING"]);
});

test("a dead daemon's pid file is status 1, and --quiet leaves only that", async (t) => {
  const { pid, file } = await daemon(t, ["sleep", "1000"]);
  process.kill(pid, "SIGKILL");
  await until("the end", () => !isAlive(pid));
  assert.ok(existsSync(file));
  const { code, stdout } = await cli(["status", "--pid-file", file]);
  assert.equal(code, 1);
  assert.match(stdout, /^dead: /);
  const quiet = await cli(["status", "--quiet", "--pid-file", file]);
  assert.deepEqual([quiet.code, quiet.stdout, quiet.stderr], [1, "", ""]);
});

test("a pid file that can't be trusted is one line, and nobody is signalled", async (t) => {
  const file = `${track(t).dir()}/pid`;
  writeFileSync(file, "garbage\n", { mode: 0o644 });
  for (const command of [["stop"], ["status"], ["signal", "TERM"]]) {
    const [name = "", ...rest] = command;
    const { code, stdout, stderr } = await cli([name, "--pid-file", file, ...rest]);
    assert.notEqual(code, 70, stderr);
    assert.ok((stdout + stderr).split("\n").length === 2, stdout + stderr);
  }
});

async function daemon(t: TestContext, argv: readonly string[]): Promise<{ pid: number; file: string }> {
  const tracked = track(t);
  const file = tracked.killNamedIn(`${tracked.dir()}/pid`);
  const { code, stdout, stderr } = await cli(["daemonize", "--print-pid", "--pid-file", file, "--", ...argv]);
  assert.equal(code, 0, stderr);
  const pid = Number(stdout);
  tracked.killSession(pid);
  return { pid, file };
}
