/** The last minutes of a figure, a value for each 5 s, and the line that they draw. Pure. */

const STEP = 5000;
/** Ten minutes: more than the widest sparkline shows. */
const LONGEST = 120;

/** The highest value of each step, by the step's number since 1970. */
export type Trail = readonly (readonly [step: number, value: number])[];

/** Null is a moment that nobody measured. Moments come in order. */
export function extended(trail: Trail, at: number, value: number | null): Trail {
  if (value === null) return trail;
  const step = Math.floor(at / STEP);
  const last = trail.at(-1);
  if (last !== undefined && last[0] > step) return trail;
  if (last?.[0] === step) return value > last[1] ? [...trail.slice(0, -1), [step, value]] : trail;
  return [...trail.slice(1 - LONGEST), [step, value]];
}

const LEVELS = "▁▂▃▄▅▆▇█";

/**
 * The last `columns` steps until `now`, the newest on the right; a blank where there was none. The highest level is the
 * highest value shown, or `least` where all are below it: else what is next to nothing would look like a mountain.
 *
 * @example
 * sparkline([[0, 0.1], [1, 1]], 9_000, 4, 0.1); // "  ▁█"
 */
export function sparkline(trail: Trail, now: number, columns: number, least: number): string {
  const newest = Math.floor(now / STEP);
  const values = new Map(trail.filter(([step]) => step > newest - columns));
  const top = Math.max(least, ...values.values());
  return Array.from({ length: columns }, (_, column) => {
    const value = values.get(newest - columns + 1 + column);
    return value === undefined ? " " : (LEVELS[Math.min(7, Math.floor((value / top) * 7.999))] ?? " ");
  }).join("");
}
