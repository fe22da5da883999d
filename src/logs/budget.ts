/** How much a stream may have on the disk, and what goes when it has more. Pure. */
import type { Archive, StreamFiles } from "./streamFiles.ts";

/** As the specification has them (`logs`); null is unlimited. */
export interface Limits {
  readonly maxSize: number | null;
  readonly maxFiles: number | null;
  readonly maxTotal: number | null;
  readonly maxAge: number | null;
}

export interface Budget {
  /** A segment of so many bytes is put aside; null for never. */
  readonly segment: number | null;
  /** Bytes that a segment may come to while nobody puts it aside; so the budget has room for another one. */
  readonly longest: number | null;
  /** Bytes of all files that are left when a segment begins; null for any number. */
  readonly total: number | null;
  /** Kept free of a grant, for what isn't granted: the index, and the end of a line. */
  readonly margin: number;
}

const MOST_MARGIN = 128 * 1024;

/**
 * @param streams of the instance, which share its budget: 2 where standard error is apart
 *
 * @example
 * budgetOf({ maxSize: 10, maxTotal: 200, … }, 2) // { segment: 10, longest: 50, total: 100, … }
 */
export function budgetOf({ maxSize, maxTotal }: Limits, streams: number): Budget {
  const total = maxTotal === null ? null : Math.floor(maxTotal / streams);
  // One file for ever could not be kept below anything.
  const segment = total === null ? maxSize : Math.min(maxSize ?? Math.ceil(total / 2), total);
  const longest = total === null || segment === null ? null : Math.max(2 * segment, Math.floor(total / 2));
  return { segment, longest, total, margin: segment === null ? 0 : Math.min(MOST_MARGIN, Math.floor(segment / 8)) };
}

/**
 * Bytes that may still be written, so that there is never more than the budget and one segment; null for any number.
 *
 * @param files of which `current` is what is in the segment that they go to: 0 for one that is about to begin
 * @param reserved bytes that a compressor may still add
 */
export function roomIn(
  { total, segment, longest, margin }: Budget,
  files: Pick<StreamFiles, "total" | "current">,
  reserved: number,
): number | null {
  if (total === null) return null;
  const left = total + (segment ?? 0) - files.total - reserved - margin;
  return Math.max(0, Math.min(left, (longest ?? left) - files.current));
}

/**
 * What has to go, oldest first: what is too many, too old, or more than the budget. While a segment is still free in the
 * budget nobody waits for us; the newest archive isn't given up for that, only for the budget itself.
 */
export function chooseRemovals(files: StreamFiles, limits: Limits, budget: Budget, reserved: number, now: number): readonly Archive[] {
  const { archives } = files;
  const kept = archives.length;
  let used = files.total + reserved;
  let count = 0;
  for (const { time, size } of archives) {
    const isLast = count === kept - 1;
    const tooMany = limits.maxFiles !== null && kept - count > limits.maxFiles;
    const tooOld = limits.maxAge !== null && now - time > limits.maxAge;
    // Nor for a compressor, which is at work on it, as like as not.
    const free = isLast ? -reserved : (budget.segment ?? 0);
    const most = budget.total === null ? Number.POSITIVE_INFINITY : budget.total - free;
    if (!tooMany && !tooOld && used <= most) break;
    used -= size;
    count += 1;
  }
  return archives.slice(0, count);
}
