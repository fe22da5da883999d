/**
 * What a process uses, from one read of /proc/PID/stat: proc_pid_stat(5).
 *
 *   const meter = new UsageMeter();
 *   meter.look(pid, startTime);     // { cpu: 0.25, memory: 12_582_912 }: a quarter of a processor, resident bytes
 */
import { readFileSync } from "node:fs";
import { type ProcessStat, readProcessStat } from "../launch/processStat.ts";
import { monotonicMs } from "../values/clock.ts";
import { systemUnits } from "./systemUnits.ts";

export interface Usage {
  /** Processor time in milliseconds, of all its threads, since it started. */
  readonly cpuMs: number;
  /** Resident bytes. */
  readonly memory: number;
}

export interface Shown {
  /** Share of one processor, 1 for a whole one; null where it can't be told. */
  readonly cpu: number | null;
  /** Resident bytes; null where there is no such process. */
  readonly memory: number | null;
}

/** Undefined where there is no such process. A zombie has its time, and no memory. */
export function readUsage(pid: number): Usage | undefined {
  const found = readStat(pid);
  return found === undefined ? undefined : { cpuMs: found.cpuMs, memory: found.memory };
}

/** Milliseconds between two looks that are told apart: over less, a share is mostly chance (the kernel counts 10 ms at a time). */
const LEAST_INTERVAL = 500;

interface Look {
  readonly startTime: number;
  readonly at: number;
  readonly cpuMs: number;
  readonly cpu: number | null;
}

export class UsageMeter {
  readonly #looks = new Map<number, Look>();
  readonly #now: () => number;

  /** @param now milliseconds on a monotonic clock */
  constructor(now: () => number = monotonicMs) {
    this.#now = now;
  }

  /**
   * Its share since the look before, the first time since its start. Who looks again within half a second gets the same.
   *
   * @param startTime field 22 of its stat, clock ticks after boot: another process of this number is not looked at
   */
  look(pid: number, startTime: number): Shown {
    const found = readStat(pid);
    if (found === undefined || found.startTime !== startTime) {
      this.forget(pid);
      return { cpu: null, memory: null };
    }
    const { cpuMs, memory } = found;
    const now = this.#now();
    const known = this.#looks.get(pid);
    const before = known?.startTime === startTime ? known : undefined;
    const since = before ?? { at: now - ageOf(startTime), cpuMs: 0, cpu: null };
    if (now - since.at < LEAST_INTERVAL) return { cpu: since.cpu, memory };
    const cpu = Math.max(0, cpuMs - since.cpuMs) / (now - since.at);
    this.#looks.set(pid, { startTime, at: now, cpuMs, cpu });
    return { cpu, memory };
  }

  /** It has ended. */
  forget(pid: number): void {
    this.#looks.delete(pid);
  }
}

function readStat(pid: number): (Usage & { readonly startTime: number }) | undefined {
  let stat: ProcessStat | undefined;
  try {
    stat = readProcessStat(pid);
  } catch {
    // No descriptors are left: what it uses is not known now.
  }
  if (stat === undefined) return undefined;
  const { tickMs, pageSize } = systemUnits();
  return { cpuMs: stat.ticks * tickMs, startTime: stat.startTime, memory: stat.residentPages * pageSize };
}

/** Milliseconds since a start time, sleep of the machine included: both count from boot. */
function ageOf(startTime: number): number {
  return Number(readFileSync("/proc/uptime", "latin1").split(" ")[0]) * 1000 - startTime * systemUnits().tickMs;
}
