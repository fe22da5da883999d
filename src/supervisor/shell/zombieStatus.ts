/** How a process ended that nobody has reaped yet: field 52 of /proc/PID/stat, see proc_pid_stat(5). */
import { mayKnowWaitStatus, readProcessStat } from "../../launch/processStat.ts";
import type { Identity } from "../events.ts";

/** A wait status; null where it is no zombie any more, or where the kernel doesn't let us know. */
export function zombieStatus({ pid, startTime }: Identity): number | null {
  const found = readProcessStat(pid);
  return found?.state === "Z" && found.startTime === startTime && mayKnowWaitStatus(pid) ? found.waitStatus : null;
}
