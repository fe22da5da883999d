/**
 * What this supervisor keeps of each process, so that init's death loses nothing: a pidfd, which knows how the process ended
 * even after somebody else has reaped it (Linux 6.15), and a read end of its log pipe, which keeps what was written when the
 * process is gone. Init holds them for the next supervisor while a new tree is made; nobody else ever reads them.
 */
import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import { openProcess } from "../tree/identity.ts";
import { openLogPipe } from "./adoptPipes.ts";
import { heldName } from "./heldName.ts";
import type { Attempt, Unit } from "./unit.ts";

interface Heirloom {
  readonly pidfd: number | undefined;
  readonly pipe: number | undefined;
}

interface Kept {
  readonly unit: Unit;
  readonly attempt: Attempt;
}

/** It takes 50 µs each. */
const AT_ONCE = 50;

export class Heirlooms {
  readonly #kept = new Map<Attempt, { readonly unit: string; readonly heirloom: Heirloom }>();

  /** Nothing waits for it, so it comes after the start. */
  keep(unit: Unit, attempt: Attempt): void {
    this.keepAll([{ unit, attempt }]);
  }

  /** What was adopted: some in each turn of the event loop, so that commands are answered meanwhile. */
  keepAll(all: readonly Kept[]): void {
    if (all.length === 0) return;
    setImmediate(() => {
      for (const one of all.slice(0, AT_ONCE)) this.#take(one);
      this.keepAll(all.slice(AT_ONCE));
    });
  }

  #take({ unit, attempt }: Kept): void {
    const { identity } = attempt;
    if (identity === undefined || attempt.ended || unit.attempts.get(attempt.number) !== attempt || this.#kept.has(attempt)) return;
    const pidfd = unlessNone(() => openProcess(identity));
    if (pidfd === undefined) return;
    const pipe = unlessNone(() => openLogPipe(identity.pid, 1));
    this.#kept.set(attempt, { unit: unit.name, heirloom: { pidfd, pipe } });
  }

  drop(attempt: Attempt): void {
    const { heirloom } = this.#kept.get(attempt) ?? {};
    this.#kept.delete(attempt);
    for (const fd of [heirloom?.pidfd, heirloom?.pipe]) if (fd !== undefined) closeSync(fd);
  }

  /** By the name that init is to hold each under. */
  get descriptors(): ReadonlyMap<string, number> {
    const all = new Map<string, number>();
    for (const [attempt, { unit, heirloom }] of this.#kept) {
      if (heirloom.pidfd !== undefined) all.set(heldPidfd(unit, attempt.number), heirloom.pidfd);
      if (heirloom.pipe !== undefined) all.set(heldPipe(unit, attempt.number), heirloom.pipe);
    }
    return all;
  }
}

export function heldPidfd(instance: string, attempt: number): string {
  return heldName("pidfd", instance, String(attempt));
}

export function heldPipe(instance: string, attempt: number): string {
  return heldName("pipe", instance, String(attempt));
}

export function isHeirloom(held: string): boolean {
  return /^(pidfd|pipe)\//.test(held);
}

/**
 * What a process left in its pipe that ended while there was no init, to the end of its log. Before init has the log open:
 * then nobody else writes to it.
 */
export function drainInto(pipe: number, path: string): number {
  const buffer = Buffer.allocUnsafe(64 * 1024);
  let log: number | undefined;
  let drained = 0;
  try {
    for (;;) {
      const count = readSome(pipe, buffer);
      if (count === 0) return drained;
      log ??= openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW);
      for (let written = 0; written < count; ) written += writeSync(log, buffer, written, count - written);
      drained += count;
    }
  } finally {
    if (log !== undefined) closeSync(log);
  }
}

function readSome(fd: number, buffer: Buffer): number {
  try {
    return readSync(fd, buffer);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EAGAIN") return 0;
    throw error;
  }
}

/** Too few descriptors are left: then a death of init may cost an exit status, and nothing else. */
function unlessNone<T>(open: () => T | undefined): T | undefined {
  try {
    return open();
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "EMFILE" || error.code === "ENFILE")) return undefined;
    throw error;
  }
}
