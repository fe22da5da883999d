/** Standard output for much text: written in large pieces, and not kept for a reader that is slow. */
import { writeSync } from "node:fs";

const FULL = 64 * 1024;

export class LogsOutput {
  #parts: Buffer[] = [];
  #length = 0;
  #isGone = false;
  readonly #fd: 1 | 2;

  constructor(fd: 1 | 2 = 1) {
    this.#fd = fd;
  }

  /** Whether nobody reads any more, as after `| head`. */
  get isGone(): boolean {
    return this.#isGone;
  }

  write(bytes: Buffer | string): void {
    const part = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
    if (this.#length + part.length > FULL) this.flush();
    if (part.length > FULL) {
      this.#out(part);
    } else {
      // The memory of bytes may be used again before they are written.
      this.#parts.push(typeof bytes === "string" ? part : Buffer.from(part));
      this.#length += part.length;
    }
  }

  flush(): void {
    if (this.#length > 0) this.#out(Buffer.concat(this.#parts));
    this.#parts = [];
    this.#length = 0;
  }

  /** Waits for a reader that is slow: then nothing more is read either. */
  #out(bytes: Buffer): void {
    for (let rest = bytes; rest.length > 0 && !this.#isGone; ) {
      try {
        rest = rest.subarray(writeSync(this.#fd, rest));
      } catch (error) {
        const code = error instanceof Error && "code" in error ? error.code : undefined;
        if (code === "EPIPE" || code === "EBADF" || code === "EIO") this.#isGone = true;
        else if (code === "EAGAIN") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
        else throw error;
      }
    }
  }
}
