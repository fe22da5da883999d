import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { LogsConfig } from "../../src/service/configTypes.ts";
import { track } from "../support/cleanup.ts";
import { killTree } from "../support/killTree.ts";
import { logged } from "../support/logged.ts";
import { needsRoot } from "../support/needs.ts";
import { fixture, node24 } from "../support/run.ts";
import { type Supervised, supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";

const LINES = 400_000;
const PATIENCE = { timeout: 60_000 };

test("on a full disk a service waits, which its status says, and goes on by itself when there is room: not a line is lost", {
  skip: needsRoot,
  timeout: 180_000,
}, async (t) => {
  const { s, resize } = await onSmallDisk(t, { onDiskFull: "block" });
  const { degraded, pid } = await full(s);
  assert.match(degraded.join(), /waits, and nothing is lost/);
  assert.match((await s.about()).degraded.join(), /web\/0: log: can't be written: No space left on device \(ENOSPC\)/);
  // The next supervisor knows, though init does not tell again.
  await killTree(s, "supervisor");
  assert.match((await full(s)).degraded.join(), /waits, and nothing is lost/);
  resize("80m");
  await until("all lines", () => logged(s.home.log, "web/0").endsWith(`end ${LINES}\n`), PATIENCE);
  assertLines(logged(s.home.log, "web/0").split("\n").slice(0, -2), 1, LINES);
  await until("it to be well", async () => (await s.status("web/0")).degraded.length === 0, PATIENCE);
  assert.equal((await s.status("web/0")).pid, pid);
  assert.ok((await s.events()).some((event) => event.type === "recovered" && event.subject === "web/0: log"));
});

test("on a full disk what comes is dropped if so wished: the log says in one line how much, exactly, and the lines around it are whole", {
  skip: needsRoot,
  timeout: 180_000,
}, async (t) => {
  const { s, resize, done } = await onSmallDisk(t, { onDiskFull: "drop" });
  const { degraded } = await full(s);
  assert.match(degraded.join(), /is dropped and counted/);
  // It doesn't wait: it comes to its end, and says so in a file.
  await until("the service to have written all", () => existsSync(done), PATIENCE);
  resize("80m");
  const text = await until(
    "the note",
    () => {
      const now = logged(s.home.log, "web/0");
      return /were dropped while the disk was full.*\n$/.test(now) && now;
    },
    PATIENCE,
  );
  const lines = text.split("\n");
  assert.equal(lines.pop(), "");
  const notes = lines.filter((line) => line.startsWith("[daemonitor] "));
  const [, count, bytes, from, to] =
    /^\[daemonitor\] (\d+) lines \((\d+) bytes\) were dropped while the disk was full, from (\S+Z) to (\S+Z)$/.exec(lines.at(-1) ?? "") ??
    [];
  assert.equal(notes.length, 1, notes.join("\n"));
  const half = (lines.at(-2) ?? "").length === 99 ? 0 : (lines.at(-2) ?? "").length;
  const whole = lines.slice(0, half > 0 ? -2 : -1);
  assertLines(whole, 1, whole.length);
  assert.equal(whole.length + Number(count), LINES + 1);
  assert.equal(whole.length * 100 + half + Number(bytes), LINES * 100 + `end ${LINES}\n`.length);
  assert.ok(Date.parse(from ?? "") <= Date.parse(to ?? "") && Date.parse(to ?? "") <= Date.now());
  const told = `is written again; ${count} lines (${bytes} bytes) were dropped`;
  await until("the event", async () => (await s.events()).some((event) => event.type === "recovered" && event.message === told), PATIENCE);
  const { degraded: left, logDropped } = await s.status("web/0");
  assert.deepEqual([left, logDropped], [[], { lines: Number(count), bytes: Number(bytes) }]);
  const metric = `daemonitor_instance_log_dropped_lines_total{service="web",instance="web/0"} ${count}\n`;
  assert.ok((await s.client.metrics()).includes(metric));
  // Init has counted it, so the next supervisor knows.
  await killTree(s, "supervisor");
  assert.deepEqual((await s.status("web/0")).logDropped, logDropped);
});

async function onSmallDisk(t: TestContext, logs: LogsConfig) {
  const tracked = track(t);
  const dir = tracked.dir();
  const disk = join(dir, "home/log");
  mkdirSync(join(dir, "home"), { mode: 0o700 });
  mkdirSync(disk);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=20m,mode=0750", "daemonitor-test", disk]);
  tracked.defer(() => execFileSync("umount", ["-l", disk]));
  const s = await supervised(t, { dir, tracked });
  const done = join(dir, "done");
  const command = [node24, fixture("logs/numbered.ts"), join(dir, "end"), String(LINES), "0", done];
  await s.apply({ web: { command, logs: { maxTotal: "unlimited", maxFiles: "unlimited", maxSize: "3MiB", compress: false, ...logs } } });
  return { s, done, resize: (size: string) => void execFileSync("mount", ["-o", `remount,size=${size}`, disk]) };
}

function full(s: Supervised) {
  return until(
    "the disk to be full",
    async () => {
      const status = await s.status("web/0");
      return status.degraded.some((why) => why.includes("No space left")) && status;
    },
    PATIENCE,
  );
}

function assertLines(lines: readonly string[], first: number, last: number): void {
  assert.equal(lines.length, last - first + 1);
  for (const [index, line] of lines.entries())
    if (line !== String(first + index).padStart(99, "0")) assert.fail(`line ${first + index} is "${line}"`);
}
