/** Figures against what the program itself, /proc, and du(1) say over the same time. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { track } from "../support/cleanup.ts";
import { allPids } from "../support/process.ts";
import { root, start } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { isOnDisk, samplerOf } from "./sampling.ts";

interface Account {
  readonly pid: number;
  readonly cpu: number;
  readonly at: number;
}

test("processor, memory, descriptors and bytes written are those of a program and its child, within 5 %", async (t) => {
  const tracked = track(t);
  const directory = tracked.dir();
  const child = start("python3", [join(root, "test/fixtures/monitor/burner.py"), directory]);
  const pid = tracked.killSession(child.pid ?? 0);
  const { stdin, stdout } = child;
  assert.ok(stdin !== null && stdout !== null);
  const lines = createInterface({ input: stdout });
  const ask = async (): Promise<readonly [Account, Account]> => {
    const answer = once(lines, "line");
    stdin.write("\n");
    return JSON.parse(String((await answer)[0]));
  };
  const pids = (await ask()).map((account) => account.pid);
  const { look } = samplerOf(tracked, pid);
  const descriptorsOf = () => sum(pids.map((one) => readdirSync(`/proc/${one}/fd`).length));
  const { memory } = await until(
    "both to hold all",
    () => {
      const found = look();
      const { processes, descriptors } = found;
      return processes === 2 && descriptors !== null && descriptors > 500 && descriptors === descriptorsOf() && found;
    },
    { timeout: 60_000 },
  );
  assert.ok(memory > 200 * 2 ** 20, String(memory));
  const residentOf = () => sum(pids.map((one) => Number(/^VmRSS:\s+(\d+)/m.exec(read(one, "status"))?.[1]) * 1024));
  // Not at one instant: what Python gives back in between is in only one of the two.
  await until("the same memory", () => isNear(look().memory, residentOf(), 0.05), { timeout: 20_000 });

  // What goes on at the two ends of the interval must not matter: what is compared is what happened for each second of it.
  look();
  const before = { accounts: await ask(), written: written(pids) };
  await sleep(5000);
  const after = { accounts: await ask(), written: written(pids) };
  const { cpu, writeRate, contextSwitches } = look();
  const seconds = (after.accounts[0].at - before.accounts[0].at + after.accounts[1].at - before.accounts[1].at) / 2;
  const burnt = sum([0, 1].map((index) => (after.accounts[index]?.cpu ?? 0) - (before.accounts[index]?.cpu ?? 0)));
  // A clock tick of each process may be on either side.
  near(cpu ?? 0, burnt / seconds, 0.05, 0.01);
  if (isOnDisk(directory)) near(writeRate ?? 0, (after.written - before.written) / seconds, 0.05, 2 ** 18);
  assert.ok(contextSwitches !== null && contextSwitches > 0);
});

test("the time of children that come and go is neither lost nor counted twice", async (t) => {
  const tracked = track(t);
  const work = "i=0; while [ $i -lt 40000 ]; do i=$((i + 1)); done";
  const child = start("sh", ["-c", `while :; do sh -c '${work}'; (${work}); sleep 0.01; done`]);
  const pid = tracked.killSession(child.pid ?? 0);
  const { sampler, facts } = samplerOf(tracked, pid);
  const ticks = () =>
    sum(
      read(pid, "stat")
        .replace(/^.*\) /, "")
        .split(" ")
        .slice(11, 15)
        .map(Number),
    ) + sum(livingChildren(pid));
  sampler.look(facts);
  const before = ticks();
  let counted = 0;
  for (let look = 0; look < 20; look++) {
    await sleep(200);
    const { over, instances, host } = sampler.look(facts);
    const cpu = instances[0]?.cpu ?? Number.NaN;
    assert.ok(cpu >= 0 && cpu <= host.processors * 1.1, `a share of ${cpu}`);
    counted += (cpu * (over ?? 0)) / 10;
  }
  near(counted, ticks() - before, 0.05, 4);
});

/** Ticks of its own children that live: what the parent has is of those that are gone. */
function livingChildren(pid: number): readonly number[] {
  return allPids().flatMap((one) => {
    try {
      const fields = read(one, "stat")
        .replace(/^.*\) /, "")
        .split(" ")
        .map(Number);
      return fields[1] === pid ? [sum(fields.slice(11, 15))] : [];
    } catch {
      return [];
    }
  });
}

function isNear(actual: number, expected: number, share: number, least = 0): boolean {
  return Math.abs(actual - expected) <= Math.max(share * expected, least);
}

function near(actual: number, expected: number, share: number, least = 0): void {
  assert.ok(isNear(actual, expected, share, least), `${actual} where ${expected} is expected`);
}

function written(pids: readonly number[]): number {
  return sum(pids.map((pid) => Number(/^write_bytes: (\d+)/m.exec(read(pid, "io"))?.[1])));
}

function read(pid: number, file: string): string {
  return readFileSync(`/proc/${pid}/${file}`, "latin1");
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
