import { writeSync } from "node:fs";

/**
 * Prints for a command that goes on until somebody ends it: false once nobody reads any more, as behind `| head`.
 * Node ignores SIGPIPE, so nothing else would end it.
 */
export function printOn(text: string): boolean {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "EPIPE" || code === "EBADF" || code === "EIO") return false;
      if (code !== "EAGAIN") throw error;
      // Somebody made our standard output non-blocking, and its reader is slow.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
  return true;
}
