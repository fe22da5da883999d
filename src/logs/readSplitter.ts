import { LONGEST_LINE } from "./readLines.ts";

export interface Piece {
  /** Without the line end. */
  readonly bytes: Buffer;
  /** Whether the line ends here. */
  readonly ended: boolean;
  /** Bytes of what was fed last that are behind it now. */
  readonly end: number;
}

const NEWLINE = 0x0a;

/** Cuts bytes that come bit by bit into lines. A line that is longer than `longest` comes in pieces, so that it fills no memory. */
export class LineSplitter {
  readonly #longest: number;
  #rest: Buffer[] = [];
  #length = 0;

  constructor(longest: number = LONGEST_LINE) {
    this.#longest = longest;
  }

  /** The lines that end in these bytes. They refer to the memory of `bytes`. */
  feed(bytes: Buffer): readonly Piece[] {
    const pieces: Piece[] = [];
    for (let begin = 0; begin < bytes.length; ) {
      const newline = bytes.indexOf(NEWLINE, begin);
      const most = begin + this.#longest - this.#length;
      const end = Math.min(newline === -1 ? bytes.length : newline, most);
      const ended = end === newline;
      const next = ended ? end + 1 : end;
      if (!ended && end < most) {
        this.#rest.push(Buffer.from(bytes.subarray(begin, end)));
        this.#length += end - begin;
      } else {
        const part = bytes.subarray(begin, end);
        pieces.push({ bytes: this.#length === 0 ? part : Buffer.concat([...this.#rest, part]), ended, end: next });
        this.drop();
      }
      begin = next;
    }
    return pieces;
  }

  /** Forgets the line that has begun. */
  drop(): void {
    this.#rest = [];
    this.#length = 0;
  }
}
