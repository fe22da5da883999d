import assert from "node:assert/strict";
import { rmSync, truncateSync } from "node:fs";
import { test } from "node:test";
import { LogFollower } from "../../src/logs/readFollower.ts";
import { type FollowTarget, followLogs } from "../../src/logs/readFollowing.ts";
import { formatPositions, parsePositions } from "../../src/logs/readPosition.ts";
import { LineSplitter } from "../../src/logs/readSplitter.ts";
import { track } from "../support/cleanup.ts";
import { until } from "../support/wait.ts";
import { LogFixture, numbered } from "./readFixture.ts";

const T = Date.UTC(2026, 10, 22, 12);

async function drained(follower: LogFollower): Promise<string[]> {
  const all: string[] = [];
  for (let lines = await follower.read(); lines.length > 0; lines = await follower.read())
    all.push(...lines.map(({ bytes }) => bytes.toString()));
  return all;
}

/** Follows in the background until the test ends. */
function following(t: Parameters<typeof track>[0], targets: () => readonly FollowTarget[]) {
  const { defer } = track(t);
  const ending = new AbortController();
  const seen: string[] = [];
  const end = (async () => {
    for await (const { lines } of followLogs({ signal: ending.signal, discover: targets }))
      seen.push(...lines.map(({ bytes }) => bytes.toString()));
  })();
  defer(async () => {
    ending.abort();
    await end;
  });
  return seen;
}

test("a follower finishes the old segment before it begins the new one", async (t) => {
  const { dir, defer } = track(t);
  const fixture = new LogFixture(dir());
  fixture.append("one\n");
  const follower = new LogFollower(fixture.log, { from: "end" });
  defer(() => follower.close());
  assert.deepEqual(await drained(follower), []);
  fixture.append("two\nthr");
  assert.deepEqual(await drained(follower), ["two"]);
  const old = fixture.rotate(T);
  // Init writes to the old one up to the next line end.
  assert.deepEqual(await drained(follower), []);
  const { appendFileSync } = await import("node:fs");
  appendFileSync(old, "ee\nfour\n");
  fixture.append("five\n");
  assert.deepEqual(await drained(follower), ["three", "four", "five"]);
});

test("several rotations between two looks, packed or not: every line once", async (t) => {
  const { dir, defer } = track(t);
  const fixture = new LogFixture(dir());
  fixture.append(numbered(1, 10));
  const follower = new LogFollower(fixture.log, { from: "begin" });
  defer(() => follower.close());
  const all = await drained(follower);
  fixture.append(numbered(11, 20));
  const first = fixture.rotate(T, numbered(21, 30));
  fixture.rotate(T + 1, numbered(31, 40));
  fixture.pack(first, numbered(1, 20));
  const third = fixture.rotate(T + 2, numbered(41, 50));
  fixture.pack(third, numbered(31, 40));
  all.push(...(await drained(follower)));
  assert.deepEqual(all, numbered(1, 50).trimEnd().split("\n"));
});

test("a file that is emptied, removed or cleared with its archives does no harm", async (t) => {
  const { dir, defer } = track(t);
  const fixture = new LogFixture(dir());
  fixture.append("one\ntwo\n");
  const follower = new LogFollower(fixture.log, { from: "end" });
  defer(() => follower.close());
  await drained(follower);
  truncateSync(fixture.current);
  assert.deepEqual(await drained(follower), []);
  fixture.append("three\n");
  assert.deepEqual(await drained(follower), ["three"]);
  rmSync(fixture.current);
  assert.deepEqual(await drained(follower), []);
  fixture.append("four\n");
  assert.deepEqual(await drained(follower), ["four"]);
});

test("a position leads back to the next line, also over rotation and packing", async (t) => {
  const { dir, defer } = track(t);
  const fixture = new LogFixture(dir());
  fixture.archive(T, "older\n");
  fixture.append(numbered(1, 5));
  const first = new LogFollower(fixture.log, { from: "begin" });
  defer(() => first.close());
  const [, second] = await first.read();
  const text = formatPositions(new Map([["we,b=/0", second?.position ?? { inode: 0, offset: 0, begunAt: 0 }]]));
  assert.match(text, /^[\w%.=-]+$/);
  const position = parsePositions(text)?.get("we,b=/0");
  assert.deepEqual(position, second?.position);
  assert.equal(parsePositions("17"), undefined);
  const rest = async () => {
    const follower = new LogFollower(fixture.log, { from: position ?? "end" });
    defer(() => follower.close());
    return drained(follower);
  };
  assert.deepEqual(await rest(), numbered(3, 5).trimEnd().split("\n"));
  const put = fixture.rotate(T + 1000, numbered(6, 7));
  assert.deepEqual(await rest(), numbered(3, 7).trimEnd().split("\n"));
  fixture.pack(put, numbered(1, 5));
  fixture.rotate(T + 2000, numbered(8, 9));
  assert.deepEqual(await rest(), numbered(3, 9).trimEnd().split("\n"));
});

test("following several logs through rotations at full speed: every line once, in order", async (t) => {
  const dir = track(t).dir();
  const fixtures = ["a", "b"].map((service) => new LogFixture(dir, { service }));
  const seen = following(t, () => fixtures.map(({ log }) => ({ ...log, from: "begin" as const })));
  for (const [index, fixture] of fixtures.entries()) fixture.append(`${index} begin\n`);
  await until("the followers to have begun", () => seen.length === 2);
  for (let round = 0; round < 100; round++) {
    for (const [index, fixture] of fixtures.entries()) {
      fixture.append(numbered(round * 50, round * 50 + 49, `${index}`));
      if (round % 3 === index) fixture.rotate(T + round);
    }
    if (round % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await until("all lines", () => seen.length >= 10_002, { timeout: 60_000 });
  for (const prefix of ["0", "1"]) {
    assert.deepEqual(
      seen.filter((line) => line.startsWith(`${prefix} `)),
      [`${prefix} begin`, ...numbered(0, 4999, prefix).trimEnd().split("\n")],
    );
  }
});

test("a log that comes later is taken on, one that is gone is let go", async (t) => {
  const dir = track(t).dir();
  const [one, two] = [new LogFixture(dir, { service: "one" }), new LogFixture(dir, { service: "two" })];
  let targets = [{ ...one.log, from: "begin" as const }];
  const seen = following(t, () => targets);
  one.append("first\n");
  await until("the first log", () => seen.includes("first"));
  targets = [{ ...two.log, from: "begin" as const }];
  two.append("second\n");
  await until("the second log", () => seen.includes("second"));
  one.append("unseen\n");
  two.append("third\n");
  await until("more of the second", () => seen.includes("third"));
  assert.ok(!seen.includes("unseen"));
});

test("long lines come in pieces", () => {
  const splitter = new LineSplitter(4);
  const pieces = ["ab", "cdef", "g\nhi\n", "\n"].flatMap((text) =>
    splitter.feed(Buffer.from(text)).map(({ bytes, ended }) => [bytes.toString(), ended]),
  );
  assert.deepEqual(pieces, [
    ["abcd", false],
    ["efg", true],
    ["hi", true],
    ["", true],
  ]);
});
