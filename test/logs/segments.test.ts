import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { budgetOf, chooseRemovals, type Limits, roomIn } from "../../src/logs/budget.ts";
import { IndexWriter } from "../../src/logs/indexWriter.ts";
import { recoveryOf } from "../../src/logs/recover.ts";
import { archiveName, parseSegment } from "../../src/logs/segmentNames.ts";
import { Segments } from "../../src/logs/segments.ts";
import type { Archive } from "../../src/logs/streamFiles.ts";
import { track } from "../support/cleanup.ts";

const TIME = Date.UTC(2026, 10, 22, 14, 0, 0, 123);

test("names of segments: what is written is read again, and nothing else is taken for one", () => {
  assert.equal(archiveName("0", TIME), "0.20261122T140000123Z.log");
  assert.deepEqual(parseSegment("0.20261122T140000123Z.log"), { stream: "0", time: TIME, form: "plain" });
  assert.deepEqual(parseSegment("12.error.20261122T140000123Z.log.gz"), { stream: "12.error", time: TIME, form: "gz" });
  assert.deepEqual(parseSegment("0.20261122T140000123Z.log.index"), { stream: "0", time: TIME, form: "index" });
  assert.deepEqual(parseSegment(".0.20261122T140000123Z.log.zst.partial"), { stream: "0", time: TIME, form: "partial" });
  for (const name of [
    "0.log",
    "0.log.index",
    ".0.log.next",
    "0.20261122T140000123Z.log.bz2",
    "0.20261122T140000123Z.log.zst.partial",
    ".0.20261122T140000123Z.log.zst",
    "0.20261332T140000123Z.log",
    "0.20261122T250000123Z.log",
    "0.20261122T140000Z.log",
    "web.20261122T140000123Z.log",
    "0.20261122T140000123Z.log~",
  ]) {
    assert.equal(parseSegment(name), undefined, name);
  }
});

const UNLIMITED: Limits = { maxSize: null, maxFiles: null, maxTotal: null, maxAge: null };

function archives(...sizes: readonly number[]): Archive[] {
  return sizes.map((size, index) => ({ time: index + 1, size, forms: { plain: size }, files: [] }));
}

test("the budget: what is granted and what is there never come to more than it and a segment", () => {
  const limits = { ...UNLIMITED, maxSize: 100, maxTotal: 1000 };
  const budget = budgetOf(limits, 1);
  assert.deepEqual(budget, { segment: 100, longest: 500, total: 1000, margin: 12 });
  assert.equal(roomIn(budget, { total: 900, current: 0 }, 50), 1100 - 900 - 50 - 12);
  assert.equal(roomIn(budget, { total: 5000, current: 0 }, 0), 0);
  // One segment alone doesn't take all of it.
  assert.equal(roomIn(budget, { total: 450, current: 450 }, 0), 50);
  assert.equal(roomIn(budgetOf(UNLIMITED, 1), { total: 5000, current: 0 }, 0), null);
  assert.deepEqual(budgetOf({ ...limits, maxSize: null }, 2), { segment: 250, longest: 500, total: 500, margin: 31 });
  assert.deepEqual(budgetOf({ ...limits, maxTotal: 150 }, 2), { segment: 75, longest: 150, total: 75, margin: 9 });
});

