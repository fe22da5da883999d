import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { bytesOnDisk, History } from "../../src/dashboard/history.ts";
import { rowOf, type SampleRow } from "../../src/dashboard/historyRows.ts";
import { TIERS, tierFor } from "../../src/dashboard/historyTiers.ts";
import { track } from "../support/cleanup.ts";
import { node24, start } from "../support/run.ts";
import { until } from "../support/wait.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Math.floor(1_700_000_000_000 / DAY) * DAY;

function opened(t: TestContext): { readonly history: History; readonly directory: string } {
  const tracked = track(t);
  const directory = join(tracked.dir(), "history");
  const history = History.open(directory);
  tracked.defer(() => history.close());
  return { history, directory };
}

const web = (cpu: number, memory = 1000): readonly SampleRow[] => [rowOf("web/0", { cpu, memory })];

test("what was added is read again, with its gaps", (t) => {
  const { history } = opened(t);
  for (const second of [0, 5, 10, 60, 65]) history.addRows(START + second * 1000, web(second / 100));
  const { at, values, step } = history.chart("web/0", { since: START, until: START + 100_000, now: START + 100_000 });
  assert.equal(step, 5000);
  assert.deepEqual(
    at,
    [0, 5, 10, 15, 60, 65].map((second) => START + second * 1000),
  );
  assert.deepEqual(values.cpu, [0, 0.05, 0.1, null, 0.6, 0.65]);
  assert.deepEqual(values.threads, [null, null, null, null, null, null]);
  assert.deepEqual(history.chart("nobody/0", { since: START, until: START + 1000, now: START }).at, []);
});

test("minutes and quarters of an hour have the mean and the peak", (t) => {
  const { history } = opened(t);
  for (let second = 0; second <= 2 * 3600; second += 5) history.addRows(START + second * 1000, web(second % 60 === 0 ? 1 : 0.5));
  const minutes = history.chart("web/0", { since: START + HOUR, until: START + HOUR + 600_000, now: START + 3 * HOUR });
  assert.equal(minutes.step, 60_000);
  assert.deepEqual([...new Set(minutes.values.cpu)], [Math.round(10_000 * (0.5 + 0.5 / 12)) / 10_000]);
  assert.deepEqual([...new Set(minutes.values.cpuPeak)], [1]);
  const quarters = history.chart("web/0", { since: START, until: START + DAY, now: START + 10 * DAY });
  assert.equal(quarters.step, 900_000);
  assert.deepEqual(
    quarters.at,
    [0, 1, 2, 3, 4, 5, 6, 7].map((quarter) => START + quarter * 900_000),
  );
  assert.deepEqual([...new Set(quarters.values.cpuPeak)], [1]);
});

test("rows that come later are in the coarser ones as well", (t) => {
  const { history } = opened(t);
  history.addRows(START, web(1));
  history.addRows(START + HOUR, web(1));
  for (let second = 600; second < 1800; second += 5) history.addRows(START + second * 1000, web(0.5));
  history.redo(START + 600_000);
  const { values } = history.chart("web/0", { since: START + 600_000, until: START + 1_740_000, now: START + 3 * HOUR });
  assert.equal(values.cpu?.length, 20);
});

test("nothing is kept for longer than it is shown", (t) => {
  const { history } = opened(t);
  history.addRows(START, [...web(1), ...[rowOf("gone/0", { cpu: 1 })]]);
  history.addRows(START + HOUR, web(1));
  assert.deepEqual([...history.names()].sort(), ["gone/0", "web/0"]);
  for (let day = 1; day < 40; day += 1) history.addRows(START + day * DAY, web(1));
  assert.deepEqual(history.names(), ["web/0"]);
  const { at } = history.chart("web/0", { since: START, until: START + 40 * DAY, now: START + 40 * DAY });
  assert.ok((at[0] ?? 0) >= START + 8 * DAY, new Date(at[0] ?? 0).toISOString());
});

test("the tiers reach an hour, two days and 30 days", () => {
  assert.deepEqual(
    [HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY].map((span) => tierFor(span).table),
    ["fine", "medium", "medium", "coarse", "coarse"],
  );
});

