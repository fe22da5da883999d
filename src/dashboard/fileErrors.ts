/** Failures of system calls, told as the rest of daemonitor tells them. */
import { constants } from "node:os";
import { DaemonError, EXIT } from "../launch/errors.ts";

export { DaemonError };

/** What Node throws when a system call fails. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException & { readonly code: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string" && error.code in constants.errno;
}

const HINTS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program listens there: choose another port with --listen",
  EADDRNOTAVAIL: "this machine has no such address",
  EACCES: "only root may do that, or the owner",
};

/** As a DaemonError; what is no failure of a system call stays what it is. */
export function systemErrorOf(error: unknown, step: string, subject: string): unknown {
  if (!isSystemError(error)) return error;
  const { code } = error;
  const errno = constants.errno[code as keyof typeof constants.errno];
  const strerror = /^[A-Z0-9]+: ([^,]+)/.exec(error.message)?.[1] ?? error.message;
  const exitCode = code === "EACCES" || code === "EPERM" ? EXIT.noPermission : EXIT.osError;
  return new DaemonError({ step, subject, code, errno, strerror, hint: HINTS[code], exitCode }, { cause: error });
}
