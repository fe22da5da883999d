/** Files of /proc, read in one buffer: a pass over all processes makes thousands of reads. */
import { closeSync, openSync, readSync } from "node:fs";

/** One for all. It grows with the largest environment that was seen. */
let buffer: Buffer = Buffer.allocUnsafe(16_384);

/** Its bytes, good until the next call; "gone" where there is no such process, "hidden" where we may not look. */
export function readProcFile(path: string): Buffer | "gone" | "hidden" {
  let fd: number | undefined;
  try {
    fd = openSync(path, "r");
    for (let length = 0; ; ) {
      const count = readSync(fd, buffer, length, buffer.length - length, null);
      length += count;
      // Only a short read saves the second one.
      if (length < buffer.length) return buffer.subarray(0, length);
      buffer = Buffer.concat([buffer], buffer.length * 2);
    }
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ESRCH") return "gone";
    if (code === "EACCES" || code === "EPERM") return "hidden";
    throw error;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
