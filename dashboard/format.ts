/** Figures for people. */

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;
export const NOTHING = "–";

export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return NOTHING;
  let rest = Math.abs(value);
  let unit = 0;
  while (rest >= 1023.5 && unit < UNITS.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || rest >= 99.95 ? 0 : rest >= 9.995 ? 1 : 2;
  return `${value < 0 ? "−" : ""}${rest.toFixed(digits)} ${UNITS[unit]}`;
}

export function rate(value: number | null | undefined): string {
  return value === null || value === undefined ? NOTHING : `${bytes(value)}/s`;
}

/** Of one core: 2.5 is 250 %. */
export function share(value: number | null | undefined): string {
  if (value === null || value === undefined) return NOTHING;
  const percent = value * 100;
  return `${percent > 0 && percent < 9.95 ? percent.toFixed(1) : Math.round(percent)} %`;
}

export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? NOTHING : Math.round(value).toLocaleString("en");
}

const STEPS = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1000, "s"],
] as const;

/** The two greatest units: "3 h 20 min". */
export function duration(milliseconds: number | null | undefined): string {
  if (milliseconds === null || milliseconds === undefined) return NOTHING;
  let rest = Math.max(0, milliseconds);
  const words: string[] = [];
  for (const [length, unit] of STEPS) {
    const amount = Math.floor(rest / length);
    rest -= amount * length;
    if (amount > 0) words.push(`${amount} ${unit}`);
    else if (words.length > 0) break;
    if (words.length === 2) break;
  }
  return words.length === 0 ? "0 s" : words.join(" ");
}

const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const SHORT = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hour12: false });
const DATE = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

export function time(at: number): string {
  return TIME.format(at);
}

/** With the day, where that isn't today. */
export function moment(at: number): string {
  const isToday = new Date(at).toDateString() === new Date().toDateString();
  return isToday ? time(at) : `${DATE.format(at)}, ${time(at)}`;
}

/** For the axis of a chart that shows so many milliseconds. */
export function tick(at: number, span: number): string {
  return span > 36 * 3_600_000 ? DATE.format(at) : span > 600_000 ? SHORT.format(at) : TIME.format(at);
}
