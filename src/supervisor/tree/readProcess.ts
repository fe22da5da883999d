/** What /proc tells about a process, as far as it says which ones belong together. */
import { closeSync, openSync, readSync } from "node:fs";

export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  /** Clock ticks after boot. */
  readonly startTime: number;
  /** "R", "S", "D", "T", "Z" … */
  readonly state: string;
  readonly threads: number;
  /** A thread of the kernel's own. */
  readonly kernel: boolean;
}

/** PF_KTHREAD of the kernel's include/linux/sched.h. */
const KERNEL_THREAD = 0x20_0000;

/** One for all, since a pass makes thousands of reads. It grows with the largest environment that was seen. */
let buffer: Buffer = Buffer.allocUnsafe(16_384);

/** /proc/PID/stat, see proc_pid_stat(5); undefined where there is no such process. */
export function readProcess(pid: number): Process | undefined {
  const bytes = readProcFile(`/proc/${pid}/stat`);
  if (typeof bytes === "string") return undefined;
  // The name may hold blanks and parentheses.
  const end = bytes.lastIndexOf(")");
  if (end === -1) return undefined;
  const fields = bytes.toString("latin1", end + 2).split(" ");
  const field = (number: number) => Number(fields[number - 3]);
  return {
    pid,
    parent: field(4),
    session: field(6),
    startTime: field(22),
    state: fields[0] ?? "?",
    threads: field(20),
    kernel: (field(9) & KERNEL_THREAD) !== 0,
  };
}

/** A zombie, unless only its first thread has ended: that looks the same, and lives. */
export function isOver({ state, threads }: Process): boolean {
  return state === "X" || (state === "Z" && threads <= 1);
}

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
