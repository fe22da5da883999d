/** Logs as the supervisor leaves them: segments, archives, indexes. */
import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { type LogLine, type LogName, type ReadOptions, readForward } from "../../src/logs/readLog.ts";
import { archiveName } from "../../src/logs/segmentNames.ts";

export class LogFixture {
  readonly log: LogName;

  /** @param directory of the home's logs */
  constructor(directory: string, { service = "web", stream = "0" } = {}) {
    this.log = { directory: join(directory, service), stream };
    mkdirSync(this.log.directory, { recursive: true });
  }

  get current(): string {
    return join(this.log.directory, `${this.log.stream}.log`);
  }

  archive(time: number, text: string | Buffer, packing: "plain" | "zst" | "gz" = "plain"): string {
    const path = join(this.log.directory, archiveName(this.log.stream, time));
    const bytes = Buffer.from(text);
    if (packing === "plain") writeFileSync(path, bytes);
    else writeFileSync(`${path}.${packing}`, packing === "zst" ? zstdCompressSync(bytes) : gzipSync(bytes));
    return path;
  }

  append(text: string | Buffer): void {
    appendFileSync(this.current, text);
  }

  /** Puts the current segment aside; a new one begins, with `next` in it. */
  rotate(time: number, next = ""): string {
    const path = join(this.log.directory, archiveName(this.log.stream, time));
    renameSync(this.current, path);
    this.append(next);
    return path;
  }

  /** Packs an archive, and removes the plain one. */
  pack(path: string, text: string | Buffer): void {
    writeFileSync(`${path}.zst`, zstdCompressSync(Buffer.from(text)));
    rmSync(path);
  }

  /** Pairs of a time and an offset. @param path of the segment */
  index(path: string, records: readonly (readonly [time: number, offset: number])[]): void {
    writeFileSync(`${path}.index`, indexBytes(records));
  }

  async texts(options: ReadOptions = {}): Promise<readonly string[]> {
    const all: string[] = [];
    for await (const lines of readForward(this.log, options)) all.push(...textsOf(lines));
    return all;
  }
}

export function indexBytes(records: readonly (readonly [time: number, offset: number])[]): Buffer {
  const bytes = Buffer.alloc(records.length * 16);
  records.forEach(([time, offset], index) => {
    bytes.writeBigUInt64LE(BigInt(time), index * 16);
    bytes.writeBigUInt64LE(BigInt(offset), index * 16 + 8);
  });
  return bytes;
}

export function textsOf(lines: readonly Pick<LogLine, "bytes">[]): readonly string[] {
  return lines.map(({ bytes }) => bytes.toString());
}

/** "PREFIX FROM\n" to "PREFIX TO\n". */
export function numbered(from: number, to: number, prefix = "line"): string {
  return Array.from({ length: to - from + 1 }, (_, index) => `${prefix} ${from + index}\n`).join("");
}
