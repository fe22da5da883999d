/** Why the supervisor can't use or keep what it has on disk, apart from failed system calls. */
import { DaemonError, EXIT } from "../../launch/errors.ts";

export const STATE_ERROR_CODES = {
  ERR_HOME: { errno: 1, exitCode: EXIT.configuration, meaning: "the supervisor's directories can't be told, or can't be trusted" },
  ERR_SOCKET_PATH: { errno: 36, exitCode: EXIT.configuration, meaning: "the path of the control socket is longer than the kernel takes" },
  ERR_STATE_FILE: { errno: 1, exitCode: EXIT.noPermission, meaning: "a file of the supervisor can't be trusted" },
  ERR_SUPERVISOR_RUNNING: { errno: 17, exitCode: EXIT.temporary, meaning: "another supervisor has this home" },
} as const satisfies Record<string, { errno: number; exitCode: number; meaning: string }>;

export type StateErrorCode = keyof typeof STATE_ERROR_CODES;

/** `what` completes the sentence "STEP SUBJECT: what". */
export function stateError(code: StateErrorCode, step: string, subject: string, what: string, hint: string): DaemonError {
  const { errno, exitCode } = STATE_ERROR_CODES[code];
  return new DaemonError({ step, subject, code, errno, exitCode, strerror: what, hint });
}

/** The error of a failed system call on a file of the supervisor. Says what to do where the disk is at fault. */
export function diskError(error: unknown, step: string, path: string): DaemonError {
  return DaemonError.from(error, step, path, HINTS[codeOf(error) ?? ""]);
}

/** errno's name, of what `node:fs` or the library threw. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

const HINTS: Readonly<Record<string, string>> = {
  EROFS: "make the file system writable, or set DAEMONITOR_HOME to another directory",
  EACCES: "let its owner write there, or set DAEMONITOR_HOME to another directory",
  EPERM: "let its owner write there, or set DAEMONITOR_HOME to another directory",
  ENOTDIR: "remove what stands there, or set DAEMONITOR_HOME to another directory",
  EIO: "the disk is failing: see dmesg",
};
