import assert from "node:assert/strict";
import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { LogsConfig } from "../../src/service/configTypes.ts";
import { treeOf } from "../fixtures/supervised2/tree.ts";
import { comeBack, type Victim } from "../support/killTree.ts";
import { logged, readSegment, segmentsOf } from "../support/logged.ts";
import { assertNumbered } from "../support/numbered.ts";
import { allPids, isAlive } from "../support/process.ts";
import { fixture, node24 } from "../support/run.ts";
import { type Supervised, supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";

const SERVICES = 8;
const MIB = 1024 * 1024;
const VICTIMS: readonly Victim[] = ["supervisor", "init", "both"];

test("eight services at full speed, a new segment every MiB, and SIGKILL of supervisor, init and both every 100 ms: every line is there once", {
  timeout: 400_000,
}, async (t) => {
  const { s, names, end } = await writers(t, { maxSize: "1MiB", maxTotal: "unlimited", maxFiles: "unlimited" });
  await killAll(s, 4000);
  // On a busy machine so many kills leave them little time.
  await until("a third segment", () => names.every((name) => segmentsOf(s.home.log, `${name}/0`).length > 2), { timeout: 120_000 });
  await finish(s, names, end);
  for (const name of names) assertNumbered(logged(s.home.log, `${name}/0`), 1);
  await until("every segment to be compressed", () => names.every((name) => plainOf(s, name).length === 0), { timeout: 200_000 });
  for (const name of names) {
    assertNumbered(logged(s.home.log, `${name}/0`), 1);
    const segments = segmentsOf(s.home.log, `${name}/0`);
    assert.ok(segments.length > 2, `${name}: ${segments.length} segments`);
    for (const path of segments) assert.match(readSegment(path).slice(-1), /^\n?$/, `${path} ends in the middle of a line`);
    const files = readdirSync(join(s.home.log, name));
    assert.deepEqual(
      files.filter((file) => file.startsWith(".")),
      [],
    );
  }
});

test("with a small budget there is never more than the budget and a segment, and what is there has no gap", {
  timeout: 300_000,
}, async (t) => {
  const { s, names, end } = await writers(t, { maxSize: "1MiB", maxTotal: "20MiB", maxFiles: "unlimited" });
  const most = new Map<string, number>();
  const over = new AbortController();
  const sampling = sample(s, names, most, over.signal);
  await killAll(s, 4000);
  // As long as nobody is killed they come to their budget.
  await until("the budgets to be used", () => [...most.values()].filter((size) => size > 12 * MIB).length >= SERVICES / 2, {
    timeout: 120_000,
  });
  await finish(s, names, end);
  over.abort();
  await sampling;
  for (const name of names) {
    assert.ok((most.get(name) ?? 0) <= 21 * MIB, `${name} had ${most.get(name)} bytes`);
    // A segment may be compressed while we read.
    const text = logged(s.home.log, `${name}/0`);
    assert.match(text, /^\d{99}\n/, `${name} begins in the middle of a line`);
    assertNumbered(text, Number(text.slice(0, 99)));
  }
});

test("SIGKILL of the compressor: what was put aside is there, plain or compressed, and compressed in the end", {
  timeout: 180_000,
}, async (t) => {
  const s = await supervised(t);
  const end = join(s.dir, "end");
  const logs = { maxSize: "3MiB", maxTotal: "unlimited", maxFiles: "unlimited" } as const;
  await s.apply({ web: { command: [node24, fixture("logs/numbered.ts"), end, "1000000000", "1"], logs } });
  for (let killed = 0; killed < 4; killed++) {
    const [pid] = await until("a compressor", () => compressors(s).length > 0 && compressors(s), { timeout: 30_000 });
    await until("it to work", () => !isAlive(pid ?? 0) || readdirSync(join(s.home.log, "web")).some((file) => file.endsWith(".partial")));
    await sleep(Math.random() * 30);
    kill(pid ?? 0);
  }
  await finish(s, ["web"], end);
  assertNumbered(logged(s.home.log, "web/0"), 1);
  await until("all to be compressed", () => plainOf(s, "web").length === 0, { timeout: 90_000 });
  assertNumbered(logged(s.home.log, "web/0"), 1);
  assert.deepEqual(
    readdirSync(join(s.home.log, "web")).filter((file) => file.startsWith(".")),
    [],
  );
});

interface Writers {
  readonly s: Supervised;
  readonly names: readonly string[];
  readonly end: string;
}

async function writers(t: TestContext, logs: LogsConfig): Promise<Writers> {
  const s = await supervised(t);
  const end = join(s.dir, "end");
  const names = Array.from({ length: SERVICES }, (_, number) => `writer${number}`);
  const service = { command: [node24, fixture("logs/numbered.ts"), end], logs };
  await s.apply(Object.fromEntries(names.map((name) => [name, service])));
  await until("all of them to write", () => names.every((name) => existsSync(join(s.home.log, name, "0.log"))));
  return { s, names, end };
}

/** Ends with a tree that is whole. */
async function killAll(s: Supervised, milliseconds: number): Promise<void> {
  const last = Date.now() + milliseconds;
  // What the next command does.
  const bringBack = async () => {
    while (Date.now() < last) await comeBack(s).catch(() => sleep(50));
  };
  const back = bringBack();
  for (let round = 0; Date.now() < last; round++) {
    const { supervisors, inits } = treeOf(s);
    const victim = VICTIMS[round % 3];
    if (victim !== "supervisor") for (const pid of inits) kill(pid);
    if (victim !== "init") for (const pid of supervisors) kill(pid);
    await sleep(100);
  }
  await back;
  await until(
    "a supervisor",
    async () => {
      await comeBack(s);
      return (await s.about()).running === SERVICES;
    },
    { timeout: 60_000 },
  );
}

async function finish(s: Supervised, names: readonly string[], end: string): Promise<void> {
  writeFileSync(end, "");
  await until("their last lines", () => names.every((name) => /(^|\n)end \d+\n$/.test(lastBytes(s, name))), { timeout: 120_000 });
}

/** The last line may have been put aside. */
function lastBytes(s: Supervised, name: string): string {
  const [before = "", current = ""] = segmentsOf(s.home.log, `${name}/0`).slice(-2);
  const text = existsSync(current) ? readFileSync(current, "latin1") : "";
  return (text === "" && existsSync(before) ? readSegment(before) : text).slice(-40);
}

function plainOf(s: Supervised, name: string): string[] {
  return readdirSync(join(s.home.log, name)).filter((file) => /^0\.\d{8}T.*\.log$/.test(file));
}

/** One at a time for the whole tree; one that lost its supervisor may be at its end. */
function compressors(s: Supervised): number[] {
  return allPids().filter((pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0");
      return words.some((word) => /compressor\.(ts|cjs)$/.test(word)) && words.includes(join(s.home.run, "compressor.lock"));
    } catch {
      return false;
    }
  });
}

async function sample(s: Supervised, names: readonly string[], most: Map<string, number>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    for (const name of names) {
      const directory = join(s.home.log, name);
      // Names change while we look: a file that is met under two of them counts once.
      const files = new Map<number, number>();
      for (const file of readdirSync(directory)) {
        const stat = lstatSync(join(directory, file), { throwIfNoEntry: false });
        if (stat !== undefined) files.set(stat.ino, stat.size);
      }
      const total = [...files.values()].reduce((sum, size) => sum + size, 0);
      most.set(name, Math.max(most.get(name) ?? 0, total));
    }
    await sleep(5);
  }
}

function kill(pid: number): void {
  try {
    if (allPids().includes(pid) && isAlive(pid)) process.kill(pid, "SIGKILL");
  } catch {
    // Ended by itself.
  }
}
