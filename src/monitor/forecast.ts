/**
 * When a file system will be full, from what was used of it in the past. Pure.
 *
 * The past is thinned to 60 points at the most. A jump (a large file was deleted, or put there) is no rate: what was before
 * it is left out. The rate is the median of the slopes between all pairs of points (Theil and Sen), so that a few strange
 * points don't matter.
 */
import type { Forecast } from "./sample.ts";

export interface Filling {
  /** Milliseconds, on any clock. */
  readonly at: readonly number[];
  /** Bytes that are used at these times. */
  readonly used: readonly number[];
}

/** Points, and milliseconds between the first and the last of them, without which nothing is told. */
const LEAST_POINTS = 6;
const LEAST_SPAN = 5_000;
/** Of which a slope is taken. */
const MOST_POINTS = 60;
/** Share of the size that a step between two points must exceed to be a jump, and times the usual step. */
const JUMP_SHARE = 0.005;
const JUMP_TIMES = 8;
/** Milliseconds. Further away than ten years is never. */
const NEVER = 10 * 365 * 86_400_000;
const LONG = 10 * 60_000;
const SHORT = 60_000;

/**
 * Null where the past is too short.
 *
 * @param available bytes that are left
 * @param size of the file system, in bytes
 * @param now milliseconds since 1970, of the last point
 *
 * @example
 * forecast({ at: [0, 5000, …], used: [0, 50_000, …] }, { available: 1_000_000, size: 2_000_000, now }); // { rate: 10_000, fullAt: now + 100_000, … }
 */
export function forecast(
  past: Filling,
  { available, size, now }: { readonly available: number; readonly size: number; readonly now: number },
): Forecast | null {
  const { at, used } = thin(sinceJump(past, size));
  const span = (at.at(-1) ?? 0) - (at[0] ?? 0);
  if (at.length < LEAST_POINTS || span < LEAST_SPAN) return null;
  const slope = medianSlope(at, used);
  const scatter = median(used.map((value, index) => value - slope * ((at[index] ?? 0) - (at[0] ?? 0)))) ?? 0;
  const errors = used.map((value, index) => Math.abs(value - slope * ((at[index] ?? 0) - (at[0] ?? 0)) - scatter));
  const change = Math.abs(slope) * span;
  // How far the points are from the line, against what the line has risen.
  const crooked = (median(errors) ?? 0) / Math.max(change, 1);
  const left = slope > 0 && crooked < 0.5 ? available / slope : Number.POSITIVE_INFINITY;
  return {
    rate: slope * 1000,
    fullAt: left > NEVER ? null : Math.round(now + left),
    confidence: confidenceOf(crooked, span),
  };
}

function confidenceOf(crooked: number, span: number): Forecast["confidence"] {
  if (crooked < 0.02 && span >= LONG) return "high";
  return crooked < 0.1 && span >= SHORT ? "medium" : "low";
}

/**
 * What came after the last jump: a step that is much larger than the steps around it, that matters for the size, and that
 * lasts. One of a moment ago is not believed yet: it may be a file that comes and goes.
 */
export function sinceJump({ at, used }: Filling, size: number): Filling {
  const rates = used.slice(1).map((value, index) => (value - (used[index] ?? 0)) / Math.max(1, (at[index + 1] ?? 0) - (at[index] ?? 0)));
  const usual = median(rates) ?? 0;
  const spread = median(rates.map((rate) => Math.abs(rate - usual))) ?? 0;
  // The level around a place, as if it had not risen meanwhile.
  const level = (from: number, to: number) =>
    median(used.slice(from, to).map((value, index) => value - usual * (at[from + index] ?? 0))) ?? 0;
  for (let index = used.length - LEAST_POINTS; index > 0; index--) {
    const over = (at[index] ?? 0) - (at[index - 1] ?? 0);
    const step = Math.abs((rates[index - 1] ?? 0) - usual) * over;
    if (step <= JUMP_SHARE * size || step <= JUMP_TIMES * Math.max(spread, Math.abs(usual)) * over) continue;
    const lasting = Math.abs(level(index, index + LEAST_POINTS) - level(Math.max(0, index - LEAST_POINTS), index));
    if (lasting > step / 2) return { at: at.slice(index), used: used.slice(index) };
  }
  return { at, used };
}

/** Means of neighbours, so many that 60 are left at the most. */
function thin({ at, used }: Filling): Filling {
  const group = Math.ceil(at.length / MOST_POINTS);
  if (group <= 1) return { at, used };
  const mean = (values: readonly number[], from: number) => {
    const some = values.slice(from, from + group);
    return some.reduce((sum, value) => sum + value, 0) / some.length;
  };
  const starts = at.flatMap((_, index) => (index % group === 0 ? [index] : []));
  return { at: starts.map((from) => mean(at, from)), used: starts.map((from) => mean(used, from)) };
}

function medianSlope(at: readonly number[], used: readonly number[]): number {
  const slopes: number[] = [];
  for (let one = 0; one < at.length; one++) {
    for (let other = one + 1; other < at.length; other++) {
      const span = (at[other] ?? 0) - (at[one] ?? 0);
      if (span > 0) slopes.push(((used[other] ?? 0) - (used[one] ?? 0)) / span);
    }
  }
  return median(slopes) ?? 0;
}

function median(values: readonly number[]): number | undefined {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  return sorted.length % 2 === 1 || upper === undefined ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}