test("a damaged file is put aside, and a new history begun", (t) => {
  const tracked = track(t);
  const directory = tracked.dir();
  writeFileSync(join(directory, "history.sqlite"), "no database at all, but long enough to look like one ".repeat(100));
  const history = History.open(directory);
  tracked.defer(() => history.close());
  history.addRows(START, web(1));
  assert.ok(readdirSync(directory).some((name) => name.startsWith("history.sqlite.damaged-")));
});

test("after SIGKILL in the midst of writing, all that was told is there and whole", { timeout: 120_000 }, async (t) => {
  const tracked = track(t);
  const directory = join(tracked.dir(), "history");
  const program = `
    const { History } = await import(${JSON.stringify(join(import.meta.dirname, "../../src/dashboard/history.ts"))});
    const { rowOf } = await import(${JSON.stringify(join(import.meta.dirname, "../../src/dashboard/historyRows.ts"))});
    const history = History.open(${JSON.stringify(directory)});
    let at = Math.max(${START}, history.latest + 5000);
    for (;; at += 5000) {
      history.addRows(at, Array.from({ length: 20 }, (_, index) => rowOf("web/" + index, { cpu: 0.5, memory: at % 1e9 })));
      require("node:fs").writeSync(1, at + "\\n");
    }`;
  for (let round = 0; round < 5; round += 1) {
    let told = "";
    const child = start(node24, [
      "--disable-warning=ExperimentalWarning",
      "--input-type=module-typescript",
      "--eval",
      `import { createRequire } from "node:module"; const require = createRequire("/");${program}`,
    ]);
    tracked.kill(child.pid ?? 0);
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      told += text;
    });
    const ended = new Promise((resolve) => child.on("close", resolve));
    await until("some rows to be written", () => told.split("\n").length > 30 + 40 * round, { timeout: 30_000 });
    child.kill("SIGKILL");
    await ended;
    const last = Number(told.trimEnd().split("\n").at(-1));
    const history = History.open(directory);
    try {
      assert.ok(history.latest >= last, `${history.latest} ${last}`);
      const charts = Array.from({ length: 20 }, (_, index) =>
        history.chart(`web/${index}`, { since: last - 60_000, until: history.latest, now: history.latest }),
      );
      for (const { at, values } of charts) {
        assert.equal(at.at(-1), history.latest);
        assert.equal(values.memory?.at(-1), history.latest % 1e9);
      }
    } finally {
      history.close();
    }
  }
});

test("30 days of 50 services are small, and every chart of them is quick to read", { timeout: 300_000 }, (t) => {
  const { history, directory } = opened(t);
  const names = Array.from({ length: 50 }, (_, index) => `service-${index}/0`);
  const rows = (index: number) =>
    names.map((name, which) =>
      rowOf(name, {
        cpu: ((index * 7919 + which * 104_729) % 10_000) / 10_000,
        memory: 50_000_000 + ((index * 15_485_863) % 9_999_991),
        threads: 11,
        descriptors: 20 + (index % 9),
        readRate: (index * 31) % 100_000,
        writeRate: (index * 17) % 1_000_000,
      }),
    );
  history.fill(TIERS[2], START / TIERS[2].step, 31 * 96, rows);
  history.fill(TIERS[1], (START + 29 * DAY) / TIERS[1].step, 2 * 1440, rows);
  history.fill(TIERS[0], (START + 31 * DAY - 2 * HOUR) / TIERS[0].step, 1440, rows);
  const now = START + 31 * DAY;
  const took = [HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY].map((span) => {
    const began = performance.now();
    const { at } = history.chart("service-25/0", { since: now - span, until: now, now });
    assert.ok(at.length > 300, String(at.length));
    return `${span / HOUR} h: ${(performance.now() - began).toFixed(1)} ms, ${at.length} values`;
  });
  const size = history.size();
  t.diagnostic(
    `${(size / 2 ** 20).toFixed(1)} MiB in use, ${(bytesOnDisk(directory) / 2 ** 20).toFixed(1)} MiB on disk; charts: ${took.join("; ")}`,
  );
  assert.ok(size < 40 * 2 ** 20, String(size));
});
