/**
 * What the kernel tells about a process in one line: proc_pid_stat(5).
 *
 *   readProcessStat(1)?.name;       // "systemd"; undefined where there is no such process
 */
import { readlinkSync } from "node:fs";
import { readProcFile } from "./procFile.ts";

export interface ProcessStat {
  readonly pid: number;
  /** The name of the program, at most 15 bytes (comm). */
  readonly name: string;
  /** "R", "S", "D", "T", "Z" … */
  readonly state: string;
  readonly parent: number;
  /** The process group's id. */
  readonly group: number;
  /** The session's id. */
  readonly session: number;
  /** Device number of the controlling terminal; 0 for none. */
  readonly terminal: number;
  /** A thread of the kernel's own. */
  readonly kernel: boolean;
  /** Clock ticks on a processor, of all its threads. */
  readonly ticks: number;
  readonly threads: number;
  /** Clock ticks between boot and start: with the pid and the boot, the identity of a process. */
  readonly startTime: number;
  readonly residentPages: number;
  /** The wait status of a zombie; 0 also where the kernel doesn't let us know: {@link mayKnowWaitStatus}. */
  readonly waitStatus: number;
}

/** PF_KTHREAD of the kernel's include/linux/sched.h. */
const KERNEL_THREAD = 0x20_0000;

/** Undefined where there is no such process, or where we may not look. A zombie is one. */
export function readProcessStat(pid: number): ProcessStat | undefined {
  const bytes = readProcFile(`/proc/${pid}/stat`);
  if (typeof bytes === "string") return undefined;
  const text = bytes.toString("latin1");
  // The name may hold blanks and parentheses. Field 3 comes after it.
  const end = text.lastIndexOf(")");
  if (end === -1) return undefined;
  const fields = text.slice(end + 2).split(" ");
  const field = (number: number) => Number(fields[number - 3] ?? 0);
  return {
    pid,
    name: text.slice(text.indexOf("(") + 1, end),
    state: fields[0] ?? "?",
    parent: field(4),
    group: field(5),
    session: field(6),
    terminal: field(7),
    kernel: (field(9) & KERNEL_THREAD) !== 0,
    ticks: field(14) + field(15),
    threads: field(20),
    startTime: field(22),
    residentPages: Math.max(0, field(24)),
    waitStatus: field(52),
  };
}

/** A zombie, unless only its first thread has ended: that looks the same, and lives. */
export function isOver({ state, threads }: Pick<ProcessStat, "state" | "threads">): boolean {
  return state === "X" || (state === "Z" && threads <= 1);
}

/** Whether a zombie's wait status is told to us. To those who may not know, the kernel shows 0; this link asks for the same permission. */
export function mayKnowWaitStatus(pid: number): boolean {
  try {
    readlinkSync(`/proc/${pid}/ns/user`);
    return true;
  } catch {
    return false;
  }
}
