/**
 * Columns of values with one time for each row, in memory that doesn't grow: pages of it are taken as rows come, and an hour of
 * 1,000 services begins small. What comes faster than its step is averaged.
 */

export class SeriesRing {
  /** Milliseconds; the rows one after the other. */
  readonly #at: Float64Array;
  readonly #values: Float32Array;
  readonly #columns: number;
  readonly #capacity: number;
  readonly #step: number;
  #next = 0;
  #length = 0;
  /** Of the row that is being made. */
  readonly #sums: Float64Array;
  readonly #counts: Uint32Array;
  #begunAt: number | undefined;

  /**
   * @param columns values in a row
   * @param capacity rows that are kept
   * @param step milliseconds that a row stands for, at least
   */
  constructor(columns: number, capacity: number, step: number) {
    this.#columns = columns;
    this.#capacity = capacity;
    this.#step = step;
    this.#at = new Float64Array(capacity);
    this.#values = new Float32Array(columns * capacity);
    this.#sums = new Float64Array(columns);
    this.#counts = new Uint32Array(columns);
  }

  /** A value that is null is left out of the mean; a mean of none is null. */
  add(now: number, values: readonly (number | null)[]): void {
    for (let column = 0; column < this.#columns; column++) {
      const value = values[column] ?? null;
      if (value === null) continue;
      this.#sums[column] = (this.#sums[column] ?? 0) + value;
      this.#counts[column] = (this.#counts[column] ?? 0) + 1;
    }
    // A row is about the time up to it: the very first is one at once.
    if (this.#begunAt !== undefined && now - this.#begunAt < this.#step) return;
    this.#begunAt = now;
    this.#close(now);
  }

  /** Rows since a time, oldest first, of these columns. Null is what was not measured. */
  read(
    from: number,
    columns: readonly number[],
  ): { readonly at: readonly number[]; readonly values: readonly (readonly (number | null)[])[] } {
    const slots = Array.from({ length: this.#length }, (_, index) => (this.#next + this.#capacity - this.#length + index) % this.#capacity);
    const kept = slots.filter((slot) => (this.#at[slot] ?? 0) >= from);
    const valueAt = (column: number, slot: number) => {
      const value = this.#values[slot * this.#columns + column] ?? Number.NaN;
      return Number.isNaN(value) ? null : value;
    };
    return {
      at: kept.map((slot) => this.#at[slot] ?? 0),
      values: columns.map((column) => kept.map((slot) => valueAt(column, slot))),
    };
  }

  #close(now: number): void {
    this.#at[this.#next] = now;
    for (let column = 0; column < this.#columns; column++) {
      const count = this.#counts[column] ?? 0;
      this.#values[this.#next * this.#columns + column] = count === 0 ? Number.NaN : (this.#sums[column] ?? 0) / count;
    }
    this.#sums.fill(0);
    this.#counts.fill(0);
    this.#next = (this.#next + 1) % this.#capacity;
    this.#length = Math.min(this.#length + 1, this.#capacity);
  }
}
