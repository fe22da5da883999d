import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, lstatSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { TIMERS } from "../../src/supervisor/events.ts";
import type { Instance } from "../../src/supervisor/instance.ts";
import { Journal } from "../../src/supervisor/state/journal.ts";
import { bootId } from "../../src/supervisor/tree/identity.ts";
import { track } from "../support/cleanup.ts";
import { IDENTITY, instanceOf, refusalOf, reporter, running } from "./stateFixture.ts";

const open = (path: string, more: { bootId?: string; compactFrom?: number } = {}) => {
  const { report, reports } = reporter();
  return { journal: Journal.open(path, { bootId: "boot-1", report, ...more }), reports };
};

test("the last record of an instance wins, and notes of processes are kept until they are gone", (t) => {
  const path = join(track(t).dir(), "journal");
  const { journal } = open(path);
  for (let attempt = 1; attempt <= 3; attempt++) {
    journal.put(instanceOf("web/0", { attempt }));
    journal.spawning("web/0", attempt, "process");
    if (attempt < 3) journal.spawned("web/0", attempt, "process", { ...IDENTITY, pid: attempt });
  }
  journal.spawning("web/0", 3, "afterExit");
  journal.gone("web/0", 1);
  journal.put(running("db/0", 5));
  journal.put(instanceOf("old/0"));
  journal.forget("old/0");
  journal.close();
  assert.equal(lstatSync(path).mode & 0o7777, 0o600);
  const { journal: again, reports } = open(path);
  assert.deepEqual([...again.entries.keys()], ["web/0", "db/0"]);
  const web = again.entries.get("web/0");
  assert.equal(web?.instance?.attempt, 3);
  assert.deepEqual(web?.spawns, [
    { attempt: 2, what: "process", identity: { ...IDENTITY, pid: 2 } },
    { attempt: 3, what: "process", identity: null },
    { attempt: 3, what: "afterExit", identity: null },
  ]);
  assert.deepEqual(again.entries.get("db/0")?.instance, running("db/0", 5));
  again.gone("web/0", "all");
  again.close();
  const { journal: last } = open(path);
  assert.deepEqual(last.entries.get("web/0")?.spawns, []);
  last.close();
  assert.deepEqual(reports, []);
});

test("an instance with everything that it can hold comes back the same", (t) => {
  const path = join(track(t).dir(), "journal");
  const slot = { attempt: 8, identity: IDENTITY, readyAt: 1.5, launcher: 12, adopted: true } as const;
  const full: Instance = {
    ...running("web/0", 9),
    state: "stopping",
    other: { ...slot, role: "retiring", kills: 2 },
    hook: { name: "afterExit", attempt: 8 },
    ending: {
      // biome-ignore lint/suspicious/noThenProperty: the machine's word
      then: "policy",
      cause: { what: "exit status 3", success: false, temporary: false, uptime: null },
      kills: 1,
      remains: true,
      ran: true,
      cleaned: false,
    },
    waitsFor: "schedule",
    record: { failures: 3, temporary: 1, ends: [1, 2.5], calmSince: 4 },
    lastExit: { attempt: 7, pid: 3, status: { signal: "SIGKILL" }, wall: 1, usage: { userMs: 1, systemMs: 2, maxRssBytes: 3 } },
    timers: Object.fromEntries(TIMERS.map((name) => [name, { at: 1, after: 2 }])),
    history: [{ wall: 1, from: "running", to: "stopping", reason: "line\nend \ud800 ü" }],
  };
  const { journal } = open(path);
  journal.put(full);
  journal.close();
  const { journal: again, reports } = open(path);
  assert.deepEqual(again.entries.get("web/0")?.instance, full);
  assert.deepEqual(reports, []);
  again.close();
});

