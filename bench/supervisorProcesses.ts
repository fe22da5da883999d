/** What processes cost, read from /proc; and the end of those that a benchmark started. */
import { readdirSync, readFileSync } from "node:fs";
import { until } from "../test/support/wait.ts";

/** The variable that all that a benchmark starts has in its environment: the value is the benchmark's directory. */
export const MARK = "DAEMONITOR_BENCH";

/** Clock ticks per second: of the kernel's interface, the same on every Linux that Node runs on. */
const TICKS = 100;

export interface Memory {
  /** Megabytes resident, of all of them together: pages that they share are counted for each. */
  readonly resident: number;
  /** The same, pages that they share with others divided by those that share them. */
  readonly proportional: number;
  /** The part of what is resident that is no page of a file. */
  readonly anonymous: number;
}

export function memoryOf(pids: readonly number[]): Memory {
  const all = pids.map((pid) => readFileSync(`/proc/${pid}/smaps_rollup`, "latin1"));
  const sum = (key: string) =>
    all.reduce((total, text) => total + Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0) / 1024, 0);
  return { resident: sum("Rss"), proportional: sum("Pss"), anonymous: sum("Anonymous") };
}

/** Milliseconds of processor time that the process has used, in steps of 10: the kernel's own account. */
export function cpuTicksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS;
}

/** The same of the threads that it has now, to the nanosecond, for what takes little. */
export function cpuOf(pid: number): number {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = tasks.map((task) => Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "latin1").split(" ")[0]));
  return nanoseconds.reduce((total, one) => total + one, 0) / 1e6;
}

export function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Processes that have the directory in their environment, by `name` as in /proc/PID/comm where one is given. */
export function processesOf(directory: string, name?: string): number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => pid !== process.pid && belongs(pid, directory) && (name === undefined || nameOf(pid) === name));
}

/** Resolves when nothing is left of what was started with the directory in its environment. */
export async function endProcessesOf(directory: string): Promise<void> {
  await until(`what was started in ${directory} to end`, () => killProcessesOf(directory) === 0, { timeout: 60_000 });
}

/** Returns how many there were. Who starts others comes first, or it would start again what ends. */
export function killProcessesOf(directory: string): number {
  const pids = processesOf(directory);
  const isService = (pid: number) => nameOf(pid) === "stamp";
  for (const pid of [...pids.filter((one) => !isService(one)), ...pids.filter(isService)]) kill(pid);
  return pids.length;
}

function belongs(pid: number, directory: string): boolean {
  try {
    // Of a zombie it is empty.
    return readFileSync(`/proc/${pid}/environ`, "latin1")
      .split("\0")
      .some((entry) => isWithin(entry.slice(entry.indexOf("=") + 1), directory));
  } catch {
    return false;
  }
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

function nameOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, "latin1").trimEnd();
  } catch {
    return undefined;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
