/** How a process that is not our child ended. True, or "unknown": never invented. */
import { readlinkSync } from "node:fs";
import { isSystemError } from "../launch/errors.ts";
import { native } from "../native/addon.ts";
import { decodeWaitStatus, type ExitStatus } from "../values/exitStatus.ts";
import { readProcStat } from "./procStat.ts";

/** PIDFD_GET_INFO knows it once somebody has reaped the process (Linux 6.15), field 52 of /proc/PID/stat until then. */
export function exitStatusOf(pid: number, pidfd: number): ExitStatus {
  const zombie = zombieStatus(pid, pidfd);
  const status = zombie ?? native().exitStatusOf(pidfd);
  return status === null ? "unknown" : decodeWaitStatus(status);
}

function zombieStatus(pid: number, pidfd: number): number | undefined {
  const permitted = mayRead(pid);
  const stat = readProcStat(pid);
  // Asked last: a number that is still taken was that of our process all the time.
  return stat?.state === "Z" && permitted && isUnreaped(pidfd) ? stat.waitStatus : undefined;
}

/** The kernel shows 0 to those who may not know. This link asks for the same permission, and refuses without it. */
function mayRead(pid: number): boolean {
  try {
    readlinkSync(`/proc/${pid}/ns/user`);
    return true;
  } catch {
    return false;
  }
}

function isUnreaped(pidfd: number): boolean {
  try {
    return native().signalPidfd(pidfd, 0);
  } catch (error) {
    if (isSystemError(error)) return true;
    throw error;
  }
}