test("after a reboot the instance and its counters are there, its processes are not", (t) => {
  const path = join(track(t).dir(), "journal");
  const { journal } = open(path);
  journal.put(running("web/0", 1));
  journal.spawned("web/0", 1, "process", IDENTITY);
  journal.close();
  const { journal: rebooted } = open(path, { bootId: "boot-2" });
  const entry = rebooted.entries.get("web/0");
  assert.deepEqual([entry?.boot, entry?.spawns, entry?.instance?.restarts], ["boot-1", [], 7]);
  rebooted.spawning("web/0", 2, "process");
  rebooted.close();
  const { journal: last } = open(path, { bootId: "boot-2" });
  assert.deepEqual(last.entries.get("web/0")?.boot, "boot-2");
  assert.deepEqual(last.entries.get("web/0")?.spawns, [{ attempt: 2, what: "process", identity: null }]);
  last.close();
  assert.match(bootId(), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
});

test("wherever the last line is cut, all before it is read without a word, and what is appended then is whole", (t) => {
  const path = join(track(t).dir(), "journal");
  const { journal } = open(path);
  journal.put(running("web/0", 1));
  const first = lstatSync(path).size;
  journal.put(running("web/0", 2));
  journal.close();
  const bytes = readFileSync(path);
  for (let length = first; length < bytes.length; length += 7) {
    writeFileSync(path, bytes.subarray(0, length));
    const { journal: cut, reports } = open(path);
    assert.equal(cut.entries.get("web/0")?.instance?.attempt, 1);
    cut.put(running("db/0", 1));
    cut.close();
    const { journal: again, reports: more } = open(path);
    assert.deepEqual([[...again.entries.keys()], reports, more], [["web/0", "db/0"], [], []]);
    again.close();
  }
});

test("other damage costs the lines that it hit, is reported, and the file is kept", (t) => {
  const dir = track(t).dir();
  const path = join(dir, "journal");
  const lines = [
    "garbage",
    "",
    '{"is":"instance","boot":"boot-1","name":"x","instance":{"name":"x"}}',
    '{"is":"constructor"}',
    "\0\0\0\0",
    "[]",
  ];
  const { journal } = open(path);
  journal.put(running("web/0", 1));
  appendFileSync(path, `${lines.join("\n")}\n`);
  journal.put(running("db/0", 1));
  journal.close();
  const damaged = readFileSync(path);
  const { journal: again, reports } = open(path);
  assert.deepEqual([...again.entries.keys()], ["web/0", "db/0"]);
  const [told] = reports;
  assert.ok(told?.kind === "damaged" && told.keptAs !== null);
  assert.deepEqual(told.faults, [
    "line 2: is no JSON",
    "line 4: record.instance.state: is missing",
    "line 5: is no record that this version knows",
    "line 6: is no JSON",
    "line 7: is no record that this version knows",
  ]);
  assert.deepEqual(readFileSync(told.keptAs), damaged);
  again.put(running("new/0", 1));
  again.close();
  const { journal: last, reports: more } = open(path);
  assert.deepEqual([[...last.entries.keys()], more], [["web/0", "db/0", "new/0"], []]);
  last.close();
  assert.equal(readdirSync(dir).length, 2);
});

test("it stays within a few times of what it says, and nothing is lost by writing it anew", (t) => {
  const dir = track(t).dir();
  const path = join(dir, "journal");
  const { journal, reports } = open(path, { compactFrom: 4096 });
  let largest = 0;
  for (let attempt = 1; attempt <= 500; attempt++) {
    for (const name of ["web/0", "web/1", "db/0"]) journal.put(running(name, attempt));
    journal.spawned("web/0", attempt, "process", { ...IDENTITY, pid: attempt });
    if (attempt % 10 === 0) journal.gone("web/0", "all");
    largest = Math.max(largest, lstatSync(path).size);
  }
  journal.spawning("web/0", 501, "process");
  journal.close();
  assert.ok(largest < 16_384, `${largest} bytes`);
  assert.deepEqual(readdirSync(dir), ["journal"]);
  const { journal: again, reports: more } = open(path);
  assert.deepEqual(
    [...again.entries.values()].map((entry) => entry.instance),
    ["web/0", "web/1", "db/0"].map((name) => running(name, 500)),
  );
  assert.deepEqual(again.entries.get("web/0")?.spawns, [{ attempt: 501, what: "process", identity: null }]);
  again.close();
  assert.deepEqual([reports, more], [[], []]);
});

test("each record is one write(2)", {
  skip: process.getBuiltinModule("node:fs").existsSync("/usr/bin/strace") ? false : "needs strace",
}, (t) => {
  const path = join(track(t).dir(), "journal");
  const script = `
    import { Journal } from ${JSON.stringify(join(import.meta.dirname, "../../src/supervisor/state/journal.ts"))};
    const journal = Journal.open(${JSON.stringify(path)}, { bootId: "b", report: () => {} });
    for (let attempt = 0; attempt < 20; attempt++) journal.spawning("web/0", attempt, "process");
  `;
  const argv = ["-f", "-y", "-e", "trace=write,pwrite64,writev", process.execPath, "--input-type=module", "-e", script];
  const trace = execFileSync("sh", ["-c", 'strace "$@" 2>&1', "sh", ...argv], { encoding: "utf8", timeout: 20_000 });
  assert.equal(trace.split("\n").filter((line) => line.includes(`<${path}>`)).length, 20);
});

test("a link, a FIFO or a file that others can write to is refused in its place", (t) => {
  const dir = track(t).dir();
  const path = join(dir, "journal");
  symlinkSync(join(dir, "elsewhere"), path);
  assert.match(refusalOf(() => open(path)).message, /^journal .*: is a symbolic link, not a regular file; /);
  rmSync(path);
  execFileSync("mkfifo", [path]);
  assert.match(refusalOf(() => open(path)).message, /is a FIFO/);
  rmSync(path);
  writeFileSync(path, "");
  process.getBuiltinModule("node:fs").chmodSync(path, 0o620);
  assert.match(refusalOf(() => open(path)).message, /is writable by others/);
  truncateSync(path);
  assert.deepEqual(readdirSync(dir), ["journal"]);
});
