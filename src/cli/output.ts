/** Writing to standard output and error. Straight to the descriptor: Node's streams cost milliseconds to load. */
import { writeSync } from "node:fs";

/** A reader that went away is no failure of ours. */
export function print(text: string): void {
  write(1, text);
}

export function printError(text: string): void {
  write(2, text);
}

export function printJson(value: unknown): void {
  print(`${JSON.stringify(value)}\n`);
}

function write(fd: number, text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "EPIPE" || code === "EBADF") return;
      if (code !== "EAGAIN") throw error;
      // Somebody made our standard output non-blocking, and its reader is slow.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
