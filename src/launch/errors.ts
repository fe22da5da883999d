/**
 * The one error class of the library and the command, and the table that gives
 * every failure its exit code.
 */
import { getSystemErrorName } from "node:util";
import { native, type SystemError } from "../native/addon.ts";
import { ERRNO } from "../values/errno.ts";
import { hintFor } from "./hints.ts";

/** Exit codes: sysexits.h where it has a word, 126 and 127 for exec as shells do. */
export const EXIT = {
  ok: 0,
  usage: 64,
  unavailable: 69,
  software: 70,
  osError: 71,
  cantCreate: 73,
  temporary: 75,
  noPermission: 77,
  configuration: 78,
  cantExecute: 126,
  notFound: 127,
} as const;

/** Codes of failures that are no failed system call: the closest errno, the exit code. */
export const ERROR_CODES = {
  ERR_ALREADY_RUNNING: { errno: 17, exitCode: EXIT.temporary, meaning: "the pid file is held by a running process" },
  ERR_CALLED_TWICE: { errno: 114, exitCode: EXIT.software, meaning: "createDaemon was called a second time in one process" },
  ERR_DAEMON_EXITED: { errno: 10, exitCode: EXIT.unavailable, meaning: "the daemon ended before it was ready" },
  ERR_DAEMON_FAILED: { errno: 10, exitCode: EXIT.unavailable, meaning: "the daemon reported a failure before it was ready" },
  ERR_NOT_READY: { errno: 110, exitCode: EXIT.temporary, meaning: "the daemon was not ready in time and was ended" },
  ERR_NOT_RUNNING: { errno: 3, exitCode: EXIT.unavailable, meaning: "the pid file names no running process" },
  ERR_NO_SCRIPT: { errno: 2, exitCode: EXIT.usage, meaning: "the program can't be started again: it came from -e or standard input" },
  ERR_NO_SYSLOG: { errno: 111, exitCode: EXIT.unavailable, meaning: "no syslog daemon listens, or logger(1) is missing" },
  ERR_PID_FILE: { errno: 1, exitCode: EXIT.cantCreate, meaning: "the pid file is no file that can be trusted" },
  ERR_UNKNOWN_GROUP: { errno: 2, exitCode: EXIT.configuration, meaning: "no such group" },
  ERR_UNKNOWN_USER: { errno: 2, exitCode: EXIT.configuration, meaning: "no such user" },
  ERR_WORKER_THREAD: { errno: 1, exitCode: EXIT.software, meaning: "createDaemon was called in a worker thread" },
} as const satisfies Record<string, { errno: number; exitCode: number; meaning: string }>;

export type OwnErrorCode = keyof typeof ERROR_CODES;

export interface DaemonErrorFields {
  /** What was being done: a step of a launch plan ("fork again", "chdir", "exec"), or "pid file", "ready" … */
  readonly step: string;
  /** The path, name or value at fault. */
  readonly subject?: string | undefined;
  /** errno's name ("EAGAIN"), or one of {@link ERROR_CODES}. */
  readonly code: string;
  /** Always above 0, also for failures that are no system call's (the closest errno). */
  readonly errno: number;
  /** strerror(3) of it, or the sentence that says what happened. */
  readonly strerror: string;
  /** What to do about it. */
  readonly hint?: string | undefined;
  readonly exitCode: number;
  /** The daemon's last lines on standard error, where it ended before it was ready. */
  readonly lastWords?: string | undefined;
}

/**
 * A daemon that could not be made, and why. `message` is one line: what failed, on what, why, what to do.
 *
 * @example
 * try { createDaemon({ cwd: "/missing" }) } catch (error) {
 *   if (error instanceof DaemonError) console.error(error.step, error.errno, error.strerror);
 * }
 */
export class DaemonError extends Error implements DaemonErrorFields {
  readonly step: string;
  readonly subject: string | undefined;
  readonly code: string;
  readonly errno: number;
  readonly strerror: string;
  readonly hint: string | undefined;
  readonly exitCode: number;
  readonly lastWords: string | undefined;

