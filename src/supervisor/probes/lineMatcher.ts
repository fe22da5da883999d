/** Finds a line in bytes that come in pieces. */

/** Of a longer line only the beginning is looked at, so that a service without line ends can't fill the memory. */
const LONGEST_LINE = 64 * 1024;
const LINE_FEED = 0x0a;

export class LineMatcher {
  readonly #pattern: RegExp;
  /** The beginning of a line whose end is yet to come. */
  #held: Uint8Array[] = [];
  #heldBytes = 0;

  constructor(pattern: RegExp) {
    this.#pattern = pattern;
  }

  /** Whether a line that ends in these bytes matches. Keeps none of them by reference. */
  push(bytes: Uint8Array): boolean {
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
      if (this.#matches(bytes.subarray(start, end))) return true;
      start = end + 1;
    }
    this.#hold(bytes.subarray(start));
    return false;
  }

  #matches(ending: Uint8Array): boolean {
    this.#hold(ending);
    // Decoded as a whole: a character may be split between two pieces.
    const line = Buffer.concat(this.#held).toString();
    this.#held = [];
    this.#heldBytes = 0;
    return this.#pattern.test(line.endsWith("\r") ? line.slice(0, -1) : line);
  }

  #hold(piece: Uint8Array): void {
    const kept = piece.subarray(0, LONGEST_LINE - this.#heldBytes);
    if (kept.length === 0) return;
    this.#held.push(Uint8Array.from(kept));
    this.#heldBytes += kept.length;
  }
}
