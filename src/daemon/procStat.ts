/** What /proc tells about a process that is not ours. */
import { type BigIntStats, readdirSync, readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { readProcessStat } from "../launch/processStat.ts";

/** USER_HZ, which the kernel's ABI fixes on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** A name that people recognise: Node calls its main thread "MainThread", so there it is the program's. */
export function processName(pid: number): string {
  const name = readProcessStat(pid)?.name ?? "?";
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
 * Wall-clock time of a start time, which is in clock ticks after boot, in milliseconds since 1970, right to about 30 ms.
 * btime of /proc/stat would do as well, but counts in whole seconds.
 */
export function wallClock(startTime: number): number {
  for (;;) {
    const before = Date.now();
    const uptime = Number.parseFloat(readFileSync("/proc/uptime", "latin1")) * 1000;
    const after = Date.now();
    // Descheduled in between, the two clocks would not be of the same moment.
    if (after - before <= 20) return before - uptime + (startTime * 1000) / TICKS_PER_SECOND;
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
