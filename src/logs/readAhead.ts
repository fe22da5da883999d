/** Reads on in several sources at once, and gives what they have in their order. */

export interface Ahead<T> {
  /** How many are read at the same time. */
  readonly atOnce: number;
  /** What an item takes of the memory, in bytes. One that takes nothing is left out: it only shows that there is progress. */
  size(item: T): number;
}

/** Bytes that a source may have read before its turn comes; then it waits. */
const ROOM = 1024 * 1024;

/**
 * All of the first source, then all of the second. While one is given, the next ones read on, until each has a mebibyte.
 * An item of theirs must not live in memory that is used again.
 *
 * @throws what a source throws, when its turn comes; the others are ended then, as when nobody reads on
 */
export async function* inOrder<T>(
  sources: Iterable<() => AsyncGenerator<T, void, undefined>>,
  { atOnce, size }: Ahead<T>,
): AsyncGenerator<T, void, undefined> {
  const begun: Reading<T>[] = [];
  const rest = sources[Symbol.iterator]();
  const beginMore = () => {
    while (begun.length < atOnce) {
      const { done, value } = rest.next();
      if (done === true) return;
      begun.push(new Reading(value(), size));
    }
  };
  try {
    for (beginMore(); begun[0] !== undefined; beginMore()) {
      for (let item = await begun[0].next(); item !== undefined; item = await begun[0].next()) yield item.value;
      begun.shift();
    }
  } finally {
    await Promise.all(begun.map((reading) => reading.end()));
  }
}

class Reading<T> {
  readonly #source: AsyncGenerator<T, void, undefined>;
  readonly #size: (item: T) => number;
  #items: T[] = [];
  #bytes = 0;
  #state: { readonly is: "open" | "done" } | { readonly is: "failed"; readonly error: unknown } = { is: "open" };
  #ended = false;
  #wake: () => void = () => {};
  readonly #over: Promise<void>;

  constructor(source: AsyncGenerator<T, void, undefined>, size: (item: T) => number) {
    this.#source = source;
    this.#size = size;
    this.#over = this.#readOn();
  }

  /** Undefined at its end. */
  async next(): Promise<{ readonly value: T } | undefined> {
    while (this.#items.length === 0 && this.#state.is === "open") await this.#changed();
    const [value] = this.#items.splice(0, 1);
    if (value !== undefined) {
      this.#bytes -= this.#size(value);
      this.#wake();
      return { value };
    }
    if (this.#state.is === "failed") throw this.#state.error;
    return undefined;
  }

  async end(): Promise<void> {
    this.#ended = true;
    this.#wake();
    await this.#over;
  }

  /** Never rejects. */
  async #readOn(): Promise<void> {
    try {
      for await (const item of this.#source) {
        const size = this.#size(item);
        if (size > 0) this.#items.push(item);
        this.#bytes += size;
        this.#wake();
        while (this.#bytes > ROOM && !this.#ended) await this.#changed();
        if (this.#ended) return;
      }
      this.#state = { is: "done" };
    } catch (error) {
      this.#state = { is: "failed", error };
    } finally {
      this.#wake();
    }
  }

  /** Only one of the two sides waits at a time: the one for items, the other for room. */
  #changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
