/** Positions in the text of a configuration file. */
import type { KeyPath, Position } from "./problem.ts";

/** A file's content, or why it has none. */
export interface Source {
  readonly value: unknown;
  readonly locate: (path: KeyPath) => Position | undefined;
  readonly mistakes: readonly Mistake[];
}

export interface Mistake extends Partial<Position> {
  /** Holds nothing of the file's text but names of keys: a value may be a secret. */
  readonly message: string;
  readonly path?: KeyPath | undefined;
}

/** Lines and columns of the offsets of a text. */
export class Lines {
  readonly #starts: number[] = [0];

  constructor(text: string) {
    for (let i = text.indexOf("\n"); i >= 0; i = text.indexOf("\n", i + 1)) this.#starts.push(i + 1);
  }

  at(offset: number): Position {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.#starts[low] ?? 0) + 1 };
  }
}

/** Offsets by path. A path without one has that of its nearest ancestor. */
export class Offsets {
  readonly #byPath = new Map<string, number>();

  set(path: KeyPath, offset: number): void {
    this.#byPath.set(JSON.stringify(path), offset);
  }

  has(path: KeyPath): boolean {
    return this.#byPath.has(JSON.stringify(path));
  }

  find(path: KeyPath): number | undefined {
    for (let length = path.length; length > 0; length--) {
      const found = this.#byPath.get(JSON.stringify(path.slice(0, length)));
      if (found !== undefined) return found;
    }
    return undefined;
  }
}
