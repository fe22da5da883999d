import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { readUsage, UsageMeter } from "../../src/monitor/processUsage.ts";
import { track } from "../support/cleanup.ts";
import { readStat } from "../support/process.ts";
import { start } from "../support/run.ts";
import { until } from "../support/wait.ts";

test("time and memory are what ps(1) says", async (t) => {
  const child = start("python3", ["-c", "b = bytearray(50_000_000)\nprint(sum(range(10**7)), flush=True)\ninput()"]);
  track(t).killSession(child.pid ?? 0);
  if (child.stdout !== null) await once(child.stdout, "data");
  const found = readUsage(child.pid ?? 0);
  const [kilobytes = 0, seconds = 0] = execFileSync("ps", ["-o", "rss=,cputimes=", "-p", String(child.pid)], { encoding: "utf8" })
    .trim()
    .split(/\s+/)
    .map(Number);
  assert.ok(found !== undefined);
  assertNear(found.memory, kilobytes * 1024);
  assert.equal(Math.floor(found.cpuMs / 1000), seconds);
  assert.ok(found.memory > 50_000_000 && found.cpuMs > 50, JSON.stringify(found));
});

test("a program may be called anything", async (t) => {
  const child = start("python3", ["-c", "open('/proc/self/comm', 'w').write(') R 1 2'); print(flush=True); input()"]);
  track(t).killSession(child.pid ?? 0);
  if (child.stdout !== null) await once(child.stdout, "data");
  assert.match(readFileSync(`/proc/${child.pid}/stat`, "latin1"), /\(\) R 1 2\n?\)/);
  assertNear(readUsage(child.pid ?? 0)?.memory ?? 0, kilobytesOf(child.pid ?? 0) * 1024);
});

test("there is nothing to tell of a process that is gone, or is another one", () => {
  const { startTime } = readStat(process.pid);
  const meter = new UsageMeter();
  assert.equal(readUsage(2 ** 30), undefined);
  assert.deepEqual(meter.look(2 ** 30, 1), { cpu: null, memory: null });
  assert.deepEqual(meter.look(process.pid, Number(startTime) + 1), { cpu: null, memory: null });
});

test("a share is that since the look before; who looks again at once gets the same", async (t) => {
  const child = start("sh", ["-c", "while :; do :; done"]);
  const pid = track(t).killSession(child.pid ?? 0);
  const startTime = Number(readStat(pid).startTime);
  let now = 0;
  const meter = new UsageMeter(() => now);
  await until("half a second of work", () => (readUsage(pid)?.cpuMs ?? 0) >= 500, { timeout: 60_000 });
  const first = meter.look(pid, startTime);
  assert.ok(first.cpu !== null && first.cpu > 0 && first.cpu < 1.2, `since its start: ${first.cpu}`);
  now += 499;
  assert.equal(meter.look(pid, startTime).cpu, first.cpu);
  const before = readUsage(pid)?.cpuMs ?? 0;
  await until("more work", () => (readUsage(pid)?.cpuMs ?? 0) >= before + 300, { timeout: 60_000 });
  now = 10_000;
  const second = meter.look(pid, startTime).cpu ?? 0;
  // By the test's clock ten seconds have passed since the first look.
  assert.ok(second >= 0.03 && second < 0.5, `since the last look: ${second}`);
  assert.equal(meter.look(pid, startTime).cpu, second);
  meter.forget(pid);
  assert.notEqual(meter.look(pid, startTime).cpu, null);
});

test("of a process that has only just started no share is told", async (t) => {
  const child = start("sleep", ["1000"]);
  const pid = track(t).killSession(child.pid ?? 0);
  // The kernel counts pages on each processor apart: the first few are not in the sum yet.
  await until("it to have memory", () => (readUsage(pid)?.memory ?? 0) > 0);
  const stat = readStat(pid);
  const uptime = Number(readFileSync("/proc/uptime", "latin1").split(" ")[0]) * 100;
  // As if it had started right now.
  const { cpu, memory } = new UsageMeter().look(pid, Number(stat.startTime));
  if (uptime - Number(stat.startTime) < 20) assert.equal(cpu, null);
  assert.ok(memory !== null && memory > 0);
});

/** The kernel counts pages on each processor apart, and adds up now and then. */
function assertNear(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) <= 2 ** 20 + expected / 50, `${actual} where ${expected} is expected`);
}

function kilobytesOf(pid: number): number {
  return Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" }).trim());
}
