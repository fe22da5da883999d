/** A text in a file in memory that one process writes and others read: whoever dies in the midst of it, the old or the new one is there. */
import { readSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";

/** Of each of the two places that a text takes turns in. The file is sparse: what isn't written takes no memory. */
const PLACE = 8 * 1024 * 1024;
const HEAD = 64;

/** What the file takes of offsets for one text. */
export const SHARED_TEXT_ROOM: number = 2 * PLACE;

interface Found {
  readonly sequence: number;
  readonly place: number;
  readonly text: string;
}

/**
 * @example
 * const text = new SharedText(native().memoryFile("positions"), 0);
 * text.write("web/0=0.c.35s");
 */
export class SharedText {
  readonly #fd: number;
  readonly #offset: number;

  /** @param offset where in the file its room begins */
  constructor(fd: number, offset: number) {
    this.#fd = fd;
    this.#offset = offset;
  }

  /** Undefined where nothing was written yet. */
  read(): string | undefined {
    return this.#newest()?.text;
  }

  /** Of one writer at a time. @throws RangeError for a text of more than 8 MB */
  write(text: string): void {
    const newest = this.#newest();
    const bytes = Buffer.from(text);
    if (bytes.length > PLACE - HEAD) throw new RangeError(`a shared text of ${bytes.length} bytes is too long`);
    const head = Buffer.from(`${(newest?.sequence ?? 0) + 1} ${bytes.length} ${crc32(bytes)}`.padEnd(HEAD));
    // Never over the one that counts.
    this.#put(Buffer.concat([head, bytes]), newest?.place === 0 ? 1 : 0);
  }

  #put(bytes: Buffer, place: number): void {
    const at = this.#offset + place * PLACE;
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#fd, bytes, done, bytes.length - done, at + done);
  }

  #newest(): Found | undefined {
    const found = [0, 1].flatMap((place) => this.#at(place) ?? []);
    return found.toSorted((one, other) => other.sequence - one.sequence)[0];
  }

  #at(place: number): Found | undefined {
    const at = this.#offset + place * PLACE;
    const head = this.#take(at, HEAD).toString("latin1");
    const [, sequence, length, sum] = /^(\d{1,15}) (\d{1,8}) (\d{1,10}) *$/.exec(head) ?? [];
    if (sequence === undefined || length === undefined || Number(length) > PLACE - HEAD) return undefined;
    const bytes = this.#take(at + HEAD, Number(length));
    if (bytes.length !== Number(length) || crc32(bytes) !== Number(sum)) return undefined;
    return { sequence: Number(sequence), place, text: bytes.toString() };
  }

  #take(at: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    let done = 0;
    for (let count = -1; done < length && count !== 0; done += count) count = readSync(this.#fd, bytes, done, length - done, at + done);
    return bytes.subarray(0, done);
  }
}
