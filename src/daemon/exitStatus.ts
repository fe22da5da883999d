/** How a process that is not our child ended. True, or "unknown": never invented. */
import { readlinkSync } from "node:fs";
import { isSystemError } from "../launch/errors.ts";
import { native } from "../native/addon.ts";
import { signalName } from "../values/signals.ts";
import { readProcStat } from "./procStat.ts";

export type ExitStatus = { readonly code: number } | { readonly signal: string } | "unknown";

/** PIDFD_GET_INFO knows it once somebody has reaped the process (Linux 6.15), field 52 of /proc/PID/stat until then. */
export function exitStatusOf(pid: number, pidfd: number): ExitStatus {
  const zombie = zombieStatus(pid, pidfd);
  const status = zombie ?? native().exitStatusOf(pidfd);
  return status === null ? "unknown" : decode(status);
}

/** "exit status 3", "killed by SIGKILL". */
export function describeExit(status: ExitStatus): string {
  if (status === "unknown") return "exit status unknown";
  return "code" in status ? `exit status ${status.code}` : `killed by ${status.signal}`;
}

/** A wait status, as wait(2) encodes it. */
function decode(status: number): ExitStatus {
  const signal = status & 0x7f;
  return signal === 0 ? { code: (status >> 8) & 0xff } : { signal: signalName(signal) };
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
