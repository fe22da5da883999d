/**
 * Columns of values with one time for each row, in memory that doesn't grow beyond its capacity, and is taken piece by piece:
 * an hour of 1,000 services begins small. What comes faster than its step is averaged.
 */

/** Rows of a piece: some minutes. */
const PIECE = 90;
const TIME = Float64Array.BYTES_PER_ELEMENT;
const VALUE = Float32Array.BYTES_PER_ELEMENT;

export class SeriesRing {
  /** Rows, each a time in milliseconds and its values. */
  readonly #pieces: DataView[] = [];
  readonly #columns: number;
  readonly #capacity: number;
  readonly #step: number;
  #next = 0;
  #length = 0;
  /** Of the row that is being made. */
  readonly #sums: number[];
  readonly #counts: number[];
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
    this.#sums = Array.from({ length: columns }, () => 0);
    this.#counts = Array.from({ length: columns }, () => 0);
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
    const kept = slots.filter((slot) => this.#timeAt(slot) >= from);
    return {
      at: kept.map((slot) => this.#timeAt(slot)),
      values: columns.map((column) => kept.map((slot) => this.#valueAt(slot, column))),
    };
  }

  #timeAt(slot: number): number {
    return this.#pieceOf(slot).getFloat64(this.#offsetOf(slot), true);
  }

  #valueAt(slot: number, column: number): number | null {
    const value = this.#pieceOf(slot).getFloat32(this.#offsetOf(slot) + TIME + column * VALUE, true);
    return Number.isNaN(value) ? null : value;
  }

  #close(now: number): void {
    const piece = this.#pieceOf(this.#next);
    const at = this.#offsetOf(this.#next);
    piece.setFloat64(at, now, true);
    for (let column = 0; column < this.#columns; column++) {
      const count = this.#counts[column] ?? 0;
      piece.setFloat32(at + TIME + column * VALUE, count === 0 ? Number.NaN : (this.#sums[column] ?? 0) / count, true);
    }
    this.#sums.fill(0);
    this.#counts.fill(0);
    this.#next = (this.#next + 1) % this.#capacity;
    this.#length = Math.min(this.#length + 1, this.#capacity);
  }

  /** Made when its first row comes; they come in order. */
  #pieceOf(slot: number): DataView {
    const index = Math.floor(slot / PIECE);
    const known = this.#pieces[index];
    if (known !== undefined) return known;
    const made = new DataView(new ArrayBuffer(PIECE * this.#rowSize));
    this.#pieces[index] = made;
    return made;
  }

  get #rowSize(): number {
    return TIME + this.#columns * VALUE;
  }

  #offsetOf(slot: number): number {
    return (slot % PIECE) * this.#rowSize;
  }
}
