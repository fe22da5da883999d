import assert from "node:assert/strict";
import { once } from "node:events";
import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { SupervisorEvent } from "../../src/supervisor/control.ts";
import { EventLog, type EventLogOptions } from "../../src/supervisor/eventLog.ts";
import { reporter } from "../supervisor/stateFixture.ts";
import { track } from "../support/cleanup.ts";
import { needsAll, needsProgram, needsRoot } from "../support/needs.ts";
import { node24, run, start } from "../support/run.ts";

function opened(t: TestContext) {
  const { dir, defer } = track(t);
  const path = join(dir(), "events");
  const { report, reports } = reporter();
  const open = (options: Partial<EventLogOptions> = {}) => {
    const log = EventLog.open(path, { report, ...options });
    defer(() => log.close());
    return log;
  };
  return { path, open, reports, defer };
}

function happen(log: EventLog, count: number, message = "m"): void {
  for (let index = 0; index < count; index++) log.append({ type: "problem", subject: "s", message });
}

function upTo(last: number, first = 1): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function numbers(events: readonly SupervisorEvent[]): number[] {
  return events.map(({ seq }) => seq);
}

test("events are numbered, timed, told and kept", (t) => {
  const { path, open } = opened(t);
  let now = 1000;
  const log = open({ now: () => now++ });
  assert.equal(log.latest, 0);
  assert.deepEqual(log.after(0), []);
  const seen: SupervisorEvent[] = [];
  const end = log.subscribe((event) => seen.push(event));
  const first = log.append({ type: "supervisor", what: "started", detail: "" });
  assert.deepEqual(first, { seq: 1, at: 1000, type: "supervisor", what: "started", detail: "" });
  happen(log, 1);
  end();
  happen(log, 1);
  assert.deepEqual(numbers(seen), [1, 2]);
  assert.equal(log.latest, 3);
  assert.deepEqual(numbers(log.after(1)), [2, 3]);
  assert.deepEqual(log.after(3), []);
  assert.deepEqual(log.after(99), []);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(readFileSync(path, "utf8").split("\n").length, 4);
});

test("a new supervisor goes on where the last one ended, and knows what was", (t) => {
  const { open } = opened(t);
  const before = open();
  happen(before, 5000);
  const log = open();
  assert.equal(log.latest, 5000);
  happen(log, 1);
  assert.deepEqual(numbers(log.after(0)), upTo(5001));
  assert.deepEqual(numbers(log.after(4999)), [5000, 5001]);
  assert.deepEqual(before.after(4990), log.after(4990).slice(0, 10));
});

test("two files are kept, the numbers go on through them, and memory holds a bounded number", (t) => {
  const { path, open } = opened(t);
  const log = open({ rotateAt: 10_000, inMemory: 20 });
  happen(log, 1000, "x".repeat(100));
  assert.ok(statSync(path).size < 10_200 && statSync(`${path}.1`).size < 10_200);
  assert.ok(!existsSync(`${path}.2`));
  const kept = numbers(log.after(0));
  assert.ok(kept.length > 60 && kept.length < 200, `${kept.length}`);
  assert.deepEqual(kept, upTo(1000, 1001 - kept.length));
  for (const after of [980, 975, 950, 940]) assert.deepEqual(numbers(log.after(after)), upTo(1000, after + 1));
  assert.equal(open().latest, 1000);
});

test("killed between the two steps of a rotation, the numbers go on", (t) => {
  const { path, open } = opened(t);
  happen(open(), 10);
  renameSync(path, `${path}.1`);
  const log = open();
  assert.equal(log.latest, 10);
  happen(log, 1);
  assert.deepEqual(numbers(log.after(0)), upTo(11));
});

test("half a line is cut off, damaged lines are skipped but counted", (t) => {
  const { path, open } = opened(t);
  happen(open(), 3);
  truncateSync(path, statSync(path).size - 5);
  const shorter = open();
  assert.equal(shorter.latest, 2);
  happen(shorter, 1);
  assert.deepEqual(numbers(shorter.after(0)), [1, 2, 3]);
  appendFileSync(path, 'nonsense\n{"seq":"x"}\nnull\n{"seq":7,"at":1');
  const damaged = open();
  assert.equal(damaged.latest, 6);
  happen(damaged, 1);
  assert.deepEqual(numbers(open().after(0)), [1, 2, 3, 7]);
  writeFileSync(path, "x".repeat(10_000));
  assert.equal(open().latest, 0);
});

test("a last event that is longer than a block is found", (t) => {
  const { open } = opened(t);
  const log = open();
  happen(log, 2, "x".repeat(50_000));
  assert.equal(open().latest, 2);
  happen(log, 1);
  assert.equal(open().latest, 3);
});

