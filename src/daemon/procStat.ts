/** What /proc tells about a process that is not ours. */
import { type BigIntStats, readdirSync, readFileSync, statSync } from "node:fs";
import { basename } from "node:path";

export interface ProcStat {
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
  /** Clock ticks between boot and start: with the pid, the identity of a process. */
  readonly startTime: bigint;
  /** The wait status of a zombie; 0 also where the kernel doesn't let us know, see proc_pid_stat(5). */
  readonly waitStatus: number;
}

/** USER_HZ, which the kernel's ABI fixes on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** /proc/PID/stat, or undefined where there is no such process. */
export function readProcStat(pid: number): ProcStat | undefined {
  const text = readProc(pid, "stat");
  if (text === undefined) return undefined;
  // The name may hold blanks and parentheses.
  const end = text.lastIndexOf(")");
  const fields = text.slice(end + 2).split(" ");
  return {
    name: text.slice(text.indexOf("(") + 1, end),
    state: fields[0] ?? "?",
    parent: Number(fields[4 - 3] ?? 0),
    group: Number(fields[5 - 3] ?? 0),
    session: Number(fields[6 - 3] ?? 0),
    terminal: Number(fields[7 - 3] ?? 0),
    startTime: BigInt(fields[22 - 3] ?? 0),
    waitStatus: Number(fields[52 - 3] ?? 0),
  };
}

/** A name that people recognise: Node calls its main thread "MainThread", so there it is the program's. */
export function processName(pid: number): string {
  const name = readProcStat(pid)?.name ?? "?";
  if (name !== "MainThread") return name;
  const [program = ""] = (readProc(pid, "cmdline") ?? "").split("\0");
  return program === "" ? name : basename(program);
}

/** Real, effective and saved uid; undefined where there is no such process. */
export function uidsOf(pid: number): { real: number; effective: number; saved: number } | undefined {
  const match = /^Uid:\s+(\d+)\s+(\d+)\s+(\d+)/m.exec(readProc(pid, "status") ?? "");
  return match === null ? undefined : { real: Number(match[1]), effective: Number(match[2]), saved: Number(match[3]) };
}

/**
 * Wall-clock time of a start time, in milliseconds since 1970, right to about 30 ms.
 * btime of /proc/stat would do as well, but counts in whole seconds.
 */
export function wallClock(startTime: bigint): number {
  for (;;) {
    const before = Date.now();
    const uptime = Number.parseFloat(readFileSync("/proc/uptime", "latin1")) * 1000;
    const after = Date.now();
    // Descheduled in between, the two clocks would not be of the same moment.
    if (after - before <= 20) return before - uptime + (Number(startTime) * 1000) / TICKS_PER_SECOND;
  }
}

/** Whether a process has a file open. False where we may not look. */
export function hasOpen(pid: number, file: BigIntStats): boolean {
  return descriptorsOf(pid, file).length > 0;
}

/** A process other than ours through whose descriptor a file is locked by flock(2); undefined where none can be seen. */
export function findLockHolder(file: BigIntStats): number | undefined {
  const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  return pids.find((pid) => pid !== process.pid && descriptorsOf(pid, file).some((fd) => isLocked(pid, fd)));
}

function descriptorsOf(pid: number, file: BigIntStats): string[] {
  const directory = `/proc/${pid}/fd`;
  return attempt(() => readdirSync(directory), []).filter((fd) =>
    attempt(() => {
      const { dev, ino } = statSync(`${directory}/${fd}`, { bigint: true });
      return dev === file.dev && ino === file.ino;
    }, false),
  );
}

/** fdinfo shows the lock of that very open file description, not of others of the same file. */
function isLocked(pid: number, fd: string): boolean {
  return /^lock:.*\bFLOCK\b/m.test(readProc(pid, `fdinfo/${fd}`) ?? "");
}

function readProc(pid: number, file: string): string | undefined {
  return attempt(() => readFileSync(`/proc/${pid}/${file}`, "latin1"), undefined);
}

/** Processes come and go, and some can't be looked at. */
function attempt<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error && "code" in error && ["ENOENT", "ESRCH", "EACCES", "EPERM", "ENOTDIR"].includes(String(error.code)))
      return otherwise;
    throw error;
  }
}
