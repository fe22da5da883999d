import assert from "node:assert/strict";
import { test } from "node:test";
import { readDiskChecks } from "../../src/monitor/checksDisk.ts";
import { DiskLooks, fileSystemOf, isShort } from "../../src/monitor/checksDiskLook.ts";
import type { MonitorSample } from "../../src/monitor/sample.ts";
import { SAMPLE } from "../api/memoryMonitor.ts";
import { doing } from "../fixtures/checks/written.ts";

function found(entry: object, change: Partial<MonitorSample> = {}) {
  const { checks, mistakes } = readDiskChecks([{ path: "/var/lib", ...entry }]);
  assert.deepEqual(mistakes, []);
  return new DiskLooks().look(checks, { ...SAMPLE, ...change }).map(({ check: { text }, bad, value }) => [text, bad, value]);
}

const [root] = SAMPLE.fileSystems;
const file = { path: "/var/lib", exists: true, size: 10, modifiedAt: SAMPLE.at - 90_000, checksum: "a".repeat(64), matches: true };

const CASES: readonly (readonly [entry: object, change: Partial<MonitorSample>, expected: readonly unknown[]])[] = [
  [{ free: { below: "60%" } }, {}, ["free space below 60 %", true, "50 %"]],
  [{ free: { below: "40" } }, {}, ["free space below 40 B", false, "50 B"]],
  [{ inodes: { below: "10%" } }, {}, ["free inodes below 10 %", false, "50 %"]],
  [{ inodes: { below: 6 } }, {}, ["free inodes below 6", true, "5"]],
  [{ readOnly: true }, {}, ["read-only", false, "writable"]],
  [{ full: { within: "1min" } }, {}, ["full in less than 1 min", true, "full in 50 s"]],
  [{ size: { above: 6 } }, {}, ["size above 6 B", true, "7 B"]],
  [{ files: { above: 1 } }, {}, ["files above 1", false, "1"]],
  [{ growth: { above: "1MiB/min" } }, {}, ["growth above 17 KiB/s", null, null]],
  [{ age: { above: "1min" } }, { files: [file] }, ["age above 1 min", true, "1 min 30 s"]],
  [{ size: { below: 20 } }, { files: [file], directories: [] }, ["size below 20 B", true, "10 B"]],
  [{ content: "ERROR" }, { files: [file] }, ["content matches", true, "matches"]],
  [{ exists: true }, { files: [{ ...file, exists: false }] }, ["is missing", true, "is not there"]],
  [{ exists: false }, { files: [{ ...file, exists: false }] }, ["exists", false, "is not there"]],
  [{ exists: true }, { files: [{ ...file, exists: null }] }, ["is missing", null, null]],
  [{ checksum: "B".repeat(64) }, { files: [file] }, ["checksum other than bbbbbbbbbbbb", true, "aaaaaaaaaaaa"]],
];
for (const [entry, change, expected] of CASES) {
  test(`a disk check: ${JSON.stringify(entry)}`, () => assert.deepEqual(found(entry, change), [expected]));
}

test("each key of an entry is a check of its own, and a checksum that changes is bad once", () => {
  const { checks } = readDiskChecks([doing({ path: "/var/lib", checksum: true, exists: true, for: "2 of 3" }, "alert", { exec: "x y" })]);
  const looks = new DiskLooks();
  const sums = ["a", "a", "b", "b"].map((letter) => looks.look(checks, { ...SAMPLE, files: [{ ...file, checksum: letter.repeat(64) }] }));
  assert.deepEqual(
    sums.map((all) => all.map(({ bad }) => bad)),
    [
      [false, false],
      [false, false],
      [true, false],
      [false, false],
    ],
  );
  const { check } = sums[0]?.[0] ?? {};
  assert.deepEqual([check?.for, check?.actions], [{ times: 2, of: 3 }, ["alert", { exec: ["x", "y"] }]]);
});

test("two entries that ask the same are two checks", () => {
  const { checks } = readDiskChecks([{ path: "/", readOnly: true }, doing({ path: "/", readOnly: true }, { exec: "x" })]);
  const ids = new DiskLooks().look(checks, SAMPLE).map(({ check }) => check.id);
  assert.deepEqual(ids, ["/: read-only", "/: read-only #2"]);
});

test("a path is on the file system with the longest mount point", () => {
  assert.ok(root !== undefined);
  const all = [root, { ...root, path: "/var" }, { ...root, path: "/var/l" }];
  assert.deepEqual(
    ["/var/lib", "/var", "/var/l/x", "/etc", "/varx"].map((path) => fileSystemOf(path, all)?.path),
    ["/var", "/var", "/var/l", "/", "/"],
  );
});

test("whether room is short can be asked at any moment", () => {
  const [{ aspects } = { aspects: [] }] = readDiskChecks([
    { path: "/", free: { below: "10%" }, inodes: { below: 5 }, readOnly: true },
  ]).checks;
  const room = { available: 9, size: 100, inodesFree: 5, inodes: 10 };
  assert.deepEqual(
    aspects.map((aspect) => isShort(aspect, room)),
    [true, false, undefined],
  );
});

const MISTAKES: readonly (readonly [entry: object, message: RegExp])[] = [
  [{}, /^disk\[0\]: it says nothing to check of \/x/],
  [{ fre: { below: "10%" } }, /^disk\[0\]\.fre: there is no such key: did you mean "free"\?$/],
  [{ free: { below: "10 apples" } }, /^disk\[0\]\.free: "10 apples" is not a size/],
  [{ free: { below: "110%" } }, /^disk\[0\]\.free: "110%" is not a percentage up to 100%$/],
  [{ free: { below: 1, above: 2 } }, /exactly one of "above" and "below"/],
  [{ free: "10%" }, /is not an object such as/],
  [{ age: { above: 5 }, for: "6 of 5" }, /^disk\[0\]\.for: "6 of 5" is not a text such as "3 of 5"$/],
  [doing({ readOnly: true }, "restart"), /^disk\[0\]\.then: "restart" is done to services/],
  [doing({ readOnly: true }, "prunelogs"), /did you mean "prune-logs"\?$/],
  [doing({ readOnly: true }, { exec: "./x" }), /must be an absolute path/],
  [{ checksum: "abc" }, /SHA-256/],
  [{ content: "(" }, /regular expression/],
  [{ growth: { above: "1MiB/year" } }, /a size for a time/],
];
for (const [entry, message] of MISTAKES) {
  test(`a mistake in a disk check is told: ${JSON.stringify(entry)}`, () => {
    const { checks, mistakes } = readDiskChecks([{ path: "/x", ...entry }]);
    assert.deepEqual([checks.length, mistakes.length], [0, 1], mistakes.join("\n"));
    assert.match(mistakes[0] ?? "", message);
  });
}