test("removed are those that are too many, too old, or more than the budget, oldest first", () => {
  const removed = (list: Archive[], limits: Partial<Limits>, { current = 0, reserved = 0, now = 10 } = {}) => {
    const all = { ...UNLIMITED, ...limits };
    const total = list.reduce((sum, { size }) => sum + size, current);
    return chooseRemovals({ archives: list, current, total }, all, budgetOf(all, 1), reserved, now).map(({ time }) => time);
  };
  assert.deepEqual(removed(archives(9, 9, 9), {}), []);
  assert.deepEqual(removed(archives(9, 9, 9), { maxFiles: 1 }), [1, 2]);
  assert.deepEqual(removed(archives(9, 9, 9), { maxFiles: 0 }), [1, 2, 3]);
  assert.deepEqual(removed(archives(9, 9, 9), { maxAge: 7 }), [1, 2]);
  // A segment is kept free, but the newest is not given up for it.
  assert.deepEqual(removed(archives(10, 10, 10), { maxSize: 10, maxTotal: 40 }), []);
  assert.deepEqual(removed(archives(10, 10, 10), { maxSize: 10, maxTotal: 35 }), [1]);
  assert.deepEqual(removed(archives(10, 10, 10), { maxSize: 10, maxTotal: 40 }, { reserved: 10 }), [1]);
  assert.deepEqual(removed(archives(10), { maxSize: 10, maxTotal: 15 }), []);
  // Nor for its own compressed form.
  assert.deepEqual(removed(archives(10), { maxSize: 10, maxTotal: 15 }, { reserved: 10 }), []);
  assert.deepEqual(removed(archives(5, 10), { maxSize: 10, maxTotal: 25 }, { reserved: 10 }), [1]);
  assert.deepEqual(removed(archives(10), { maxSize: 10, maxTotal: 15 }, { current: 10 }), [1]);
});

test("a rotation that was cut short: what is done about it, at each point", () => {
  const next = (size: number) => ({ inode: 2, size });
  const cases: [Parameters<typeof recoveryOf>[0], ReturnType<typeof recoveryOf>][] = [
    [{ current: 1, next: null, init: null }, "nothing"],
    [{ current: null, next: null, init: null }, "nothing"],
    [{ current: 1, next: null, init: { inode: 1, next: 0 } }, "nothing"],
    // Made, and init never heard of it.
    [{ current: 1, next: next(0), init: { inode: 1, next: 0 } }, "forget"],
    [{ current: 1, next: next(0), init: null }, "forget"],
    // Init waits for a line end.
    [{ current: 1, next: next(0), init: { inode: 1, next: 2 } }, "await"],
    [{ current: 1, next: next(0), init: { inode: 1, next: 3 } }, "forget"],
    // It writes there.
    [{ current: 1, next: next(0), init: { inode: 2, next: 0 } }, "finish"],
    [{ current: 1, next: next(9), init: { inode: 2, next: 0 } }, "finish"],
    [{ current: 1, next: next(9), init: null }, "finish"],
    // Between the two names.
    [{ current: null, next: next(0), init: { inode: 2, next: 0 } }, "finish"],
    [{ current: null, next: next(0), init: null }, "finish"],
  ];
  for (const [found, recovery] of cases) assert.equal(recoveryOf(found), recovery, JSON.stringify(found));
});

test("on the disk as well: after each step that can be the last, every byte has a name again", (t) => {
  const tracked = track(t);
  const at = (names: Readonly<Record<string, string>>) => {
    const dir = join(tracked.dir(), "web");
    mkdirSync(dir);
    for (const [name, text] of Object.entries(names)) writeFileSync(join(dir, name), text);
    return dir;
  };
  const texts = (dir: string) =>
    readdirSync(dir)
      .filter((name) => !name.endsWith(".index"))
      .sort()
      .map((name) => readFileSync(join(dir, name), "utf8"));
  const old = "0.20261122T140000123Z.log";
  const states: [Record<string, string>, string[]][] = [
    [{ [old]: "a\n", "0.log": "b\n", ".0.log.next": "" }, ["a\n", "b\n"]],
    [{ [old]: "a\n", "0.log": "b\n", ".0.log.next": "c\n" }, ["a\n", "b\n", "c\n"]],
    [{ [old]: "a\n", ".0.log.next": "c\n" }, ["a\n", "c\n"]],
    [{ [old]: "a\n", ".0.log.next": "" }, ["a\n", ""]],
    [{ [old]: "a\n", "0.log": "", ".0.log.next": "c\n" }, ["a\n", "c\n"]],
  ];
  for (const [names, expected] of states) {
    const dir = at(names);
    const segments = new Segments(dir, "0");
    segments.recover(null);
    assert.deepEqual(texts(dir), expected, JSON.stringify(names));
    assert.ok(existsSync(segments.path) && !existsSync(segments.nextPath));
    assert.equal(new Segments(dir, "0").recover(null).recovery, "nothing");
  }
});

