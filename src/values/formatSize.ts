const UNITS = ["KiB", "MiB", "GiB", "TiB"];

/**
 * A size for people: three digits at the most.
 *
 * @param bytes 0 or more
 * @example
 * formatSize(47_185_920); // "45 MiB"
 */
export function formatSize(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  let amount = bytes / 1024;
  let unit = 0;
  while (amount >= 999.5 && unit < UNITS.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${amount < 9.95 ? amount.toFixed(1) : Math.round(amount)} ${UNITS[unit]}`;
}
