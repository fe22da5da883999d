/** Whose pid file it is. */
import { type BigIntStats, fstatSync } from "node:fs";
import { DaemonError } from "../launch/errors.ts";
import { readProcessStat } from "../launch/processStat.ts";
import { native } from "../native/addon.ts";
import { monotonicMs } from "../values/clock.ts";
import { readPid, STEP } from "./pidFileTrust.ts";
import { findLockHolder, hasOpen, processName, wallClock } from "./procStat.ts";

/**
 * File times come from a clock that ticks every 4 to 10 ms, start times are counted in 10 ms: a
 * process that wrote at once may seem to have started after. No pid comes round again so soon.
 */
const CLOCK_TOLERANCE = 100;

/**
 * Whether the process with this number is the one that a pid file was written for, and not a later
 * one with its number. The proof is that it holds the file open. Programs that close all their
 * descriptors can't give it: they must at least have started before the file was written. (A clock
 * that was set back in between can deceive this second look, hence a file of the future proves
 * nothing; pid 1 is older than any file, so it needs the proof.)
 */
export function isNamedBy(file: BigIntStats, pid: number): boolean {
  const stat = readProcessStat(pid);
  if (stat === undefined || stat.state === "Z" || stat.state === "X") return false;
  if (hasOpen(pid, file)) return true;
  const written = Number(file.mtimeNs) / 1e6;
  return pid !== 1 && written <= Date.now() + CLOCK_TOLERANCE && wallClock(stat.startTime) <= written + CLOCK_TOLERANCE;
}

/**
 * Waits for a lock that somebody holds, `patience` ms at the most: its holder may be just about to
 * write its pid, or to give up.
 *
 * @throws DaemonError ERR_ALREADY_RUNNING, which names the holder
 */
export function lockOrName(fd: number, path: string, patience: number): void {
  const deadline = monotonicMs() + patience;
  for (let pause = 2; !native().flock(fd, "exclusive"); pause = Math.min(50, pause * 2)) {
    const file = fstatSync(fd, { bigint: true });
    const pid = readPid(fd);
    if (pid !== undefined && isNamedBy(file, pid)) throw held(path, `process ${pid} (${processName(pid)})`, path);
    if (monotonicMs() >= deadline) throw heldByUnnamed(path, file);
    sleep(pause);
  }
}

/** The error for a lock whose holder the file doesn't name: a launcher that is not done, or a daemon's child that outlived it. */
export function heldByUnnamed(path: string, file: BigIntStats): DaemonError {
  const pid = findLockHolder(file);
  const who = pid === undefined ? "a process that can't be seen from here" : `process ${pid} (${processName(pid)})`;
  return held(path, `${who}, which it doesn't name`, undefined);
}

function held(path: string, who: string, stoppable: string | undefined): DaemonError {
  const hint = stoppable === undefined ? "try again later, or end that process" : `end it with: daemonitor stop --pid-file ${stoppable}`;
  return DaemonError.own("ERR_ALREADY_RUNNING", STEP, `held by ${who}`, { subject: path, hint });
}

function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
