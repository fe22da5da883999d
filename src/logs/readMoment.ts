/** Points in time as people write them. */
import { parseDuration } from "../values/duration.ts";
import { given, ValueError } from "../values/valueError.ts";

const MEANT = 'not a time such as "10min", "yesterday", "14:30", "2026-11-22 14:30" or "@1763820000"';
const DATE = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?$/;
const CLOCK = /^(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?$/;

/**
 * Milliseconds since 1970 of what was written, at the time `now`:
 * - "10min", "2h", "1h30min" (also "… ago"): that long ago
 * - "now"; "today", "yesterday", "tomorrow": midnight
 * - "14:30", "14:30:05.5": the last time that clocks showed it
 * - "2026-11-22", "2026-11-22 14:30", "2026-11-22T14:30:05.123": local time, or with "Z", "+01:00" of that zone
 * - "@1763820000", "@1763820000.5": seconds since 1970
 *
 * Local is the zone of the process (TZ). A time of day that clocks skip in spring is an hour later; of one that comes twice in
 * autumn, the first is meant.
 *
 * @throws ValueError for anything else
 * @example
 * parseMoment("10min", Date.now());
 */
export function parseMoment(text: string, now: number): number {
  const word = text.trim();
  return (
    named(word.toLowerCase(), now) ?? sinceEpoch(word) ?? timeOfDay(word, now, text) ?? date(word, text) ?? durationAgo(word, now, text)
  );
}

function named(word: string, now: number): number | undefined {
  const days = { yesterday: -1, today: 0, tomorrow: 1 };
  if (word === "now") return now;
  return Object.hasOwn(days, word) ? midnight(now, days[word as keyof typeof days]) : undefined;
}

function sinceEpoch(word: string): number | undefined {
  return /^@\d{1,12}(?:\.\d+)?$/.test(word) ? Math.round(Number(word.slice(1)) * 1000) : undefined;
}

function timeOfDay(word: string, now: number, text: string): number | undefined {
  const [matched, hour, minute, second, fraction] = CLOCK.exec(word) ?? [];
  if (matched === undefined) return undefined;
  const at = (days: number) => {
    const day = new Date(midnight(now, days));
    return local([day.getFullYear(), day.getMonth(), day.getDate()], [hour, minute, second, fraction], text);
  };
  // At ten past midnight "23:50" is twenty minutes ago, not in the future.
  return at(0) <= now ? at(0) : at(-1);
}

function date(word: string, text: string): number | undefined {
  const [, moment = word, zone] = /^(\d{4}-\d\d-\d\d[T ][\d:.,]+)\s*(Z|z|[+-]\d\d(?::?\d\d)?)$/.exec(word) ?? [];
  const [matched, year, month, day, ...clock] = DATE.exec(moment) ?? [];
  if (matched === undefined) return undefined;
  const calendar = [Number(year), Number(month) - 1, Number(day)] as const;
  const proper = new Date(Date.UTC(...calendar));
  if (proper.getUTCMonth() !== calendar[1] || proper.getUTCDate() !== calendar[2]) throw impossible(text, "there is no such day");
  return zone === undefined ? local(calendar, clock, text) : Date.UTC(...calendar, ...clockOf(clock, text)) - minutesOf(zone) * 60_000;
}

function durationAgo(word: string, now: number, text: string): number {
  const amount = word.replace(/^-/, "").replace(/\s+ago$/i, "");
  if (!/^[\d.]/.test(amount) || /^[\d.]+$/.test(amount)) throw impossible(text);
  let ago: number;
  try {
    ago = parseDuration(amount);
  } catch (error) {
    if (error instanceof ValueError && /unit/.test(error.message)) throw error;
    throw impossible(text);
  }
  return now - ago;
}

type Calendar = readonly [year: number, month: number, day: number];
type Clock = readonly (string | undefined)[];

/** By the calendar, not by 24 hours: days at which clocks change have 23 or 25. */
function midnight(now: number, days: number): number {
  const today = new Date(now);
  return new Date(today.getFullYear(), today.getMonth(), today.getDate() + days).getTime();
}

function local([year, month, day]: Calendar, clock: Clock, text: string): number {
  return new Date(year, month, day, ...clockOf(clock, text)).getTime();
}

function clockOf([hour = "0", minute = "0", second = "0", fraction = "0"]: Clock, text: string): [number, number, number, number] {
  const [hours, minutes, seconds] = [Number(hour), Number(minute), Number(second)];
  if (hours > 24 || minutes > 59 || seconds > 60 || (hours === 24 && minutes + seconds > 0)) throw impossible(text, "no clock shows that");
  return [hours, minutes, seconds, Math.floor(Number(`0.${fraction}`) * 1000)];
}

function minutesOf(zone: string): number {
  if (/^z$/i.test(zone)) return 0;
  const [, sign, hours, minutes = "0"] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

function impossible(text: string, why = "it is"): ValueError {
  return new ValueError(why === "it is" ? `${given(text)} is ${MEANT}` : `${given(text)}: ${why}`);
}
