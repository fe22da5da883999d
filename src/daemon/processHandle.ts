/** A process held by a pidfd: what is signalled is that very process, never another one that got its number. */
import { closeSync } from "node:fs";
import { DaemonError, errnoName, isSystemError } from "../launch/errors.ts";
import { readProcessStat } from "../launch/processStat.ts";
import { native } from "../native/addon.ts";
import type { ExitStatus } from "../values/exitStatus.ts";
import { parseSignal, signalName } from "../values/signals.ts";
import { exitStatusOf } from "./exitStatus.ts";
import { processName, wallClock } from "./procStat.ts";

/** poll(2) counts in a signed 32-bit integer. */
const LONGEST_WAIT = 2 ** 31 - 1;

/**
 * A running process, for good: the number may be given to another one, the handle never is.
 *
 * @example
 * const daemon = processOfPidFile("/run/hello.pid");
 * daemon.signal("SIGTERM");
 * if (await daemon.exited(10_000)) console.log(daemon.exitStatus());
 * daemon.close();
 */
export class ProcessHandle {
  readonly pid: number;
  /** The program's name as ps(1) shows it. */
  readonly name: string;
  readonly startedAt: Date;
  readonly #pidfd: number;
  readonly #waits = new Set<() => void>();
  #closed = false;

  private constructor(pid: number, pidfd: number) {
    this.pid = pid;
    this.#pidfd = pidfd;
    this.name = processName(pid);
    this.startedAt = new Date(wallClock(readProcessStat(pid)?.startTime ?? 0));
  }

  /**
   * Takes hold of a process by number. Only its parent, or who else knows that it lives, can be sure
   * which process that is: see processOfPidFile.
   *
   * @throws DaemonError ERR_NOT_RUNNING where there is none, or only a zombie
   */
  static open(pid: number): ProcessHandle {
    const pidfd = openPidfd(pid);
    if (pidfd !== undefined) {
      const handle = new ProcessHandle(pid, pidfd);
      // It still lives, so its number was not free meanwhile, and /proc was read of this very process.
      if (handle.isAlive()) return handle;
      handle.close();
    }
    throw DaemonError.own("ERR_NOT_RUNNING", "process", "is not running", { subject: String(pid) });
  }

  /** Whether it runs. A zombie doesn't. */
  isAlive(): boolean {
    return native().poll([this.#pidfd], 0).length === 0;
  }

  /**
   * Sends a signal: a name with or without "SIG", or a number.
   *
   * @returns false where the process is gone
   * @throws DaemonError EPERM
   */
  signal(signal: string | number): boolean {
    const number = parseSignal(signal);
    try {
      return native().signalPidfd(this.#pidfd, number);
    } catch (error) {
      const subject = `${signalName(number)} to process ${this.pid} (${this.name})`;
      throw DaemonError.from(error, "signal", subject, "run as root, or as the user it belongs to");
    }
  }

  /** Resolves to true when the process has ended, to false after `timeout` ms, or when the handle is closed. */
  async exited(timeout: number): Promise<boolean> {
    const { done, cancel } = native().pollAsync([this.#pidfd], Math.min(LONGEST_WAIT, Math.max(0, Math.ceil(timeout))));
    this.#waits.add(cancel);
    const ready = await done.finally(() => this.#waits.delete(cancel));
    return ready.length > 0;
  }

  /** How it ended, as far as the kernel tells those who are not its parent. Never a guess. */
  exitStatus(): ExitStatus {
    return exitStatusOf(this.pid, this.#pidfd);
  }

  /** Lets go of the process; it runs on. A second call does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const cancel of this.#waits) cancel();
    closeSync(this.#pidfd);
  }
}

function openPidfd(pid: number): number | undefined {
  try {
    return native().openPidfd(pid);
  } catch (error) {
    // EINVAL, and ENOENT in newer kernels, is the number of a thread.
    if (isSystemError(error) && ["ESRCH", "EINVAL", "ENOENT"].includes(errnoName(error.errno))) return undefined;
    throw DaemonError.from(error, "pidfd", String(pid));
  }
}
