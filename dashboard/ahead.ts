/** What a chart shows of what is to come: where a line leads, and what it can't pass. */
import type { ChartAnswer, FileSystem, Outlook } from "../src/dashboard/wire.ts";
import { bytes, duration, rate } from "./format.ts";

/** Share of the shown stretch that is added for what is to come. */
const SHARE = 0.25;

export interface Ahead {
  /** Milliseconds since 1970: to where the chart reaches with it. */
  readonly until: number;
  readonly from: readonly [at: number, value: number];
  readonly to: readonly [at: number, value: number];
  readonly limit: number | null;
}

/** Undefined where there is no telling. @param column whose future it is */
export function aheadOf({ outlook, since, until, at, values }: ChartAnswer, column: string | undefined): Ahead | undefined {
  const value = values[column ?? ""]?.at(-1) ?? null;
  const last = at.at(-1);
  if (outlook === null || value === null || last === undefined) return undefined;
  const { forecast, limit } = outlook;
  const end = until + SHARE * (until - since);
  const perMillisecond = forecast.rate / 1000;
  const [least, most] = [0, limit ?? Number.POSITIVE_INFINITY];
  const straight = value + perMillisecond * (end - last);
  const reached = Math.min(most, Math.max(least, straight));
  const to = perMillisecond === 0 ? end : Math.min(end, last + (reached - value) / perMillisecond);
  return { until: end, from: [last, value], to: [to, reached], limit };
}

/** "grew by 1.2 GiB, full in 3 h at 20 MiB/s (low confidence)" */
export function outlookText({ outlook, at, values }: ChartAnswer, column: string | undefined): string {
  const known = (values[column ?? ""] ?? []).filter((value) => value !== null);
  const [first, last] = [known[0], known.at(-1)];
  const now = at.at(-1);
  if (first === undefined || last === undefined || now === undefined) return "";
  const change = last - first;
  const grown = change === 0 ? "did not grow" : change > 0 ? `grew by ${bytes(change)}` : `shrank by ${bytes(-change)}`;
  return outlook === null ? grown : `${grown}, ${leads(outlook, now)}`;
}

function leads({ forecast, limit }: Outlook, now: number): string {
  if (limit !== null) return forecastText(forecast, now);
  const { rate: growth, confidence } = forecast;
  return Math.abs(growth) < 1 ? "stays as it is" : `at ${rate(growth)} (${confidence} confidence)`;
}

/** @param now milliseconds since 1970 */
export function forecastText(forecast: FileSystem["forecast"], now: number): string {
  if (forecast === null) return "not known yet";
  const { rate: growth, fullAt, confidence } = forecast;
  if (fullAt === null) return growth < -1 ? `empties at ${rate(-growth)}` : "does not fill";
  return `full in ${duration(fullAt - now)} at ${rate(growth)} (${confidence} confidence)`;
}
