import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { LOG_FAULT_POINTS } from "../../src/logs/faultPoint.ts";
import { readBytes } from "../../src/logs/readLog.ts";
import type { FaultPoint } from "../../src/supervisor/faultPoint.ts";
import { track } from "../support/cleanup.ts";
import { fixture, node24 } from "../support/run.ts";
import { specsOf } from "../support/supervised.ts";
import { until } from "../support/wait.ts";
import { arm, type FaultPlan, readFired } from "./faultPlan.ts";
import { kill, Tree } from "./tree.ts";

const OF_COMPRESSOR: readonly FaultPoint[] = [
  "before partial",
  "before compressed name",
  "after compressed name",
  "before plain removal",
  "after plain removal",
];
const OF_ROTATION: readonly FaultPoint[] = [
  "before log switch",
  "after log switch",
  ...LOG_FAULT_POINTS.filter((point) => !OF_COMPRESSOR.includes(point)),
];
const PATIENCE = { timeout: 60_000 };

/** One keeps all that it wrote; of the other the oldest goes again and again. */
const KEEPING = { maxSize: "64KiB", maxTotal: "unlimited", maxFiles: "unlimited" } as const;
const PRUNED = { ...KEEPING, maxFiles: 3 } as const;

for (const victims of [["supervisor"], ["init", "supervisor"]] as const) {
  test(`${victims.join(" and ")} killed at each point of a rotation: every line is there once, and all is in order again`, {
    timeout: 300_000,
  }, async (t) => {
    const run = await writers(t);
    for (const point of OF_ROTATION) await run.killAt({ point, occurrence: 2, victims });
    await run.finish();
  });
}

test("the compressor killed at each of its points: a segment is there plain or compressed, and compressed in the end", {
  timeout: 300_000,
}, async (t) => {
  const run = await writers(t);
  for (const point of OF_COMPRESSOR) await run.killAt({ point, occurrence: 1, victims: ["compressor"] });
  await run.finish();
});

interface Run {
  /** Resolves when what was left half done is done, and more is written. */
  killAt(plan: FaultPlan): Promise<void>;
  finish(): Promise<void>;
}

async function writers(t: TestContext): Promise<Run> {
  const tracked = track(t);
  const dir = tracked.dir();
  const evidence = join(dir, "evidence");
  mkdirSync(evidence);
  const tree = new Tree(dir, evidence);
  const mark = `log-points-${process.pid}-${Date.now()}`;
  tracked.defer(() => tree.end(mark));
  tree.warmUp();
  tree.start();
  const end = join(dir, "end");
  const command = [node24, fixture("logs/numbered.ts"), end, "1000000000", "10"];
  const env = { CRASH_RUN: mark };
  const services = await specsOf({ keeping: { command, env, logs: KEEPING }, pruned: { command, env, logs: PRUNED } }, dir);
  await tree.ask((client) => client.apply({ services, wait: 0 }));
  const { log } = tree.home;
  const lines = async (name: string) => numbers(await written(join(log, name)));
  const pruned = async () => {
    const found = await lines("pruned");
    // The oldest may have been removed while it was read.
    return found.length > 0 && wrongIn(found, found[0] ?? 0) === -1;
  };
  return {
    async killAt(plan) {
      const { point, victims } = plan;
      const before = await tree.pair();
      tree.initIsVictim = victims.includes("init");
      arm(evidence, plan);
      const fired = await until(`the point "${point}"`, () => readFired(evidence), PATIENCE);
      // Where nobody is left, nothing changes: what is there now is what the next one finds.
      const there = await lines("keeping");
      assertNumbered(point, there, 1);
      const doubles = doublesIn(log, ["keeping", "pruned"]);
      // Both are dead by their own hand, but who of them comes last may still be about to die.
      for (const victim of victims) kill(victim === "init" ? fired.init : fired.supervisor);
      const after = await tree.pair();
      tree.initIsVictim = false;
      if (victims.includes("supervisor")) assert.notEqual(after.supervisor.pid, before.supervisor.pid);
      await until(`more lines after "${point}"`, async () => (await lines("keeping")).length > there.length + 2000, PATIENCE);
      const left = () => doublesIn(log, ["keeping", "pruned"]).filter((file) => doubles.includes(file));
      await until(`one form of each segment after "${point}", and not both`, () => left().length === 0, PATIENCE);
      assertNumbered(point, await lines("keeping"), 1);
      await until(`the other log to be without a gap after "${point}"`, pruned, PATIENCE);
    },
    async finish() {
      writeFileSync(end, "");
      const isDone = async (name: string) => {
        const isPacked = !readdirSync(join(log, name)).some((file) => /^\.|Z\.log$/.test(file));
        return isPacked && /(^|\n)end \d+\n$/.test(await written(join(log, name)));
      };
      await until("all to be compressed", async () => (await isDone("keeping")) && (await isDone("pruned")), { timeout: 120_000 });
      assertNumbered("the end", await lines("keeping"), 1);
      const files = readdirSync(join(log, "pruned"));
      const archives = files.filter((file) => file.endsWith(".zst"));
      assert.ok(archives.length <= 3, `${archives.length} archives`);
      const alone = files.filter((file) => /Z\.log\.index$/.test(file) && !files.includes(file.replace(/index$/, "zst")));
      assert.deepEqual(alone, [], "an index without its segment");
    },
  };
}

/** As the command reads it. */
async function written(directory: string): Promise<string> {
  const parts: Buffer[] = [];
  for await (const bytes of readBytes({ directory, stream: "0" })) parts.push(Buffer.from(bytes));
  return Buffer.concat(parts).toString("latin1");
}

/** Of whole lines. */
function numbers(text: string): number[] {
  return text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("end "))
    .map(Number);
}

function wrongIn(found: readonly number[], first: number): number {
  return found.findIndex((number, index) => number !== first + index);
}

function assertNumbered(where: string, found: readonly number[], first: number): void {
  const wrong = wrongIn(found, first);
  if (wrong >= 0) assert.fail(`${where}: after line ${found[wrong - 1]} comes ${found[wrong]}`);
}

/** Segments that are there plain and compressed. */
function doublesIn(log: string, names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const files = readdirSync(join(log, name));
    return files.filter((file) => files.includes(`${file}.zst`)).map((file) => `${name}/${file}`);
  });
}
