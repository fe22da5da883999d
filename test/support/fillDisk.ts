import { closeSync, openSync, writeSync } from "node:fs";

/** Lets a file grow until its disk is full, to the last byte. */
export function fillDisk(path: string): void {
  const fd = openSync(path, "a");
  try {
    for (const size of [4096, 1]) fillWith(fd, Buffer.alloc(size));
  } finally {
    closeSync(fd);
  }
}

function fillWith(fd: number, bytes: Uint8Array): void {
  try {
    for (;;) writeSync(fd, bytes);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
  }
}
