/** What is said of disks and alerts, beside the services in their file. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { DesiredState } from "../../src/supervisor/state/desiredState.ts";
import type { StateReport } from "../../src/supervisor/state/stateReport.ts";
import { track } from "../support/cleanup.ts";
import { specs } from "./stateFixture.ts";

const monitor = { disk: [{ path: "/var", free: { below: "10%" } }], alerts: [{ webhook: "https://example.com/secret" }] };

test("it is saved with the services, and read again", async (t) => {
  const path = join(track(t).dir(), "services.json");
  const reports: StateReport[] = [];
  const open = () => DesiredState.open(path, { report: (report) => reports.push(report) });
  const desired = open();
  assert.deepEqual(desired.monitor, { disk: [], alerts: [] });
  const { web } = await specs();
  desired.set(web, true);
  desired.monitor = monitor;
  await desired.close();
  const again = open();
  assert.deepEqual(again.monitor, monitor);
  assert.deepEqual([...again.services.keys()], [web.name]);
  assert.deepEqual(
    reports.filter(({ kind }) => kind === "damaged"),
    [],
  );
});

test("a file of a version that knew of none has none; a damaged one loses only that", async (t) => {
  const path = join(track(t).dir(), "services.json");
  const first = DesiredState.open(path, { report: () => {} });
  const { web } = await specs();
  first.set(web, true);
  first.monitor = monitor;
  await first.close();
  const content = JSON.parse(readFileSync(path, "utf8"));
  const read = async (change: object) => {
    const reports: StateReport[] = [];
    writeFileSync(path, JSON.stringify({ ...content, ...change }), { mode: 0o600 });
    const desired = DesiredState.open(path, { report: (report) => reports.push(report) });
    await desired.close();
    return { desired, faults: reports.flatMap((report) => (report.kind === "damaged" ? report.faults : [])) };
  };
  const old = await read({ monitor: undefined });
  assert.deepEqual([old.desired.monitor, old.faults], [{ disk: [], alerts: [] }, []]);
  const damaged = await read({ monitor: { disk: [{}], alerts: [] } });
  assert.deepEqual(damaged.faults, ["monitor.disk[0].path: is missing"]);
  assert.deepEqual([...damaged.desired.services.keys()], [web.name]);
});
