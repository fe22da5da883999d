import assert from "node:assert/strict";
import { test } from "node:test";
import { topLines } from "../../src/cli/topTable.ts";
import { SAMPLE } from "../api/memoryMonitor.ts";

const same = (text: string) => text;
const paint = { bold: same, dim: same, red: same, state: () => same };

test("a sample as lines: the host, the instances, the file systems with what is wrong with them", () => {
  assert.deepEqual(topLines(SAMPLE, { paint }), [
    "cpu 25% of 2; load 0.10 0.20 0.30; memory 3.7 GiB of 7.5 GiB; waiting for cpu 1.0%, memory 0%, disk 0%",
    "",
    "NAME   PID  CPU   MEMORY  PROCS  THREADS  FDS  READ/S  WRITE/S  RESTARTS    LOG",
    "web/0  123  25%  4.0 KiB      2       12   20     0 B        -         1  100 B",
    "",
    "FILE SYSTEM   SIZE  FREE  FREE%  INODES%  NOTE",
    "/            100 B  50 B    50%      50%  full in 50 s (high confidence); 7 B in deleted files that web/0 has open",
  ]);
});

test("what is not known is a dash, and what doesn't run has nothing", () => {
  const [instance = assert.fail()] = SAMPLE.instances;
  const idle = { ...instance, pid: null, processes: 0, cpu: null, memory: 0, descriptors: null, readRate: null, logSize: null };
  const lines = topLines({ ...SAMPLE, instances: [idle], fileSystems: [], host: { ...SAMPLE.host, cpu: null, pressure: null } }, { paint });
  assert.equal(lines[0], "cpu - of 2; load 0.10 0.20 0.30; memory 3.7 GiB of 7.5 GiB");
  assert.match(lines.at(-1) ?? "", /^web\/0 +- +- +- +- +- +- +- +- +1 +-$/);
});

test("a name can't do anything to the terminal", () => {
  const [instance = assert.fail()] = SAMPLE.instances;
  const lines = topLines({ ...SAMPLE, instances: [{ ...instance, name: "web\u001b[2J/0" }] }, { paint });
  assert.ok(!lines.join("\n").includes("\u001b"));
});
