/** How a process that is not our child ended. True, or "unknown": never invented. */
import { isSystemError } from "../launch/errors.ts";
import { mayKnowWaitStatus, readProcessStat } from "../launch/processStat.ts";
import { native } from "../native/addon.ts";
import { decodeWaitStatus, type ExitStatus } from "../values/exitStatus.ts";

/** PIDFD_GET_INFO knows it once somebody has reaped the process (Linux 6.15), field 52 of /proc/PID/stat until then. */
export function exitStatusOf(pid: number, pidfd: number): ExitStatus {
  const zombie = zombieStatus(pid, pidfd);
  const status = zombie ?? native().exitStatusOf(pidfd);
  return status === null ? "unknown" : decodeWaitStatus(status);
}

function zombieStatus(pid: number, pidfd: number): number | undefined {
  const permitted = mayKnowWaitStatus(pid);
  const stat = readProcessStat(pid);
  // Asked last: a number that is still taken was that of our process all the time.
  return stat?.state === "Z" && permitted && isUnreaped(pidfd) ? stat.waitStatus : undefined;
}

function isUnreaped(pidfd: number): boolean {
  try {
    return native().signalPidfd(pidfd, 0);
  } catch (error) {
    if (isSystemError(error)) return true;
    throw error;
  }
}
