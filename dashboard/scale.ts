/** Axes of charts. Pure. */

/** The least round number that is not below `value`: 1, 2, 2.5 or 5 times a power of ten; of two for bytes. */
export function niceTop(value: number, base: 2 | 10): number {
  if (!(value > 0)) return base === 2 ? 1024 : 1;
  if (base === 2) {
    const unit = 1024 ** Math.floor(Math.log2(value) / 10);
    const rest = value / unit;
    return (rest <= 1 ? 1 : (STEPS_OF_TWO.find((step) => step >= rest) ?? 1024)) * unit;
  }
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 2.5, 5, 10].find((step) => step * power >= value * 0.9999) ?? 10) * power;
}

const STEPS_OF_TWO = [1, 2, 4, 8, 16, 32, 64, 100, 128, 200, 256, 400, 512, 800, 1024];

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DISTANCES = [
  1000,
  5000,
  15_000,
  MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  24 * HOUR,
];

/** Round moments of the local time between the two, `most` at the most. */
export function ticks(since: number, until: number, most: number): readonly number[] {
  const span = until - since;
  const distance = DISTANCES.find((each) => span / each <= most) ?? Math.ceil(span / most / (24 * HOUR)) * 24 * HOUR;
  const offset = new Date(since).getTimezoneOffset() * MINUTE;
  const found: number[] = [];
  for (let at = Math.ceil((since - offset) / distance) * distance + offset; at <= until; at += distance) found.push(at);
  return found;
}

/** The index whose time is nearest; times go up. -1 where there is none. */
export function nearestIndex(times: readonly number[], wanted: number): number {
  let low = 0;
  let high = times.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  const before = times[low - 1];
  const after = times[low];
  if (after === undefined) return -1;
  return before !== undefined && wanted - before < after - wanted ? low - 1 : low;
}
