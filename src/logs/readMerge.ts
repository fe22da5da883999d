/** Several logs as one, by time. */
import { ownTime } from "./readJson.ts";
import type { LogLine } from "./readLog.ts";

export interface Source<T> {
  readonly of: T;
  /** In batches, oldest first; a batch is used before the next one is asked for. */
  readonly lines: AsyncIterable<readonly LogLine[]>;
}

export interface MergedLine<T> extends LogLine {
  readonly of: T;
}

/** An own time that is further from when the line was written is wrong, or of something else. Milliseconds. */
const TRUSTED = 3_600_000;

/**
 * In batches: the oldest of all first, lines of one log in their order. A line of JSON that has a time of its own goes by that,
 * any other by when it was written.
 */
export async function* mergeLines<T>(sources: readonly Source<T>[]): AsyncGenerator<readonly MergedLine<T>[], void, undefined> {
  const heads = (await Promise.all(sources.map(({ of, lines }) => Head.begin(of, lines)))).filter((head) => head !== undefined);
  let open = heads;
  try {
    while (open.length > 0) {
      const batch: MergedLine<T>[] = [];
      // Until one of them has to be read on, which makes the lines that came from it invalid.
      for (let first = earliest(open); ; first = earliest(open)) {
        batch.push(first.take());
        if (first.isUsedUp) break;
      }
      yield batch;
      const left = await Promise.all(open.map((head) => (head.isUsedUp ? head.next() : true)));
      open = open.filter((_, index) => left[index]);
    }
  } finally {
    await Promise.all(heads.map((head) => head.end()));
  }
}

/** Lines that were collected, as a source has them. */
export async function* collected(lines: readonly LogLine[]): AsyncGenerator<readonly LogLine[], void, undefined> {
  if (lines.length > 0) yield lines;
}

/** When a line was written, as far as that is known. */
export function timeOfLine({ bytes, time }: Pick<LogLine, "bytes" | "time">): number {
  const own = ownTime(bytes);
  return own !== undefined && Math.abs(own - time) < TRUSTED ? own : time;
}

function earliest<T>(heads: readonly Head<T>[]): Head<T> {
  return heads.reduce((first, head) => (head.time < first.time ? head : first));
}

class Head<T> {
  readonly #of: T;
  readonly #iterator: AsyncIterator<readonly LogLine[]>;
  #lines: readonly LogLine[] = [];
  #at = 0;
  time = 0;

  private constructor(of: T, iterator: AsyncIterator<readonly LogLine[]>) {
    this.#of = of;
    this.#iterator = iterator;
  }

  /** Undefined for a log without a line. */
  static async begin<T>(of: T, lines: AsyncIterable<readonly LogLine[]>): Promise<Head<T> | undefined> {
    const head = new Head(of, lines[Symbol.asyncIterator]());
    return (await head.next()) ? head : undefined;
  }

  get isUsedUp(): boolean {
    return this.#at >= this.#lines.length;
  }

  async next(): Promise<boolean> {
    do {
      const { done, value } = await this.#iterator.next();
      if (done === true) return false;
      this.#lines = value;
    } while (this.#lines.length === 0);
    this.#at = 0;
    this.#look();
    return true;
  }

  take(): MergedLine<T> {
    const line = this.#lines[this.#at++];
    if (line === undefined) throw new RangeError("the log is used up");
    this.#look();
    return { ...line, of: this.#of };
  }

  async end(): Promise<void> {
    await this.#iterator.return?.();
  }

  #look(): void {
    const line = this.#lines[this.#at];
    if (line !== undefined) this.time = timeOfLine(line);
  }
}
