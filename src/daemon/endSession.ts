/** Ends what a daemon started before it failed: the processes that are still in its session. */
import { closeSync, readdirSync } from "node:fs";
import { isSystemError } from "../launch/errors.ts";
import { readProcessStat } from "../launch/processStat.ts";
import { native } from "../native/addon.ts";
import { signalNumber } from "../values/signals.ts";

/**
 * SIGKILL to every process of a session. Whoever called setsid(2) has left it.
 *
 * @param session id of a session that the daemon was launched into
 */
export function endSession(session: number): void {
  const members = readdirSync("/proc").map(Number).filter(Number.isInteger);
  for (const pid of members) if (isMember(pid, session)) kill(pid, session);
}

function isMember(pid: number, session: number): boolean {
  const stat = readProcessStat(pid);
  return stat?.session === session && stat.state !== "Z";
}

function kill(pid: number, session: number): void {
  let pidfd: number | undefined;
  try {
    pidfd = native().openPidfd(pid);
    // Asked again, of the very process that is held now.
    if (isMember(pid, session)) native().signalPidfd(pidfd, signalNumber("SIGKILL"));
  } catch (error) {
    // Gone in between, or another user's by now: its own affair.
    if (!isSystemError(error)) throw error;
  } finally {
    if (pidfd !== undefined) closeSync(pidfd);
  }
}
