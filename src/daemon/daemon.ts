/** What createDaemon gives back: the daemon to itself, and to its launcher what it needs to know. */
import { closeSync } from "node:fs";
import { DaemonError, EXIT, isSystemError } from "../launch/errors.ts";
import { native } from "../native/addon.ts";
import type { Handoff } from "./handoff.ts";
import { notify } from "./notify.ts";
import type { PidFile } from "./pidFile.ts";

/** The running daemon. */
export interface Daemon<State = unknown> {
  readonly role: "daemon";
  /** The recipe's return code of success. */
  readonly rc: 0;
  readonly pid: number;
  /** What the launcher was given as `state`, or undefined. A clone. */
  readonly state: State;
  /** Locked as long as the daemon lives, removed when it ends by itself, by SIGTERM or by SIGINT. */
  readonly pidFile: PidFile | undefined;
  /** Tells the launcher, or the service manager, that the daemon is ready. A second call does nothing. */
  ready(): void;
  /** Tells the launcher why there will be no daemon, and ends the process with `exitCode` (1). */
  fail(error: unknown, exitCode?: number): never;
}

/** The launcher, with `exitLauncher: false`. */
export interface Launcher {
  readonly role: "launcher";
  /** Of the daemon, which is ready. */
  readonly pid: number;
}

export interface Standing {
  readonly handoff: Handoff | undefined;
  readonly state: unknown;
  readonly pidFile: PidFile | undefined;
  /** The null device, for standard error once it is ready. */
  readonly nullDevice: number | undefined;
}

export function runningDaemon({ handoff, state, pidFile, nullDevice }: Standing): Daemon {
  let reported = false;
  return {
    role: "daemon",
    rc: 0,
    pid: process.pid,
    state,
    pidFile,
    ready(): void {
      if (reported) return;
      reported = true;
      if (nullDevice !== undefined) discardStderr(nullDevice);
      if (handoff === undefined) notify.ready();
      else handoff.report({ is: "ready" });
    },
    fail(error: unknown, exitCode = 1): never {
      reported = true;
      reportFailure(handoff, error);
      process.exit(exitCode);
    },
  };
}

/** To the launcher while it waits, to standard error where none does. */
export function reportFailure(handoff: Handoff | undefined, error: unknown): void {
  const failure = asDaemonError(error);
  const told = handoff?.report({ is: "failed", error: { ...failure } }) ?? false;
  if (!told) process.stderr.write(`${failure.message}\n`);
}

function asDaemonError(error: unknown): DaemonError {
  if (error instanceof DaemonError) return error;
  const what = error instanceof Error ? error.message : String(error);
  if (isSystemError(error)) {
    const wrapped = DaemonError.fromErrno("ready", Math.abs(error.errno), "syscall" in error ? String(error.syscall) : undefined);
    return new DaemonError({ ...wrapped, exitCode: EXIT.unavailable });
  }
  return DaemonError.own("ERR_DAEMON_FAILED", "ready", what);
}

function discardStderr(nullDevice: number): void {
  native().duplicateTo(nullDevice, 2);
  closeSync(nullDevice);
}
