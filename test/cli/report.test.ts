/** `daemonitor report`: what it makes of a day that is made up, and of a real one. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { documentOf } from "../../src/cli/report/document.ts";
import type { Facts } from "../../src/cli/report/facts.ts";
import { htmlOf } from "../../src/cli/report/html.ts";
import { markdownOf } from "../../src/cli/report/markdown.ts";
import { reportOf } from "../../src/cli/report/report.ts";
import { restartsOf } from "../../src/cli/report/restarts.ts";
import { sumOf, tracksOf } from "../../src/cli/report/tracks.ts";
import { troublesOf } from "../../src/cli/report/troubles.ts";
import { History } from "../../src/dashboard/history.ts";
import { rowOf } from "../../src/dashboard/historyRows.ts";
import { TIERS } from "../../src/dashboard/historyTiers.ts";
import type { SupervisorEvent } from "../../src/supervisor/control.ts";
import { SAMPLE } from "../api/memoryMonitor.ts";
import { doing } from "../fixtures/checks/written.ts";
import { track } from "../support/cleanup.ts";
import { supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";

const HOUR = 3_600_000;
const NOW = 1_700_000_000_000;
const SINCE = NOW - 24 * HOUR;
const EVIL = '<img src=x onerror="alert(1)">';

let seq = 1;
const state = (at: number, instance: string, from: string, to: string, reason: string) =>
  ({ seq: seq++, at, type: "state", instance, from, to, reason }) as SupervisorEvent;

test("restarts are counted with what took the instance out of life, however many states are between", () => {
  const events = [
    state(SINCE - 10, "old/0", "running", "backoff", "exit status 1; next try in 10 ms"),
    state(SINCE - 5, "old/0", "backoff", "starting", "the back-off is over"),
    state(SINCE + 1, "web/0", "stopped", "starting", "start asked by alice"),
    state(SINCE + 2, "web/0", "starting", "running", "pid 1"),
    state(SINCE + 3, "web/0", "running", "backoff", "exit status 3, the first in 5 min (limit 2); next try in 10 ms"),
    state(SINCE + 4, "web/0", "backoff", "starting", "the back-off is over"),
    state(SINCE + 5, "web/0", "starting", "running", "pid 2"),
    state(SINCE + 6, "web/0", "running", "starting", "exit status 3, the second in 5 min (limit 2); it was stable and restarts at once"),
    state(SINCE + 7, "web/0", "running", "stopping", "unhealthy: memory above 1 MiB"),
    state(SINCE + 8, "web/0", "stopping", "starting", "nothing is left of it; starts again"),
    state(SINCE + 9, "web/0", "running", "failed", "exit status 3, the third in 5 min (limit 2)"),
    state(SINCE + 10, "db/0", "running", "stopping", "stop asked by bob"),
    state(SINCE + 11, "db/0", "stopping", "stopped", "nothing is left of it"),
    state(SINCE + 12, "db/0", "stopped", "starting", "start asked by bob"),
  ];
  const [web, ...others] = restartsOf(events, SINCE);
  assert.deepEqual(others, []);
  assert.equal(web?.times, 3);
  assert.deepEqual(
    web?.reasons.map(({ reason, times }) => [reason, times]),
    [
      ["exit status 3", 2],
      ["unhealthy: memory above 1 MiB", 1],
    ],
  );
  assert.deepEqual(web?.givenUp, [{ at: SINCE + 9, reason: "exit status 3, the third in 5 min (limit 2)" }]);
});

test("what a coarse row tells is not told again by fine ones; sums weigh by time; holes don't count", () => {
  const coarse = { name: "web/0", step: 60_000, at: [0, 60_000], values: { cpu: [0.5, 0.5], cpuPeak: [2, 1] } };
  const fine = { name: "web/0", step: 5000, at: [30_000, 120_000, 125_000], values: { cpu: [9, 1, null] } };
  const recent = { name: "web/0", at: [50_000, 125_000, 130_000, 400_000], values: { cpu: [9, 1, 1, 1] } };
  const points = tracksOf([recent, fine, coarse], { since: 0, until: 500_000 }).get("web/0") ?? [];
  assert.deepEqual(
    points.map(({ at, span }) => [at, span]),
    [
      [0, 60_000],
      [60_000, 60_000],
      [120_000, 5000],
      [125_000, 5000],
      [130_000, 5000],
      [400_000, 5000],
    ],
  );
  assert.deepEqual(sumOf(points, "cpu"), { total: 80, mean: 80 / 140, peak: 2, peakAt: 0, measured: 140_000 });
  assert.equal(sumOf(points, "memory"), null);
});

test("a check that failed has its times and how long; what is told again while it lasts is no new failure", () => {
  const problem = (at: number, subject: string) => ({ seq: seq++, at, type: "problem", subject, message: "700 MiB" }) as SupervisorEvent;
  const recovered = (at: number, subject: string) => ({ seq: seq++, at, type: "recovered", subject, message: "well" }) as SupervisorEvent;
  const id = "web/0: memory above 512 MiB";
  const check = {
    ...{ id, subject: "web/0", check: "memory above 512 MiB", for: "1 of 1", actions: ["alert"], bad: 1, samples: 1 },
    ...{ state: "firing" as const, values: ["1"], firingSince: NOW - HOUR, heldBy: null, lastAction: null },
  } as const;
  const events = [
    problem(SINCE - 2 * HOUR, "journal"),
    recovered(SINCE - HOUR, "journal"),
    problem(SINCE + HOUR, id),
    problem(SINCE + HOUR + 10, id),
    recovered(SINCE + 2 * HOUR, id),
    problem(NOW - HOUR, id),
    problem(NOW - 2 * HOUR, "db/0: log"),
  ];
  const { checks, others } = troublesOf(events, { checks: [check], lasting: [], since: SINCE, now: NOW });
  assert.deepEqual(
    checks.map(({ times, lasted, now }) => [times, lasted, now]),
    [[2, 2 * HOUR, true]],
  );
  assert.deepEqual(
    others.map(({ subject, lasted, now }) => [subject, lasted, now]),
    [["db/0: log", null, false]],
  );
});

/** A day with a name that is an attack in every place that shows one. */
function evilFacts(): Facts {
  const events = [
    { seq: 1, at: NOW - 2 * HOUR, type: "supervisor", what: "started", detail: "" },
    state(NOW - HOUR, `${EVIL}/0`, "running", "backoff", `${EVIL} | [x](javascript:alert(1)) https://evil.example www.evil.example`),
    state(NOW - HOUR + 1, `${EVIL}/0`, "backoff", "starting", "the back-off is over"),
    { seq: 4, at: NOW - HOUR, type: "problem", subject: EVIL, message: `${EVIL}\n## not a heading\n| a | b |` },
  ] as readonly SupervisorEvent[];
  const at = [0, 1, 2].map((index) => NOW - 60_000 + index * 5000);
  const figures = { cpu: [0.5, 0.5, 0.5], memory: [1, 2, 3], readRate: [1000, 1000, 1000], writeRate: [0, 0, null] };
  return {
    ...{ host: EVIL, since: SINCE, now: NOW, services: [], events },
    supervisor: {
      ...{
        version: "1.2.3",
        pid: 1,
        startedAt: NOW - 2 * HOUR,
        init: { pid: 2, supervisors: 1 },
        mode: "daemon",
        services: 0,
        instances: 0,
      },
      ...{ running: 0, memory: 1, degraded: [EVIL], directories: { run: "/r", state: "/s", log: "/l", config: "/c" } },
    },
    sample: {
      ...SAMPLE,
      directories: [{ path: EVIL, size: 1, files: 1, growth: 1, countedAt: 1 }],
      instances: SAMPLE.instances.map((one) => ({ ...one, name: `${EVIL}/0`, logSize: 5 })),
      fileSystems: SAMPLE.fileSystems.map((one) => ({
        ...one,
        path: EVIL,
        forecast: { rate: 1000, fullAt: NOW + HOUR, confidence: "high" as const },
        deletedButOpen: [{ instance: `${EVIL}/0`, pid: 1, path: EVIL, size: 10 }],
      })),
    },
    recent: [
      { name: `${EVIL}/0`, at, values: figures },
      { name: "host", at, values: { cpu: [1, 1, 1], memoryUsed: [1, 2, 3] } },
      { name: `disk:${EVIL}`, at, values: { used: [1, 2, 3] } },
    ],
    past: { found: false, stretches: [], problem: EVIL },
    checks: { checks: [], mistakes: [EVIL] },
    alerts: {
      routes: [{ ...{ name: EVIL, kind: "exec", sent: 0, lastSentAt: null, lastError: EVIL, waiting: [], nextAt: null, dropped: 1 } }],
      recent: [{ at: NOW - HOUR, kind: "failing", subject: EVIL, title: EVIL, message: EVIL, count: 2 }],
    },
  };
}

