/** All processes of a crash run, read from /proc. */
import { readFileSync, readlinkSync } from "node:fs";
import { findMark } from "../../src/supervisor/tree/mark.ts";
import { allPids, readStat } from "../support/process.ts";

export interface Scanned {
  readonly pid: number;
  readonly parent: number;
  readonly startTime: number;
  readonly role: string;
  /** "web/0" */
  readonly instance: string;
  readonly attempt: number;
  /** CRASH_VALUE */
  readonly value: string;
  /** "pipe:[123]" */
  readonly output: string;
}

export interface Scan {
  /** Processes of services. */
  readonly processes: readonly Scanned[];
  /** By the pid of their parent. */
  readonly zombies: ReadonlyMap<number, readonly string[]>;
}

/** @param run CRASH_RUN of the processes that are looked for */
export function scan(run: string): Scan {
  const processes: Scanned[] = [];
  const zombies = new Map<number, string[]>();
  for (const pid of allPids()) {
    const found = unlessGone(() => look(pid, run));
    if (found === undefined) continue;
    if ("zombie" in found) zombies.set(found.parent, [...(zombies.get(found.parent) ?? []), `${pid} (${found.zombie})`]);
    else processes.push(found);
  }
  return { processes, zombies };
}

function look(pid: number, run: string): Scanned | { readonly zombie: string; readonly parent: number } | undefined {
  const { name, state, ppid, startTime } = readStat(pid);
  if (state === "Z" || state === "X") return { zombie: name, parent: ppid };
  const environ = readFileSync(`/proc/${pid}/environ`);
  if (!environ.includes(`\0CRASH_RUN=${run}\0`) && !environ.subarray(0, 60).includes(`CRASH_RUN=${run}\0`)) return undefined;
  const mark = findMark(environ);
  if (mark === undefined) return undefined;
  const value = /(?:^|\0)CRASH_VALUE=([^\0]*)/.exec(environ.toString("latin1"))?.[1] ?? "";
  const output = readlinkSync(`/proc/${pid}/fd/1`);
  return { pid, parent: ppid, startTime: Number(startTime), role: name, instance: mark.instance, attempt: mark.attempt, value, output };
}

/** Runs what reads a process that may end at any time. */
export function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && "code" in error && ["ENOENT", "ESRCH", "EACCES"].includes(String(error.code))) return undefined;
    throw error;
  }
}
