/** Figures as short as columns need them. Pure. */
import { formatDuration } from "../values/duration.ts";

/** Of one processor, "12%". */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined) return "-";
  const value = share * 100;
  return `${value > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)}%`;
}

/** The two largest units without blanks, "3h20min". */
export function span(ms: number): string {
  return formatDuration(Math.max(0, ms)).replaceAll(" ", "");
}

const UNITS = ["", "K", "M", "G", "T", "P"];

/** Bytes in five characters at the most, "45M". */
export function bytes(amount: number | null | undefined): string {
  if (amount === null || amount === undefined) return "-";
  let unit = 0;
  let value = amount;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)}${UNITS[unit]}`;
}