test("names follow the order of the segments, whatever the clock does", (t) => {
  const dir = track(t).dir();
  const segments = new Segments(dir, "0");
  segments.recover(null);
  for (const [text, time] of [
    ["a", TIME],
    ["b", TIME],
    ["c", TIME - 3_600_000],
  ] as const) {
    writeFileSync(segments.path, text);
    writeFileSync(segments.nextPath, "");
    segments.putAside(time);
  }
  const names = readdirSync(dir)
    .sort()
    .filter((name) => name !== "0.log");
  assert.deepEqual(
    names.map((name) => [parseSegment(name)?.time, readFileSync(join(dir, name), "utf8")]),
    [
      [TIME, "a"],
      [TIME + 1, "b"],
      [TIME + 2, "c"],
    ],
  );
});

test("the index: times never go back, what is damaged at its end is written over, and it goes with its segment", (t) => {
  const dir = track(t).dir();
  const path = join(dir, "0.log.index");
  const read = (file: string) => {
    const bytes = readFileSync(file);
    assert.equal(bytes.length % 16, 0);
    return Array.from({ length: bytes.length / 16 }, (_, index) => [
      Number(bytes.readBigUInt64LE(index * 16)),
      Number(bytes.readBigUInt64LE(index * 16 + 8)),
    ]);
  };
  const index = new IndexWriter(path);
  assert.deepEqual(index.last, { time: 0, offset: 0 });
  index.append([{ time: 1000, offset: 10 }], 0o600);
  index.append(
    [
      { time: 900, offset: 20 },
      { time: 900, offset: 20 },
    ],
    0o600,
  );
  assert.deepEqual(read(path), [
    [1000, 10],
    [1000, 20],
  ]);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  writeFileSync(path, "half", { flag: "a" });
  const again = new IndexWriter(path);
  assert.deepEqual(again.last, { time: 1000, offset: 20 });
  again.append([{ time: 2000, offset: 30 }], 0o600);
  assert.deepEqual(read(path), [
    [1000, 10],
    [1000, 20],
    [2000, 30],
  ]);
  again.moveTo(join(dir, "old.index"));
  again.append([{ time: 3000, offset: 5 }], 0o600);
  assert.deepEqual([read(join(dir, "old.index")).length, read(path)], [3, [[3000, 5]]]);
  again.clear();
  again.append([{ time: 2500, offset: 1 }], 0o600);
  assert.deepEqual(read(path), [[3000, 1]]);
});

test("what pruning leaves is known without another look; without limits nobody looks at all", (t) => {
  const dir = track(t).dir();
  const times = [0, 1, 2, 3].map((number) => TIME + number);
  for (const time of times)
    for (const [end, size] of [
      ["", 10],
      [".index", 4],
    ] as const)
      writeFileSync(join(dir, `${archiveName("0", time)}${end}`), "x".repeat(size));
  writeFileSync(join(dir, "0.log"), "x".repeat(7));
  const segments = new Segments(dir, "0");
  const prune = (limits: Partial<Limits>) => {
    const all = { ...UNLIMITED, ...limits };
    return segments.prune(all, budgetOf(all, 1), 0);
  };
  assert.equal(prune({}), undefined);
  assert.deepEqual(prune({ maxTotal: 1000 }), segments.read());
  assert.equal(segments.read().archives.length, 4);
  const left = prune({ maxFiles: 2 });
  assert.deepEqual(left, segments.read());
  assert.deepEqual([left?.total, left?.current, left?.archives.map(({ time }) => time)], [2 * 14 + 7, 7, times.slice(2)]);
  assert.equal(segments.oldest, times[2]);
  assert.deepEqual(prune({ maxAge: 1 }), segments.read());
  assert.equal(segments.oldest, Number.POSITIVE_INFINITY);
});