  constructor(fields: DaemonErrorFields, options?: ErrorOptions) {
    super(describe(fields), options);
    this.name = "DaemonError";
    this.step = fields.step;
    this.subject = fields.subject;
    this.code = fields.code;
    this.errno = fields.errno;
    this.strerror = fields.strerror;
    this.hint = fields.hint;
    this.exitCode = fields.exitCode;
    this.lastWords = fields.lastWords;
  }

  /** The error of a failed system call, from its errno. */
  static fromErrno(step: string, errno: number, subject?: string, hint?: string): DaemonError {
    const code = errnoName(errno);
    const strerror = native().strerror(errno);
    return new DaemonError({ step, subject, code, errno, strerror, hint: hint ?? hintFor(step, code), exitCode: exitCodeFor(step, code) });
  }

  /** One of our own failures. `what` completes the sentence "STEP SUBJECT: what". */
  static own(
    code: OwnErrorCode,
    step: string,
    what: string,
    more: { subject?: string; hint?: string; lastWords?: string } = {},
  ): DaemonError {
    const { errno, exitCode } = ERROR_CODES[code];
    return new DaemonError({ step, code, errno, exitCode, strerror: what, ...more });
  }

  /** Wraps what a native or `node:fs` call threw. Anything else is thrown on as it is: it is a bug, not a condition. */
  static from(error: unknown, step: string, subject?: string, hint?: string): DaemonError {
    if (error instanceof DaemonError) return error;
    if (!isSystemError(error)) throw error;
    const wrapped = DaemonError.fromErrno(step, Math.abs(error.errno), subject, hint);
    wrapped.cause = error;
    return wrapped;
  }
}

// A bundler renames a class that refers to itself, and the name is in every stack trace.
Object.defineProperty(DaemonError, "name", { value: "DaemonError" });

/** An option that is unknown, ill-typed or at odds with another one. Exit code 64. */
export class OptionError extends TypeError {
  readonly code = "ERR_OPTION";
  readonly exitCode = EXIT.usage;
  readonly option: string;

  constructor(option: string, message: string) {
    super(message);
    this.name = "OptionError";
    this.option = option;
  }
}

export function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && typeof (error as Partial<SystemError>).errno === "number";
}

/** "ENOENT" for 2. libuv has no name for some, node:os for others. */
export function errnoName(errno: number): string {
  const listed = () => Object.entries(process.getBuiltinModule("node:os").constants.errno).find(([, number]) => number === errno)?.[0];
  return libuvName(errno) ?? listed() ?? (errno === ERRNO.ENOTRECOVERABLE ? "ENOTRECOVERABLE" : undefined) ?? `E${errno}`;
}

function libuvName(errno: number): string | undefined {
  try {
    const name = getSystemErrorName(-errno);
    return name.startsWith("Unknown") ? undefined : name;
  } catch {
    return undefined;
  }
}

function describe({ step, subject, code, strerror, hint }: DaemonErrorFields): string {
  const what = subject === undefined ? step : `${step} ${subject}`;
  const why = code.startsWith("ERR_") ? strerror : `${strerror} (${code})`;
  return hint === undefined ? `${what}: ${why}` : `${what}: ${why}; ${hint}`;
}

function exitCodeFor(step: string, code: string): number {
  if (step === "exec") return code === "ENOENT" || code === "ENOTDIR" ? EXIT.notFound : EXIT.cantExecute;
  if (code === "EAGAIN" || code === "ENOMEM") return EXIT.temporary;
  if (code === "EPERM" || code === "EACCES") return EXIT.noPermission;
  if (step === "openAt" || step === "pid file" || step === "writePid") return EXIT.cantCreate;
  if (step === "chdir" || step === "chroot") return EXIT.configuration;
  return EXIT.osError;
}
