import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { History } from "../../src/monitor/history.ts";
import { HOST, type MonitorSample } from "../../src/monitor/sample.ts";
import { SeriesRing } from "../../src/monitor/seriesRing.ts";
import { SAMPLE } from "../api/memoryMonitor.ts";

const [INSTANCE = assert.fail("the sample has no instance")] = SAMPLE.instances;

function sampleOf(names: readonly string[], cpu: number | null, pid: number | null = 1): MonitorSample {
  const processes = pid === null ? 0 : 1;
  return { ...SAMPLE, instances: names.map((name) => ({ ...INSTANCE, name, cpu, pid, processes })) };
}

function valuesOf(history: History, now: number, fine = false) {
  const [series] = history.read({ instance: "web/0", series: ["cpu"], fine }, now);
  return { at: series?.at, cpu: series?.values.cpu?.map((value) => (value === null ? null : Math.round(value * 100) / 100)) };
}

test("a value for each 5 s: what comes faster is averaged, what is not known is null", () => {
  let now = 1000;
  const history = new History(() => now);
  for (const [index, cpu] of [0.5, 1, 2, 3, null, 4, null, null, null, null, null].entries()) {
    now = 1000 + index * 1000;
    history.add(sampleOf(["web/0"], cpu), false);
  }
  assert.deepEqual(valuesOf(history, now), { at: [1000, 6000, 11_000], cpu: [0.5, 2.5, null] });
});

test("an hour is kept, and of what is watched the last 5 minutes by the second", () => {
  let now = 0;
  const history = new History(() => now);
  for (; now < 4000_000; now += 1000) history.add(sampleOf(["web/0"], now), now >= 3_000_000);
  now -= 1000;
  const coarse = valuesOf(history, now);
  assert.equal(coarse.at?.length, 720);
  assert.equal((coarse.at?.at(-1) ?? 0) - (coarse.at?.[0] ?? 0), 719 * 5000);
  const fine = valuesOf(history, now, true);
  assert.equal(fine.at?.length, 300);
  assert.equal((fine.at?.at(-1) ?? 0) - (fine.at?.[0] ?? 0), 299_000);
  assert.equal(history.read({ instance: "web/0", since: now - 60_000 }, now)[0]?.at.length, 12);
});

test("an instance has a past from when it first runs until it is forgotten; it has holes where it did not run", () => {
  let now = 0;
  const history = new History(() => now);
  history.add(sampleOf(["web/0"], null, null), false);
  assert.deepEqual(
    history.read({}, now).map(({ name }) => name),
    [HOST],
  );
  now = 5000;
  history.add(sampleOf(["web/0"], 1), false);
  now = 10_000;
  history.add(sampleOf(["web/0"], null, null), false);
  assert.deepEqual(history.read({ instance: "web/0" }, now)[0]?.values.memory, [4096, null]);
  history.forget("web/0");
  assert.deepEqual(history.read({ instance: "web/0" }, now), []);
});

test("a wall clock that is set moves the past with it: its shape stays", () => {
  let now = 0;
  const history = new History(() => now);
  for (; now <= 20_000; now += 5000) history.add(sampleOf(["web/0"], 1), false);
  now -= 5000;
  assert.deepEqual(
    valuesOf(history, 1_700_000_020_000).at?.map((at) => at - 1_700_000_000_000),
    [0, 5000, 10_000, 15_000, 20_000],
  );
});

test("an hour of a hundred instances takes at most 6 MB", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const used = () => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const names = Array.from({ length: 100 }, (_, number) => `web/${number}`);
  const before = used();
  let now = 0;
  const history = new History(() => now);
  for (; now < 3_700_000; now += 5000) history.add(sampleOf(names, 1), true);
  const taken = used() - before;
  assert.equal(history.read({}, now).length, 101);
  assert.ok(taken < 6e6, `${taken} bytes`);
});

test("a ring keeps the latest rows, and reads those since a time", () => {
  const ring = new SeriesRing(2, 3, 10);
  for (let now = 0; now < 60; now += 10) ring.add(now, [now, null]);
  assert.deepEqual(ring.read(0, [0, 1]), {
    at: [30, 40, 50],
    values: [
      [30, 40, 50],
      [null, null, null],
    ],
  });
  assert.deepEqual(ring.read(45, [0]), { at: [50], values: [[50]] });
});
