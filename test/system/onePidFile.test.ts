import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { PidFile } from "../../src/index.ts";
import { track } from "../support/cleanup.ts";
import { needsProgram } from "../support/needs.ts";
import { hasSignal, inspect, isAlive } from "../support/process.ts";
import { cli, fixture, node24, type RunResult, run } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { daemonized, stopped } from "./daemons.ts";

const STARTS = 50;

test(`Of ${STARTS} concurrent starts of a command one wins; the others are refused and name it.`, { timeout: 180_000 }, async (t) => {
  const { pidFile } = place(t);
  const start = () => cli(["daemonize", "--print-pid", "--pid-file", pidFile, "--", "sleep", "1000"], { timeout: 120_000 });
  const pid = assertOneWinner(await Promise.all(Array.from({ length: STARTS }, start)), pidFile, "daemonitor: ");
  assert.equal(inspect(pid).name, "sleep");
  await stopped({ pid, pidFile });
});

test(`Of ${STARTS} Node programs that make themselves daemons at once one becomes it.`, { timeout: 180_000 }, async (t) => {
  const { pidFile, node } = place(t);
  const pid = assertOneWinner(await Promise.all(Array.from({ length: STARTS }, () => node("", 120_000))), pidFile, "");
  await stopped({ pid, pidFile });
});

test("The pid file is complete before the launcher ends, 20 times in a row.", async (t) => {
  const { pidFile, node } = place(t);
  for (let round = 0; round < 20; round++) {
    const { code } = await (round % 2 === 0 ? cli(["daemonize", "--pid-file", pidFile, "--", "sleep", "1000"]) : node());
    const text = readFileSync(pidFile, "latin1");
    assert.equal(code, 0);
    assert.match(text, /^\d+\n$/);
    const pid = Number(text);
    assert.equal(inspect(pid).name, round % 2 === 0 ? "sleep" : "MainThread");
    process.kill(pid, "SIGKILL");
    await until("the daemon's end", () => !isAlive(pid));
    // Left by a killed daemon, it doesn't stand in the way of the next one.
    assert.equal(readFileSync(pidFile, "latin1"), text);
  }
});

const CLEAN_ENDS = [
  { end: "ends by SIGTERM", signal: "SIGTERM", what: "" },
  { end: "ends by SIGINT", signal: "SIGINT", what: "" },
  { end: "calls process.exit", signal: "SIGUSR1", what: "exit" },
  { end: "has nothing left to do", signal: "SIGUSR1", what: "end" },
] as const;

for (const { end, signal, what } of CLEAN_ENDS) {
  test(`The pid file is gone when a Node daemon ${end}.`, async (t) => {
    const { pidFile, node } = place(t);
    assert.equal((await node(what)).code, 0);
    const pid = Number(readFileSync(pidFile, "latin1"));
    await until("its handlers", () => hasSignal(inspect(pid).sigCgt, "SIGUSR2"));
    process.kill(pid, signal);
    await until("the daemon's end", () => !isAlive(pid));
    assert.ok(!existsSync(pidFile));
  });
}

test("A child of a Node daemon doesn't keep the lock: the next daemon starts while it runs on.", async (t) => {
  const { tracked, pidFile, node } = place(t);
  assert.equal((await node("spawn")).code, 0);
  const pid = Number(readFileSync(pidFile, "latin1"));
  await until("its handlers", () => hasSignal(inspect(pid).sigCgt, "SIGUSR2"));
  process.kill(pid, "SIGUSR1");
  const child = Number(await until("the child", () => readFileSync(`${pidFile}.child`, "latin1") || undefined));
  tracked.kill(child);
  assert.equal((await node()).code, 75);
  process.kill(pid, "SIGKILL");
  await until("the daemon's end", () => !isAlive(pid));
  assert.ok(isAlive(child));
  assert.equal((await node()).code, 0);
});

test("A child of any other program inherits the lock, and is named while it runs on.", async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  const daemon = await daemonized(tracked, dir, ["sh", "-c", "sleep 1000 & echo $!; wait"]);
  const child = Number(await until("the child", () => daemon.log().trim() || undefined));
  tracked.kill(child);
  process.kill(daemon.pid, "SIGKILL");
  await until("the daemon's end", () => !isAlive(daemon.pid));
  const start = () => cli(["daemonize", "--pid-file", daemon.pidFile, "--", "sleep", "1000"]);
  const refused = await start();
  assert.equal(refused.code, 75);
  assert.match(refused.stderr, new RegExp(`held by process ${child} \\(sleep\\), which it doesn't name`));
  process.kill(child, "SIGKILL");
  await until("the child's end", () => !isAlive(child));
  assert.equal((await start()).code, 0);
  // In the moment of its exec it has no mark by which it would be ended.
  await stopped({ pid: Number(readFileSync(daemon.pidFile, "latin1")), pidFile: daemon.pidFile });
});

test("A daemon that closes every descriptor gives up the lock, but `status` and `stop` still find it.", {
  skip: needsProgram("python3"),
}, async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  const program = "import os, time; os.closerange(3, 4096); print('closed', flush=True); time.sleep(1000)";
  const daemon = await daemonized(tracked, dir, ["python3", "-c", program]);
  await until("the closing", () => daemon.log() === "closed\n");
  assert.deepEqual([...inspect(daemon.pid).fds.keys()], [0, 1, 2]);
  assert.deepEqual([PidFile.read(daemon.pidFile)?.pid, PidFile.read(daemon.pidFile)?.locked], [daemon.pid, false]);
  assert.equal((await cli(["status", "--pid-file", daemon.pidFile])).code, 0);
  await stopped(daemon);
  assert.ok(!existsSync(daemon.pidFile));
});

test("A pid file that somebody removed doesn't come back, and the daemon leaves the next one's alone.", async (t) => {
  const { tracked, pidFile, node } = place(t);
  assert.equal((await node()).code, 0);
  const first = tracked.kill(Number(readFileSync(pidFile, "latin1")));
  rmSync(pidFile);
  assert.equal((await node()).code, 0);
  const second = Number(readFileSync(pidFile, "latin1"));
  process.kill(first, "SIGTERM");
  await until("the first one's end", () => !isAlive(first));
  assert.equal(readFileSync(pidFile, "latin1"), `${second}\n`);
  await stopped({ pid: second, pidFile });
});

function place(t: TestContext) {
  const tracked = track(t);
  const pidFile = tracked.killNamedIn(`${tracked.dir()}/pid`);
  const node = (what = "", timeout = 20_000) => run(node24, [fixture("system/singleDaemon.ts"), pidFile, what], { timeout });
  return { tracked, pidFile, node };
}

/** Returns its pid. */
function assertOneWinner(results: readonly RunResult[], pidFile: string, prefix: string): number {
  const winners = results.filter(({ code }) => code === 0);
  assert.equal(winners.length, 1);
  const pid = Number(readFileSync(pidFile, "latin1"));
  if (winners[0]?.stdout !== "") assert.equal(Number(winners[0]?.stdout), pid);
  const losers = results.filter(({ code }) => code !== 0);
  const hint = `end it with: daemonitor stop --pid-file ${pidFile}`;
  for (const { code, stderr } of losers) {
    assert.equal(code, 75, stderr);
    assert.equal(stderr.replace(/\([^)]+\)/, "(NAME)"), `${prefix}pid file ${pidFile}: held by process ${pid} (NAME); ${hint}\n`);
  }
  return pid;
}
