/** The last values of something, with their times, in memory that doesn't grow. */

export class TimeRing {
  readonly #at: Float64Array;
  readonly #values: Float64Array;
  #next = 0;
  #length = 0;

  /** @param capacity how many are kept */
  constructor(capacity: number) {
    this.#at = new Float64Array(capacity);
    this.#values = new Float64Array(capacity);
  }

  push(at: number, value: number): void {
    this.#at[this.#next] = at;
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#at.length;
    this.#length = Math.min(this.#length + 1, this.#at.length);
  }

  /** Milliseconds of the latest; undefined where there is none. */
  get latestAt(): number | undefined {
    return this.#length === 0 ? undefined : this.#at[(this.#next + this.#at.length - 1) % this.#at.length];
  }

  /** Those since a time, oldest first. */
  since(from: number): { readonly at: number[]; readonly values: number[] } {
    const at: number[] = [];
    const values: number[] = [];
    for (let index = 0; index < this.#length; index++) {
      const slot = (this.#next + this.#at.length - this.#length + index) % this.#at.length;
      const time = this.#at[slot] ?? 0;
      if (time < from) continue;
      at.push(time);
      values.push(this.#values[slot] ?? 0);
    }
    return { at, values };
  }
}
