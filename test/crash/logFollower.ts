/** The logs of all writers on the disk, followed through their ledgers. What was checked gives its room back. */
import { spawnSync } from "node:child_process";
import { closeSync, fstatSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { openIfThere, type Testimony } from "./evidence.ts";
import { type Counted, LogLedger } from "./logLedger.ts";

const CHUNK = 1024 * 1024;
/** Bytes that were checked before it is worth the trouble to free them. */
const ENOUGH = 8 * CHUNK;

interface Followed {
  readonly path: string;
  readonly ledger: LogLedger;
  fd: number | undefined;
  inode: number;
  offset: number;
  freed: number;
}

export class LogFollower {
  readonly #directory: string;
  readonly #logs = new Map<string, Followed>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  get lines(): number {
    return [...this.#logs.values()].reduce((sum, { ledger }) => sum + ledger.lines, 0);
  }

  get cutOff(): number {
    return [...this.#logs.values()].reduce((sum, { ledger }) => sum + ledger.cutOff, 0);
  }

  /** Reads what is new in the log of an instance. Returns what is wrong with it. */
  read(instance: string): string[] {
    const followed = this.#follow(instance);
    const problems: string[] = [];
    const now = statSync(followed.path, { throwIfNoEntry: false });
    if (followed.fd !== undefined && now?.ino !== followed.inode) {
      problems.push(...this.#drain(followed), `${instance}: the log was replaced by another file`);
      closeSync(followed.fd);
      followed.fd = undefined;
      followed.offset = 0;
    }
    followed.fd ??= openIfThere(followed.path);
    if (followed.fd === undefined) return problems;
    followed.inode = fstatSync(followed.fd).ino;
    problems.push(...this.#drain(followed));
    return problems;
  }

  /** Whether all that a writer counted is there: see LogLedger.judge. Its counter was read before. */
  judge(writer: Counted & Pick<Testimony, "instance">): { readonly wrong: string[]; readonly late?: string; readonly done: boolean } {
    const wrong = this.read(writer.instance);
    const { ledger } = this.#follow(writer.instance);
    const verdict = ledger.judge(writer);
    if (verdict.wrong !== undefined) wrong.push(verdict.wrong);
    return { wrong, done: verdict.done, ...(verdict.late === undefined ? {} : { late: verdict.late }) };
  }

  /** Frees the room of what was checked. The files keep their size, so nobody notices. */
  free(): void {
    for (const followed of this.#logs.values()) {
      const length = followed.offset - followed.freed - CHUNK;
      if (length < ENOUGH) continue;
      const { status } = spawnSync("fallocate", [
        "--punch-hole",
        "--offset",
        String(followed.freed),
        "--length",
        String(length),
        followed.path,
      ]);
      if (status === 0) followed.freed += length;
    }
  }

  close(): void {
    for (const followed of this.#logs.values()) {
      if (followed.fd !== undefined) closeSync(followed.fd);
      followed.fd = undefined;
    }
  }

  #follow(instance: string): Followed {
    const known = this.#logs.get(instance);
    if (known !== undefined) return known;
    const path = join(this.#directory, `${instance}.log`);
    const followed: Followed = { path, ledger: new LogLedger(instance), fd: undefined, inode: 0, offset: 0, freed: 0 };
    this.#logs.set(instance, followed);
    return followed;
  }

  #drain(followed: Followed): string[] {
    if (followed.fd === undefined) return [];
    const size = fstatSync(followed.fd).size;
    const problems: string[] = [];
    if (size < followed.offset) {
      problems.push(`${followed.path} has shrunk from ${followed.offset} to ${size} bytes`);
      followed.offset = size;
    }
    while (followed.offset < size) {
      const buffer = Buffer.allocUnsafe(Math.min(CHUNK, size - followed.offset));
      const count = readSync(followed.fd, buffer, 0, buffer.length, followed.offset);
      if (count === 0) break;
      followed.offset += count;
      problems.push(...followed.ledger.feed(buffer.subarray(0, count)));
    }
    return problems;
  }
}
