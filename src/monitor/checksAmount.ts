/** Amounts for people, each in its own unit. */
import { formatDuration } from "../values/duration.ts";

export type Unit = "percent" | "bytes" | "bytes a second" | "count" | "count a second" | "milliseconds";

const UNITS = ["KiB", "MiB", "GiB", "TiB"];

/**
 * @example
 * formatAmount("bytes", 512 * 2 ** 20) // "512 MiB"
 * formatAmount("percent", 8.25)        // "8.3 %"
 */
export function formatAmount(unit: Unit, amount: number): string {
  switch (unit) {
    case "percent":
      return `${short(amount)} %`;
    case "bytes":
      return size(amount);
    case "bytes a second":
      return `${size(amount)}/s`;
    case "count":
      return short(amount);
    case "count a second":
      return `${short(amount)}/s`;
    case "milliseconds":
      return formatDuration(amount);
  }
}

function short(amount: number): string {
  return Math.abs(amount) < 99.95 ? String(Math.round(amount * 10) / 10) : String(Math.round(amount));
}

function size(bytes: number): string {
  let amount = Math.abs(bytes);
  if (amount < 1000) return `${Math.round(bytes)} B`;
  let unit = -1;
  while (amount >= 999.5 && unit < UNITS.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${bytes < 0 ? "-" : ""}${amount < 9.95 ? amount.toFixed(1) : Math.round(amount)} ${UNITS[unit]}`;
}
