/** What `stop`, `status` and `signal` do with a pid file. */
import { resolve } from "node:path";
import { DaemonError } from "../launch/errors.ts";
import { monotonicMs } from "../values/clock.ts";
import type { ExitStatus } from "../values/exitStatus.ts";
import { parseSignal, signalName } from "../values/signals.ts";
import { PidFile } from "./pidFile.ts";
import { heldByUnnamed } from "./pidFileHolder.ts";
import { processOfPidFile } from "./pidFileProcess.ts";
import { ProcessHandle } from "./processHandle.ts";
import { removeLeftover } from "./removeLeftover.ts";

/** A process that is named by a pid file. */
export interface NamedProcess {
  readonly pid: number;
  readonly name: string;
}

export type StopProgress = { readonly sent: string; readonly to: NamedProcess; readonly timeout: number };

export interface StopOptions {
  /** What asks the process to end. Default "SIGTERM". */
  readonly signal?: string | number;
  /** How long to wait after each signal, in ms. Default 10 000. */
  readonly timeout?: number;
  /** Send SIGKILL after the first timeout. Default true. */
  readonly kill?: boolean;
  /** Called after each signal that was sent. */
  readonly onProgress?: (progress: StopProgress) => void;
}

export type StopResult =
  | {
      readonly outcome: "stopped" | "killed" | "still running";
      readonly process: NamedProcess;
      /** How it ended; "unknown" too while it runs. */
      readonly status: ExitStatus;
      /** Milliseconds. */
      readonly took: number;
    }
  | {
      readonly outcome: "not running";
      /** The sentence that says why: no file, an empty one, a stale one … */
      readonly why: string;
    };

export type PidFileStatus =
  | { readonly state: "running"; readonly pid: number; readonly name: string; readonly since: Date }
  | { readonly state: "dead, pid file left"; readonly pid: number; readonly why: string }
  | { readonly state: "not running"; readonly why: string };

/**
 * Ends the process that a pid file names and waits until it is gone; then removes the file, unless somebody has it again.
 *
 * @throws DaemonError ERR_PID_FILE for a file that can't be trusted, ERR_ALREADY_RUNNING for one that is locked
 * without naming who runs, EPERM
 * @example
 * const result = await stopByPidFile("/run/hello.pid", { timeout: 5000 });
 */
export async function stopByPidFile(path: string, options: StopOptions = {}): Promise<StopResult> {
  const { signal = "SIGTERM", timeout = 10_000, kill = true, onProgress } = options;
  const first = signalName(parseSignal(signal));
  const absolute = resolve(path);
  const found = find(absolute);
  if (!(found instanceof ProcessHandle)) {
    if (found.pid !== undefined) removeLeftover(absolute, found.pid);
    return { outcome: "not running", why: found.why };
  }
  const began = monotonicMs();
  const to = { pid: found.pid, name: found.name };
  try {
    let sent = first;
    const ask = async (next: string) => {
      sent = next;
      if (found.signal(next)) onProgress?.({ sent, to, timeout });
      // A stopped process takes note of nothing but SIGKILL.
      found.signal("SIGCONT");
      return await found.exited(timeout);
    };
    const gone = (await ask(first)) || (kill && first !== "SIGKILL" && (await ask("SIGKILL")));
    if (gone) removeLeftover(absolute, found.pid);
    const outcome = !gone ? "still running" : sent === "SIGKILL" ? "killed" : "stopped";
    return { outcome, process: to, status: found.exitStatus(), took: monotonicMs() - began };
  } finally {
    found.close();
  }
}

/**
 * What a pid file tells about its process.
 *
 * @throws as {@link stopByPidFile}
 */
export function statusByPidFile(path: string): PidFileStatus {
  const found = find(resolve(path));
  if (found instanceof ProcessHandle) {
    const { pid, name, startedAt } = found;
    found.close();
    return { state: "running", pid, name, since: startedAt };
  }
  const { pid, why } = found;
  return pid === undefined ? { state: "not running", why } : { state: "dead, pid file left", pid, why };
}

/**
 * Sends a signal to the process that a pid file names.
 *
 * @throws DaemonError ERR_NOT_RUNNING, or as {@link stopByPidFile}
 */
export function signalByPidFile(path: string, signal: string | number): NamedProcess {
  const number = parseSignal(signal);
  const handle = processOfPidFile(path);
  try {
    const { pid, name } = handle;
    if (handle.signal(number)) return { pid, name };
    throw DaemonError.own("ERR_NOT_RUNNING", "pid file", `names process ${pid}, which is not running`, { subject: resolve(path) });
  } finally {
    handle.close();
  }
}

function find(path: string): ProcessHandle | { readonly pid: number | undefined; readonly why: string } {
  try {
    return processOfPidFile(path);
  } catch (error) {
    if (!(error instanceof DaemonError && error.code === "ERR_NOT_RUNNING")) throw error;
    const content = PidFile.read(path);
    // "Not running" would be a lie: a daemon is about to write its pid, or a child of it lives on.
    if (content?.locked === true) throw heldByUnnamed(path, content.stat);
    return { pid: content?.pid, why: error.strerror };
  }
}
