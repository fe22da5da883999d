import { given, ValueError } from "./valueError.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: SECOND,
  sec: SECOND,
  m: MINUTE,
  min: MINUTE,
  h: HOUR,
  d: DAY,
  w: 7 * DAY,
};

const MEANT = 'not a duration such as "30s", "1h30min" or 500 (milliseconds)';

/**
 * Milliseconds of a duration. A number is milliseconds already; a text has a unit at each of its
 * numbers: ms, s (sec), m (min), h, d, w. "0" needs none; "infinity" is Infinity.
 *
 * @throws ValueError for anything else, also for a text without a unit: it would be seconds to one reader and milliseconds to another
 * @example
 * parseDuration("1h30min"); // 5_400_000
 */
export function parseDuration(value: unknown): number {
  if (typeof value === "number") {
    if (!(value >= 0)) throw new ValueError(`${value} is ${MEANT}`);
    return value;
  }
  if (typeof value !== "string") throw new ValueError(`${given(value)} is ${MEANT}`);
  const text = value.trim().toLowerCase();
  if (text === "infinity") return Number.POSITIVE_INFINITY;
  if (/^0+$/.test(text)) return 0;
  if (/^[\d.]+$/.test(text)) throw new ValueError(`${given(value)} has no unit: write "${text}s" or "${text}ms"`);
  if (!/^(?:(?:\d+\.?\d*|\.\d+)\s*[a-z]+\s*)+$/.test(text)) throw new ValueError(`${given(value)} is ${MEANT}`);
  let total = 0;
  for (const [, amount, unit = ""] of text.matchAll(/([\d.]+)\s*([a-z]+)/g)) {
    const size = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
    if (size === undefined) throw new ValueError(`${given(value)} has the unknown unit "${unit}": ms, s, min, h, d and w are known`);
    total += Number(amount) * size;
  }
  return total;
}

/**
 * A duration for people, in its two largest units.
 *
 * @example
 * formatDuration(312);        // "0.3 s"
 * formatDuration(12_000_000); // "3 h 20 min"
 */
export function formatDuration(ms: number): string {
  if (ms === Number.POSITIVE_INFINITY) return "for ever";
  if (ms < 100) return `${Math.round(ms)} ms`;
  const tenths = Math.round(ms / 100);
  if (tenths < 100) return `${tenths / 10} s`;
  const seconds = Math.round(ms / SECOND);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return both(seconds, 60, "min", "s");
  const minutes = Math.round(ms / MINUTE);
  if (minutes < 24 * 60) return both(minutes, 60, "h", "min");
  return both(Math.round(ms / HOUR), 24, "d", "h");
}

function both(amount: number, large: number, largeUnit: string, smallUnit: string): string {
  const rest = amount % large;
  const first = `${Math.floor(amount / large)} ${largeUnit}`;
  return rest === 0 ? first : `${first} ${rest} ${smallUnit}`;
}
