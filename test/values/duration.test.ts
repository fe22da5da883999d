import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatDuration, parseDuration } from "../../src/values/duration.ts";

test("durations are read in milliseconds", () => {
  const expected = {
    "30s": 30_000,
    "1h30min": 5_400_000,
    "1h 30 m": 5_400_000,
    "1.5s": 1500,
    "250ms": 250,
    "2d": 172_800_000,
    "1w": 604_800_000,
    "0": 0,
    "0s": 0,
  };
  for (const [text, ms] of Object.entries(expected)) assert.equal(parseDuration(text), ms, text);
});

test("a number is milliseconds as it is, and infinity is allowed", () => {
  assert.equal(parseDuration(500), 500);
  assert.equal(parseDuration(Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY);
  assert.equal(parseDuration("infinity"), Number.POSITIVE_INFINITY);
});

test("a text without a unit is refused, with both readings offered", () => {
  assert.throws(() => parseDuration("30"), { name: "ValueError", message: '"30" has no unit: write "30s" or "30ms"' });
});

test("an unknown unit is named", () => {
  assert.throws(() => parseDuration("3 fortnights"), /unknown unit "fortnights"/);
  assert.throws(() => parseDuration("3constructor"), /unknown unit "constructor"/);
});

for (const bad of ["", "s", "-1s", "1s2", "1..2s", "s1", -1, Number.NaN, null, undefined, {}, [1]]) {
  test(`${JSON.stringify(bad)} (${typeof bad}) is no duration`, () => {
    assert.throws(() => parseDuration(bad), { name: "ValueError" });
  });
}

test("durations are written in their two largest units", () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, "0 ms"],
    [12.4, "12 ms"],
    [312, "0.3 s"],
    [1000, "1 s"],
    [9_960, "10 s"],
    [59_600, "1 min"],
    [90_000, "1 min 30 s"],
    [3_599_900, "1 h"],
    [12_000_000, "3 h 20 min"],
    [90_000_000, "1 d 1 h"],
    [Number.POSITIVE_INFINITY, "for ever"],
  ];
  for (const [ms, text] of cases) assert.equal(formatDuration(ms), text, String(ms));
});

test("what is written can be read, and is within one part in ten", () => {
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 10 ** 9 }), (ms) => {
      const read = parseDuration(formatDuration(ms));
      assert.ok(Math.abs(read - ms) <= Math.max(50, ms / 10), `${ms}: ${formatDuration(ms)}`);
    }),
  );
});
