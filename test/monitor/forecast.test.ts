import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forecast, sinceJump } from "../../src/monitor/forecast.ts";

const NOW = 1_700_000_000_000;
const GIB = 2 ** 30;

/** Points each 5 s. */
function past(points: number, used: (seconds: number) => number) {
  const at = Array.from({ length: points }, (_, index) => index * 5000);
  return { at, used: at.map((time) => used(time / 1000)) };
}

function predict(filling: ReturnType<typeof past>, available = GIB, size = 10 * GIB) {
  return forecast(filling, { available, size, now: NOW });
}

/** Noise that is the same each time. */
function noise(seed: number): number {
  const value = Math.sin(seed * 12.9898) * 43758.5453;
  return value - Math.floor(value) - 0.5;
}

test("a steady rate: when it is full is known to the second", () => {
  const found = predict(
    past(720, (seconds) => GIB + 1000 * seconds),
    3_600_000,
  );
  assert.ok(found !== null);
  assert.equal(Math.round(found.rate), 1000);
  assert.ok(Math.abs((found.fullAt ?? 0) - (NOW + 3_600_000)) < 1000);
  assert.equal(found.confidence, "high");
});

test("within 10 % at any rate, with noise and some strange points", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 100, max: 10_000_000 }),
      fc.integer({ min: 60, max: 720 }),
      fc.integer({ max: 1000 }),
      (rate, points, seed) => {
        const span = points * 5;
        const filling = past(points, (seconds) => {
          const isStrange = noise(seed + seconds * 7) > 0.47;
          return GIB + rate * (seconds + span * (isStrange ? 0.5 : 0.05) * noise(seed + seconds));
        });
        const found = predict(filling, 100 * GIB, 100 * GIB);
        return found !== null && Math.abs(found.rate - rate) <= 0.1 * rate;
      },
    ),
    { numRuns: 200, seed: 4711 },
  );
});

test("what doesn't fill is never full", () => {
  assert.equal(predict(past(720, () => GIB))?.fullAt, null);
  assert.equal(predict(past(720, (seconds) => 5 * GIB - 1000 * seconds))?.fullAt, null);
  const emptying = predict(past(720, (seconds) => 5 * GIB - 1000 * seconds));
  assert.equal(Math.round(emptying?.rate ?? 0), -1000);
  // Up and down without a direction.
  assert.equal(predict(past(720, (seconds) => GIB + 1e6 * noise(seconds)))?.fullAt, null);
  // In a hundred years.
  assert.equal(predict(past(720, (seconds) => GIB + 0.3 * seconds))?.fullAt, null);
});

test("without a past there is no forecast", () => {
  assert.equal(predict(past(0, () => 1)), null);
  assert.equal(predict(past(5, (seconds) => seconds)), null);
  assert.equal(forecast({ at: [0, 1, 2, 3, 4, 5, 6], used: [0, 1, 2, 3, 4, 5, 6] }, { available: 1, size: 2, now: NOW }), null);
});

test("a large file that is deleted, or put there, is no rate: it begins anew", () => {
  for (const jump of [-3 * GIB, 3 * GIB]) {
    const filling = past(720, (seconds) => 4 * GIB + 1000 * seconds + (seconds > 1800 ? jump : 0));
    const { at } = sinceJump(filling, 10 * GIB);
    assert.equal(at[0], 1_805_000);
    assert.equal(Math.round(predict(filling)?.rate ?? 0), 1000);
  }
  // Just now: it may be gone in a moment.
  assert.equal(Math.round(predict(past(720, (seconds) => 4 * GIB + 1000 * seconds + (seconds > 3575 ? GIB : 0)))?.rate ?? 0), 1000);
});

test("how straight the past is, and how long, says how sure it is", () => {
  const rate = 100_000;
  assert.equal(predict(past(720, (seconds) => GIB + rate * seconds))?.confidence, "high");
  assert.equal(predict(past(60, (seconds) => GIB + rate * seconds))?.confidence, "medium");
  assert.equal(predict(past(8, (seconds) => GIB + rate * seconds))?.confidence, "low");
  const wild = predict(past(720, (seconds) => GIB + rate * seconds + rate * 1500 * noise(seconds) + rate * 1500 * Math.sin(seconds / 200)));
  assert.equal(wild?.confidence, "low");
});
