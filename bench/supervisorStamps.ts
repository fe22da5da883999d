/** The service of the benchmarks of the supervisor, which says when it runs: fixtures/supervisorStamp.c. */
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, ftruncateSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { until } from "../test/support/wait.ts";

const HEAD = 16;
const RECORD = 16;

/** When a process ran for the first time, in milliseconds on the clock of `now()`, and which it was. */
export interface Stamp {
  readonly at: number;
  readonly pid: number;
}

/** The records of all processes that have this file's path as STAMPS. */
export class Stamps {
  readonly path: string;
  readonly #capacity: number;
  readonly #fd: number;

  constructor(path: string, capacity: number) {
    this.path = path;
    this.#capacity = capacity;
    this.#fd = openSync(path, "wx+");
    ftruncateSync(this.#fd, HEAD + capacity * RECORD);
  }

  /** So many processes were started. Of the latest the record may not be whole. */
  get count(): number {
    return Number(this.#read(0, HEAD).readBigUInt64LE(0));
  }

  /** Undefined while the process of this number, from 0, hasn't run. */
  at(number: number): Stamp | undefined {
    if (number >= this.#capacity) throw new Error(`${this.path} has room for ${this.#capacity} starts, and there were more`);
    return decode(this.#read(HEAD + number * RECORD, RECORD), 0);
  }

  /** Waits until as many processes have run, and resolves to the stamps of all of them. */
  async atLeast(count: number, what: string, timeout = 120_000): Promise<readonly Stamp[]> {
    return until(what, () => (this.count >= count ? this.#first(count) : undefined), { timeout });
  }

  close(): void {
    closeSync(this.#fd);
  }

  #first(count: number): readonly Stamp[] | undefined {
    if (count > this.#capacity) throw new Error(`${this.path} has room for ${this.#capacity} starts, not for ${count}`);
    const bytes = this.#read(HEAD, count * RECORD);
    const stamps = Array.from({ length: count }, (_, number) => decode(bytes, number * RECORD));
    return stamps.every((stamp) => stamp !== undefined) ? stamps : undefined;
  }

  #read(offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    if (readSync(this.#fd, bytes, 0, length, offset) !== length) throw new Error(`${this.path} is shorter than it was made`);
    return bytes;
  }
}

/** When the last of them ran. */
export function latest(stamps: readonly Stamp[]): number {
  return stamps.reduce((last, { at }) => Math.max(last, at), 0);
}

/** The path of the compiled program. Static where the machine can, as a service that costs next to nothing. */
export function stampProgram(directory: string): string {
  const path = join(directory, "stamp");
  if (existsSync(path)) return path;
  const source = join(import.meta.dirname, "fixtures/supervisorStamp.c");
  const compile = (...flags: readonly string[]) => spawnSync("cc", ["-O2", ...flags, "-o", path, source], { encoding: "utf8" });
  const { error, status, stderr } = [["-static"], []].map((flags) => compile(...flags)).find((result) => result.status === 0) ?? compile();
  if (error !== undefined) throw new Error(`the benchmarks of the supervisor need a C compiler: cc can't be run: ${error.message}`);
  if (status !== 0) throw new Error(`cc could not compile ${source}: ${stderr.trim()}`);
  return path;
}

function decode(bytes: Buffer, offset: number): Stamp | undefined {
  const nanoseconds = bytes.readBigUInt64LE(offset);
  return nanoseconds === 0n ? undefined : { at: Number(nanoseconds) / 1e6, pid: Number(bytes.readBigUInt64LE(offset + 8)) };
}
