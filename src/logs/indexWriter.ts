/**
 * The time index beside a segment: records of 16 bytes, u64 milliseconds since 1970 and u64 offset, little-endian. "At this
 * time the segment had this many bytes": those before the offset were written then or earlier, those after it later. Times
 * never go back within a file; where the clock does, the latest time comes again.
 *
 *   const index = new IndexWriter("/var/log/daemonitor/web/0.log.index");
 *   index.append([{ time: Date.now(), offset: 4096 }], 0o640);
 */
import { closeSync, constants, fchmodSync, fstatSync, ftruncateSync, openSync, readSync, renameSync, writeSync } from "node:fs";
import { removeFile } from "./streamFiles.ts";

export interface IndexRecord {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly offset: number;
}

const RECORD = 16;
const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;

export class IndexWriter {
  readonly path: string;
  /** Undefined until the file was looked at. */
  #last: IndexRecord | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** The latest record; one of zeros where there is none. */
  get last(): IndexRecord {
    this.#last ??= this.#lookAtEnd();
    return this.#last;
  }

  /** With one write, behind the last whole record. Those that are no news are left out. @throws what the disk says */
  append(records: readonly IndexRecord[], mode: number): void {
    const fresh: IndexRecord[] = [];
    let last = this.last;
    for (const record of records) {
      const next = { time: Math.max(last.time, Math.ceil(record.time)), offset: record.offset };
      if (next.time === last.time && next.offset === last.offset) continue;
      fresh.push(next);
      last = next;
    }
    if (fresh.length === 0) return;
    const fd = openSync(this.path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, mode);
    try {
      const { size, mode: has } = fstatSync(fd);
      if ((has & 0o777) !== mode) fchmodSync(fd, mode);
      const bytes = encode(fresh);
      const end = size - (size % RECORD);
      // On a full disk part of it may come to be there: it is written over by the next one.
      if (writeSync(fd, bytes, 0, bytes.length, end) === bytes.length) this.#last = last;
    } finally {
      closeSync(fd);
    }
  }

  /** The segment begins anew: it was emptied. Times go on. */
  clear(): void {
    const { time } = this.last;
    const fd = openUnlessGone(this.path, O_RDWR);
    if (fd !== undefined) {
      ftruncateSync(fd);
      closeSync(fd);
    }
    this.#last = { time, offset: 0 };
  }

  /** Goes with its segment, and a new one begins. */
  moveTo(path: string): void {
    try {
      renameSync(this.path, path);
    } catch (error) {
      if (!isGone(error)) throw error;
      // Of another segment of that name there can't be one.
      removeFile(path);
    }
    this.#last = { time: 0, offset: 0 };
  }

  #lookAtEnd(): IndexRecord {
    const fd = openUnlessGone(this.path, constants.O_RDONLY);
    if (fd === undefined) return { time: 0, offset: 0 };
    try {
      const { size } = fstatSync(fd);
      const at = size - (size % RECORD) - RECORD;
      if (at < 0) return { time: 0, offset: 0 };
      const bytes = Buffer.alloc(RECORD);
      readSync(fd, bytes, 0, RECORD, at);
      return { time: Number(bytes.readBigUInt64LE(0)), offset: Number(bytes.readBigUInt64LE(8)) };
    } finally {
      closeSync(fd);
    }
  }
}

function encode(records: readonly IndexRecord[]): Buffer {
  const bytes = Buffer.alloc(records.length * RECORD);
  records.forEach(({ time, offset }, index) => {
    bytes.writeBigUInt64LE(BigInt(time), index * RECORD);
    bytes.writeBigUInt64LE(BigInt(offset), index * RECORD + 8);
  });
  return bytes;
}

function openUnlessGone(path: string, flags: number): number | undefined {
  try {
    return openSync(path, flags | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
