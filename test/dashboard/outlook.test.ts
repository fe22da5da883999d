/** Where charts of disks and directories lead. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { aheadOf, outlookText } from "../../dashboard/ahead.ts";
import type { MonitorSample } from "../../src/dashboard/apiTypes.ts";
import { History } from "../../src/dashboard/history.ts";
import { rowsOf } from "../../src/dashboard/historyRows.ts";
import { outlookOf } from "../../src/dashboard/outlook.ts";
import { track } from "../support/cleanup.ts";

const GIB = 2 ** 30;
const HOUR = 3_600_000;
const START = 1_700_006_400_000;

function sampleAt(at: number, used: number, size: number | null): MonitorSample {
  const memory = { total: 8 * GIB, available: 4 * GIB, swapTotal: 0, swapFree: 0 };
  const whole = { path: "/var", device: "/dev/sda1", type: "ext4", size: 100 * GIB, inodes: 1000, inodesFree: 900, readOnly: false };
  return {
    ...{ at, over: 5000, instances: [], files: [] },
    host: { processors: 1, cpu: 0, load: [0, 0, 0], memory, pressure: null, disks: [], uptime: 0 },
    fileSystems: [{ ...whole, available: 100 * GIB - used, forecast: null, deletedButOpen: [] }],
    directories: [{ path: "/var/log", size, files: 10, growth: null, countedAt: at }],
  };
}

/** A history of so many hours, whose latest sample is returned with it. */
function written(directory: string, hours: number, used: (at: number) => number, size: (at: number) => number | null) {
  const history = History.open(directory);
  let sample = sampleAt(START, used(START), size(START));
  for (let at = START; at <= START + hours * HOUR; at += 5000) {
    sample = sampleAt(at, used(at), size(at));
    history.addRows(at, rowsOf(sample));
  }
  return { history, sample };
}

test("file systems and directories have a past in each tier, with the rate of what is shown", (t) => {
  const tracked = track(t);
  const perHour = GIB;
  // A directory is counted each 3 minutes, so its past is a stair.
  const counted = (at: number) => 5 * GIB + (Math.floor((at - START) / 180_000) * perHour) / 2 / 20;
  const { history, sample } = written(join(tracked.dir(), "history"), 3, (at) => 90 * GIB + ((at - START) / HOUR) * perHour, counted);
  tracked.defer(() => history.close());
  assert.deepEqual(new Set(history.names()), new Set(["host", "disk:/var", "directory:/var/log"]));
  for (const [span, step] of [
    [HOUR, 5000],
    [2.5 * HOUR, 60_000],
  ] as const) {
    const options = { since: sample.at - span, until: sample.at, now: sample.at };
    const disk = history.chart("disk:/var", options);
    assert.equal(disk.step, step);
    const outlook = outlookOf(disk, sample);
    assert.equal(outlook?.limit, 100 * GIB);
    assert.ok(Math.abs((outlook.forecast.rate * 3600) / perHour - 1) < 0.05, String(outlook.forecast.rate * 3600));
    // 93 of 100 are used, and one is added each hour.
    assert.ok(Math.abs(((outlook.forecast.fullAt ?? 0) - sample.at) / HOUR - 7) < 0.3, String(outlook.forecast.fullAt));
    const directory = history.chart("directory:/var/log", options);
    assert.deepEqual(new Set(directory.values.files), new Set([10]));
    const stair = outlookOf(directory, sample);
    assert.deepEqual([stair?.limit, stair?.forecast.fullAt], [null, null]);
    assert.ok(Math.abs(((stair?.forecast.rate ?? 0) * 3600) / (perHour / 2) - 1) < 0.1, String(stair?.forecast.rate));
  }
  const past = history.chart("disk:/var", { since: START, until: START + HOUR, now: sample.at });
  assert.equal(outlookOf(past, sample), null, "it ended before now");
  assert.equal(outlookOf(history.chart("host", { since: START, until: sample.at, now: sample.at }), sample), null);
});

test("a directory that is counted for the first time, or that is gone, is a gap", () => {
  const series = (size: number | null) => rowsOf(sampleAt(START, 0, size)).map((row) => row.series);
  assert.deepEqual(series(null), ["host", "disk:/var"]);
  assert.deepEqual(series(0), ["host", "disk:/var", "directory:/var/log"]);
});

test("a chart goes on by a quarter to where it leads, no further than what there is", () => {
  const chart = {
    ...{ name: "disk:/var", step: 5000, since: 0, until: 4000 },
    at: [0, 4000],
    values: { used: [10, 50] },
  };
  const outlook = (rate: number, fullAt: number | null, limit: number | null) => ({
    ...chart,
    outlook: { forecast: { rate, fullAt, confidence: "high" as const }, limit },
  });
  assert.equal(aheadOf({ ...chart, outlook: null }, "used"), undefined);
  assert.deepEqual(aheadOf(outlook(10, null, 1000), "used"), { until: 5000, from: [4000, 50], to: [5000, 60], limit: 1000 });
  assert.deepEqual(aheadOf(outlook(100, 4500, 100), "used"), { until: 5000, from: [4000, 50], to: [4500, 100], limit: 100 });
  assert.deepEqual(aheadOf(outlook(-100, null, 100), "used")?.to, [4500, 0]);
  assert.deepEqual(aheadOf(outlook(0, null, null), "used")?.to, [5000, 50]);
  assert.equal(outlookText(outlook(100, 64_000, 100), "used"), "grew by 40 B, full in 1 min at 100 B/s (high confidence)");
  assert.equal(outlookText({ ...chart, outlook: null }, "used"), "grew by 40 B");
  assert.equal(outlookText(outlook(0, null, null), "used"), "grew by 40 B, stays as it is");
});
