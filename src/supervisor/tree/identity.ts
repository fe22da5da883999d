/**
 * Which process that is, for ever: a pid with its start time and the boot it belongs to. What is stored is this, never a
 * bare pid, and what is signalled is a pidfd that was proved to be this very process.
 *
 *   const main = readIdentity(pid);            // at once after the spawn; identityOf(record) for a line of init's table
 *   if (isSame(main)) …                        // later, from the journal
 *   signalProcess(main, "SIGTERM");            // "sent", or "gone"
 */
import { closeSync, readFileSync } from "node:fs";
import { DaemonError, errnoName, isSystemError } from "../../launch/errors.ts";
import { isOver, readProcessStat } from "../../launch/processStat.ts";
import { native } from "../../native/addon.ts";
import { parseSignal, signalName } from "../../values/signals.ts";
import type { Identity } from "../events.ts";

let currentBoot: string | undefined;

/** The id of this boot of the kernel: random(4). Containers have their host's. */
export function bootId(): string {
  currentBoot ??= readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  return currentBoot;
}

/** From what init tells about a process. */
export function identityOf({ pid, startTime }: { readonly pid: number; readonly startTime: number | bigint }): Identity {
  return { pid, startTime: Number(startTime), bootId: bootId() };
}

/** Of the process that has this pid now, a zombie too; undefined where there is none. Only who knows that it lives knows which one it is. */
export function readIdentity(pid: number): Identity | undefined {
  const found = readProcessStat(pid);
  return found === undefined ? undefined : identityOf(found);
}

/** Whether this very process still runs. A zombie doesn't, unless threads of it live on. */
export function isSame(identity: Identity): boolean {
  if (identity.bootId !== bootId()) return false;
  const found = readProcessStat(identity.pid);
  return found !== undefined && found.startTime === identity.startTime && !isOver(found);
}

/**
 * A pidfd of this very process, which the caller closes; undefined where it is gone, or where its number is another's now.
 *
 * @throws DaemonError EMFILE, ENFILE
 */
export function openProcess(identity: Identity): number | undefined {
  if (identity.pid <= 0 || identity.bootId !== bootId()) return undefined;
  let pidfd: number;
  try {
    pidfd = native().openPidfd(identity.pid);
  } catch (error) {
    // EINVAL, and ENOENT in newer kernels, is the number of a thread.
    if (isSystemError(error) && ["ESRCH", "EINVAL", "ENOENT"].includes(errnoName(error.errno))) return undefined;
    throw DaemonError.from(error, "pidfd", String(identity.pid));
  }
  // Looked at after it was opened: were it another one, it would have started later.
  if (isSame(identity)) return pidfd;
  closeSync(pidfd);
  return undefined;
}

/**
 * A signal to this very process, by name or number.
 *
 * @returns "gone" where it has ended, also where its number is another process's by now
 * @throws DaemonError EPERM, EMFILE
 */
export function signalProcess(identity: Identity, signal: string | number): "sent" | "gone" {
  const number = parseSignal(signal);
  const pidfd = openProcess(identity);
  if (pidfd === undefined) return "gone";
  try {
    return native().signalPidfd(pidfd, number) ? "sent" : "gone";
  } catch (error) {
    throw DaemonError.from(
      error,
      "signal",
      `${signalName(number)} to process ${identity.pid}`,
      "run as root, or as the user it belongs to",
    );
  } finally {
    closeSync(pidfd);
  }
}
