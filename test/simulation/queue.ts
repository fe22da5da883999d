/** What happens when, on the virtual clock: a binary heap. What was put in first comes first at the same time. */
interface Entry {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export class Queue {
  readonly #heap: Entry[] = [];
  #order = 0;

  get length(): number {
    return this.#heap.length;
  }

  add(at: number, run: () => void): void {
    const entry = { at, order: this.#order++, run };
    let index = this.#heap.push(entry) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = this.#heap[above];
      if (parent === undefined || isBefore(parent, entry)) break;
      this.#heap[index] = parent;
      index = above;
    }
    this.#heap[index] = entry;
  }

  take(): Entry | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (first === undefined || last === undefined || this.#heap.length === 0) return first;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const right = this.#heap[left + 1];
      let below = left;
      let child = this.#heap[left];
      if (child !== undefined && right !== undefined && isBefore(right, child)) {
        below = left + 1;
        child = right;
      }
      if (child === undefined || isBefore(last, child)) break;
      this.#heap[index] = child;
      index = below;
    }
    this.#heap[index] = last;
    return first;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
