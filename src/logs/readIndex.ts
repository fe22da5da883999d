/**
 * The time index of a segment: records of two little-endian u64, a time (milliseconds since 1970) and how many bytes the
 * segment had then. Bytes before that offset are as old or older, those behind it newer. About one record a second.
 *
 * It may be missing, short, damaged or ahead of its segment. What can't be right is left out, so that a search gives too
 * many lines rather than too few.
 */
import { readFileSync } from "node:fs";
import { indexPath, type Segment } from "./readSegments.ts";

const RECORD = 16;
/** The year 2000, and 2200. */
const [EARLIEST, LATEST] = [946_684_800_000, 7_258_118_400_000];

export class TimeIndex {
  readonly #times: Float64Array;
  readonly #offsets: Float64Array;

  private constructor(times: Float64Array, offsets: Float64Array) {
    this.#times = times;
    this.#offsets = offsets;
  }

  /**
   * Of a segment.
   *
   * @param size bytes that the segment has unpacked, where that is known
   */
  static of(segment: Segment, size = Number.POSITIVE_INFINITY): TimeIndex {
    try {
      return TimeIndex.parse(readFileSync(indexPath(segment)), size);
    } catch {
      return TimeIndex.parse(Buffer.alloc(0), size);
    }
  }

  /** Pure. */
  static parse(bytes: Buffer, size = Number.POSITIVE_INFINITY): TimeIndex {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const most = Math.floor(bytes.length / RECORD);
    const [times, offsets] = [new Float64Array(most), new Float64Array(most)];
    let count = 0;
    for (let at = 0; at < most * RECORD; at += RECORD) {
      const time = u64(view, at);
      const offset = u64(view, at + 8);
      if (!(time >= EARLIEST && time <= LATEST && offset <= size)) continue;
      // Somebody emptied the file, or a record is damaged: what is said from here on is what holds now.
      if (count > 0 && (offset < (offsets[count - 1] ?? 0) || time < (times[count - 1] ?? 0))) count = 0;
      times[count] = time;
      offsets[count] = offset;
      count += 1;
    }
    return new TimeIndex(times.subarray(0, count), offsets.subarray(0, count));
  }

  get isEmpty(): boolean {
    return this.#times.length === 0;
  }

  /** The time of the first record. */
  get begin(): number | undefined {
    return this.#times[0];
  }

  /** All that was written at `time` or later is behind this offset; up to a record's worth of older bytes may be, too. */
  offsetSince(time: number): number {
    const after = firstNotLess(this.#times, time);
    return after === 0 ? 0 : (this.#offsets[after - 1] ?? 0);
  }

  /** All that was written before `time` is before this offset. */
  offsetUntil(time: number): number {
    return this.#offsets[firstNotLess(this.#times, time)] ?? Number.POSITIVE_INFINITY;
  }

  /** When the byte at this offset had not been written yet, at the latest: the record before it. Undefined where there is none. */
  timeAt(offset: number): number | undefined {
    return this.#times[firstNotLess(this.#offsets, offset + 0.5) - 1];
  }
}

function u64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
}

function firstNotLess(sorted: Float64Array, wanted: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