test("a file that somebody else could have put there is refused", (t) => {
  const { path, open } = opened(t);
  symlinkSync("/etc/passwd", path);
  assert.throws(() => open(), { code: "ERR_STATE_FILE" });
});

test("events that a listener or a report adds are told after the one that led to them", (t) => {
  const { open } = opened(t);
  const log = open();
  const seen: number[] = [];
  log.subscribe(({ seq }) => {
    if (seq < 4) happen(log, 1);
  });
  log.subscribe(({ seq }) => seen.push(seq));
  happen(log, 1);
  assert.deepEqual(seen, [1, 2, 3, 4]);
});

test("where no new file can be begun, it says so and goes on", (t) => {
  const { path, open, reports } = opened(t);
  const log = open({ rotateAt: 5000 });
  // A directory can't be replaced by a file.
  const { mkdirSync } = process.getBuiltinModule("node:fs");
  mkdirSync(`${path}.1`);
  happen(log, 500, "x".repeat(100));
  assert.ok(statSync(path).size < 11_000);
  assert.deepEqual(
    reports.map(({ kind }) => kind),
    ["failing"],
  );
  assert.deepEqual(numbers(log.after(0)), upTo(500));
  rmSync(`${path}.1`, { recursive: true });
  happen(log, 1);
  assert.deepEqual(
    reports.map(({ kind }) => kind),
    ["failing", "recovered"],
  );
  assert.equal(open().latest, 501);
});

test("a subscription is its own, also of the same function", (t) => {
  const { open } = opened(t);
  const log = open();
  let count = 0;
  const listener = () => {
    count += 1;
  };
  const [one, other] = [log.subscribe(listener), log.subscribe(listener)];
  happen(log, 1);
  one();
  one();
  happen(log, 1);
  other();
  happen(log, 1);
  assert.equal(count, 3);
});

for (const part of [1, 2]) {
  test(`SIGKILL of a writer at any instant, 30 times (${part} of 2): no number is lost or given twice`, async (t) => {
    const tracked = track(t);
    const path = join(tracked.dir(), "events");
    let acknowledged = 0;
    for (let round = 1; round <= 30; round++) {
      const child = start(node24, [join(import.meta.dirname, "eventLogWriter.ts"), path], { stdio: ["ignore", "pipe", "inherit"] });
      tracked.killSession(child.pid ?? 0);
      let output = "";
      child.stdout?.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
      const closed = once(child, "close");
      while (!output.includes("appended") && child.exitCode === null) await Promise.race([once(child.stdout ?? child, "data"), closed]);
      await sleep(Math.random() * 30);
      child.kill("SIGKILL");
      await closed;
      assert.doesNotMatch(output, /report/);
      const [, opening] = /^opened (\d+)$/m.exec(output) ?? [];
      // What was appended but not acknowledged may be one.
      assert.ok(Number(opening) === acknowledged || Number(opening) === acknowledged + 1, `${opening} after ${acknowledged}`);
      const lines = output.split("\n").slice(1, -1);
      assert.deepEqual(
        lines.map((line) => Number(line.replace("appended ", ""))),
        upTo(Number(opening) + lines.length, Number(opening) + 1),
      );
      acknowledged = Number(opening) + lines.length;
      const log = EventLog.open(path, { report: () => assert.fail("damaged") });
      const kept = numbers(log.after(0));
      assert.deepEqual(kept, upTo(log.latest, log.latest - kept.length + 1));
      assert.ok(log.latest >= acknowledged && log.latest <= acknowledged + 1);
      log.close();
    }
  });
}

const skip = needsAll(needsRoot, needsProgram("unshare"), needsProgram("mount"));

test("on a full disk events go on in memory, and are written when there is room", { skip }, async (t) => {
  const dir = track(t).dir();
  const inside = 'mount -t tmpfs -o size=64k tmpfs "$1" && exec "$2" "$3" "$1"';
  const { stdout, stderr, code } = await run(
    "unshare",
    ["--mount", "sh", "-c", inside, "sh", dir, node24, join(import.meta.dirname, "eventLogDisk.ts")],
    { timeout: 60_000 },
  );
  assert.equal(code, 0, stderr);
  const seen = JSON.parse(stdout);
  assert.deepEqual(seen.kinds, ["failing", "recovered"]);
  assert.deepEqual(seen.told, upTo(122));
  assert.deepEqual(seen.whileFull, upTo(111));
  assert.ok(seen.inFileWhileFull.length < 60, `${seen.inFileWhileFull.length}`);
  assert.deepEqual(seen.inFile, upTo(122));
  assert.deepEqual([seen.latest, seen.next], [122, 123]);
});