test("a name that is an attack stays text in HTML, which asks nobody for anything and runs nothing", () => {
  const { report, drawn } = reportOf(evilFacts());
  const html = htmlOf(documentOf(report, drawn));
  assert.ok(html.split("&lt;img src=x onerror=&quot;alert(1)&quot;&gt;").length > 12, "it is there, as text");
  const tags = new Set([...html.matchAll(/<([a-z!][a-z0-9]*)/gi)].map(([, tag = ""]) => tag.toLowerCase()));
  const allowed =
    "!doctype html head meta title style body main h1 h2 p ul li div table thead tbody tr th td figure figcaption svg polyline";
  assert.deepEqual(
    [...tags].filter((tag) => !allowed.split(" ").includes(tag)),
    [],
  );
  const attributes = [...html.matchAll(/<[a-z][^>]*>/gi)].flatMap(([tag]) =>
    [...tag.replaceAll(/"[^"]*"/g, "").matchAll(/\s([a-z-]+)=/gi)].map(([, name]) => name),
  );
  assert.ok(attributes.length > 0 && attributes.every((name) => !/^(?:on|href$|src$|style$|action$)/i.test(name ?? "")));
  assert.doesNotMatch(html.replaceAll(/<td>.*?<\/td>/g, ""), /url\(|@import|https?:\/\//);
  assert.match(html, /prefers-color-scheme: dark/);
  assert.match(html, /default-src 'none'/);
});

test("and in Markdown it is neither HTML, nor a link, nor another cell or heading", () => {
  const markdown = markdownOf(documentOf(reportOf(evilFacts()).report));
  assert.doesNotMatch(markdown, /<[a-z!/]/i);
  assert.doesNotMatch(markdown, /https?:\/\/|(?<!\\)\]\(|www\./);
  assert.deepEqual(
    markdown.split("\n").filter((line) => line.startsWith("#") && !/^#{1,2} (?:daemonitor|[A-Z])/.test(line)),
    [],
  );
  for (const table of markdown
    .trimEnd()
    .split("\n\n")
    .filter((block) => block.startsWith("|"))) {
    const widths = new Set(table.split("\n").map((line) => line.split(/(?<!\\)\|/).length));
    assert.equal(widths.size, 1, table);
  }
});

test("what can't be known is said: a young supervisor, no history, a quiet page", () => {
  const { report } = reportOf(evilFacts());
  const notes = report.known.notes.join("\n");
  assert.match(notes, /The supervisor began at .*: of what was before, nothing is known\./);
  assert.match(notes, /are known since .*; the supervisor keeps an hour\./);
  assert.match(notes, /The history of the dashboard can't be read/);
  assert.match(notes, /Alerts are known since/);
  assert.equal(
    report.disks.fileSystems[0]?.growth?.bytes,
    report.disks.fileSystems[0]?.used === undefined ? 0 : report.disks.fileSystems[0].used - 1,
  );
  const { report: quiet } = reportOf({ ...evilFacts(), events: evilFacts().events.slice(0, 1), recent: [] });
  const text = markdownOf(documentOf(quiet));
  assert.match(text, /Nothing was started again since /);
  assert.match(text, /No check failed since /);
  assert.match(text, /Nothing was measured yet/);
});

test("a real day: restarts, consumers, disks and failed checks are on the page, in each format; the history of a dashboard is in it", async (t) => {
  const s = await supervised(t);
  const burn = "while :; do :; done & exec sleep 1000";
  const evil = "<img src=x onerror=alert(1)>";
  await s.apply(
    {
      [evil]: { command: ["sleep", "1000"] },
      busy: { command: ["sh", "-c", burn], checks: [doing({ metric: "processes", above: 0 }, "alert")] },
      brief: { command: ["sh", "-c", "sleep 0.3; exit 3"], restart: { limit: 1, backoff: { initial: "10ms" } } },
    },
    { wait: 0 },
  );
  await until("it to be given up", async () => (await s.status("brief/0")).state === "failed", { timeout: 60_000 });
  const firing = async () => (await s.client.checks()).checks.some(({ state: one }) => one === "firing");
  await until("the check to fire", firing, { timeout: 60_000 });

  const before = await until(
    "its processor time to be known",
    async () => {
      const report = JSON.parse((await s.command(["report", "--json"])).stdout);
      const busy = report.consumers.find(({ instance }: { instance: string }) => instance === "busy/0");
      return busy?.cpu?.seconds > 0.5 && report;
    },
    { timeout: 60_000 },
  );
  assert.equal(before.version, 1);
  assert.equal(before.disks.fileSystems[0].growth, null);
  assert.match(before.known.notes.join(" "), /There is no history of a dashboard/);
  assert.deepEqual(
    before.restarts.map(({ instance, times }: { instance: string; times: number }) => [instance, times]),
    [["brief/0", 1]],
  );
  assert.match(before.restarts[0].givenUp[0].reason, /exit status 3/);
  assert.deepEqual(
    before.checks.map(({ subject, now }: { subject: string; now: boolean }) => [subject, now]),
    [["busy/0: processes above 0", true]],
  );
  assert.equal(before.alerts.routes, 0);

  const [disk] = (await s.client.sample()).fileSystems;
  assert.ok(disk);
  fillHistory(join(s.home.state, "dashboard"), disk.path, disk.size - disk.available - 5_000_000);
  const page = join(s.dir, "report.html");
  const written = await s.command(["report", "--output", page]);
  assert.deepEqual([written.code, written.stdout, written.stderr], [0, "", ""]);
  const html = readFileSync(page, "utf8");
  assert.match(html, /^<!doctype html>/);
  assert.ok(html.includes("&lt;img src=x onerror=alert(1)&gt;/0") && !html.includes("<img"));
  assert.match(html, /gone\/0/, "an instance that only the history knows");
  assert.match(html, /<polyline points="/);
  assert.doesNotMatch(html, /There is no history/);

  const markdown = await s.command(["report", "--format", "markdown", "--since", "12h"]);
  assert.match(markdown.stdout, /^# daemonitor: /);
  assert.match(markdown.stdout, /^\| brief\/0 \| 1 \|/m);
  const json = JSON.parse((await s.command(["report", "--json"])).stdout);
  const grown = json.disks.fileSystems.find(({ path }: { path: string }) => path === disk.path).growth;
  assert.ok(Math.abs(grown.since - (Date.now() - 20 * HOUR)) < HOUR / 2, new Date(grown.since).toISOString());
  assert.ok(json.consumers.every(({ instance }: { instance: string }) => !instance.startsWith("directory:")));
  assert.equal(json.consumers.find(({ instance }: { instance: string }) => instance === "gone/0").memory.mean, 1000);
});

/** As a dashboard writes it, which was killed in the middle: rows in all tiers, and a write-ahead log that was left behind. */
function fillHistory(directory: string, path: string, used: number): void {
  const history = History.open(directory);
  const [, medium] = TIERS;
  const first = Math.floor((Date.now() - 20 * HOUR) / medium.step);
  history.fill(medium, first, 60, () => [
    rowOf("gone/0", { cpu: 0.25, memory: 1000, threads: 1, descriptors: 3, readRate: 10, writeRate: 20 }),
    rowOf("host", { cpu: 1, memoryUsed: 1_000_000, load: 1 }),
    rowOf(`disk:${path}`, { used, inodesUsed: 5 }),
    rowOf("directory:/srv/7", { size: 5, files: 1 }),
  ]);
  history.close();
}

test("a history that is damaged, or newer, is told and left as it is; the report is made all the same", async (t) => {
  const s = await supervised(t);
  const directory = join(s.dir, "past");
  mkdirSync(directory);
  const file = join(directory, "history.sqlite");
  writeFileSync(file, "this is no database, whatever it is called".repeat(100));
  const damaged = await s.command(["report", "--format", "markdown", "--history", directory]);
  assert.equal(damaged.code, 0, damaged.stderr);
  assert.match(damaged.stdout, /The history of the dashboard can't be read: file is not a database/);
  assert.match(readFileSync(file, "utf8"), /^this is no database/);
  const newer = join(s.dir, "newer");
  History.open(newer).close();
  const database = new DatabaseSync(join(newer, "history.sqlite"));
  database.exec("PRAGMA user_version = 99");
  database.close();
  const told = JSON.parse((await s.command(["report", "--json", "--history", newer])).stdout);
  assert.match(told.known.notes.join(" "), /written by a newer daemonitor/);
});

test("what it is asked with is checked, and a file that can't be written is an error that names it", async (t) => {
  const s = await supervised(t);
  const refused = async (args: readonly string[]) => {
    const { code, stderr } = await s.command(["report", ...args]);
    return `${code}: ${stderr.trim()}`;
  };
  assert.match(await refused(["--format", "pdf"]), /^64: .*--format: "pdf" is not html or markdown/);
  assert.match(await refused(["--since", "90d"]), /^64: .*--since: give a time from 1min to 31d/);
  assert.match(await refused(["--since", "soon"]), /^64: .*--since/);
  assert.match(await refused(["--output", join(s.dir, "missing/report.html")]), /^7\d: daemonitor: write .*missing\/report.html: .*ENOENT/);
  // Links and devices are written through, never replaced.
  const link = join(s.dir, "link.md");
  symlinkSync(join(s.dir, "target.md"), link);
  assert.equal((await s.command(["report", "-o", link])).code, 0);
  assert.match(readFileSync(join(s.dir, "target.md"), "utf8"), /^# daemonitor/);
  assert.ok(existsSync(link));
});

test("without a supervisor there is nothing to report", async (t) => {
  const { dir } = track(t);
  const { cli } = await import("../support/run.ts");
  const { code, stderr } = await cli(["report"], { env: { DAEMONITOR_HOME: dir() } });
  assert.equal(code, 69);
  assert.match(stderr, /no supervisor/);
});
