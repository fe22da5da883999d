/**
 * Files of /proc as bytes in one buffer: a pass over a thousand processes makes no text of any of them. What is read is
 * good until the next read.
 */
import { closeSync, openSync, readSync } from "node:fs";

/** Longer than any of the files that are read with it. */
export const bytes: Buffer = Buffer.allocUnsafeSlow(64 * 1024);

/** How many bytes there are now; -1 where there is no such file (any more), or we may not look. */
export function readProc(path: string): number {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch {
    return -1;
  }
  try {
    return readSync(fd, bytes, 0, bytes.length, null);
  } catch {
    // ESRCH: it ended since it was opened. EACCES: /proc/PID/io refuses who reads, not who opens.
    return -1;
  } finally {
    closeSync(fd);
  }
}

/** Opens one that is read again and again, which saves half the time of it; -1 where it can't be had. */
export function openProc(path: string): number {
  try {
    return openSync(path, "r");
  } catch {
    return -1;
  }
}

/** As {@link readProc}, of an open one. It never becomes another process's: -1 once its own has ended. */
export function readOpenProc(fd: number): number {
  try {
    return readSync(fd, bytes, 0, bytes.length, 0);
  } catch {
    return -1;
  }
}

/** As text, for the few files of the whole machine; undefined where there is none. */
export function readProcText(path: string): string | undefined {
  const length = readProc(path);
  return length === -1 ? undefined : bytes.toString("latin1", 0, length);
}

/** The decimal number that begins at `from`. */
export function numberAt(from: number): number {
  let value = 0;
  for (let at = from; ; at++) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return value;
    value = value * 10 + digit;
  }
}

/** The number behind a key such as "read_bytes: " in the first `length` bytes; -1 where it isn't there. */
export function numberAfter(key: Buffer, length: number): number {
  const at = bytes.indexOf(key);
  return at === -1 || at >= length ? -1 : numberAt(at + key.length);
}
