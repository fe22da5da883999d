import { DaemonError } from "../launch/errors.ts";
import { ERRNO } from "../values/errno.ts";
import { given } from "../values/valueError.ts";

/** EINVAL, as sd_listen_fds(3) and sd_watchdog_enabled(3) have it, for a variable that a service manager set wrongly. */
export function environmentError(step: string, variable: string, value: string, meant: string): DaemonError {
  const hint = `who starts this program must set ${variable} to ${meant}`;
  return DaemonError.fromErrno(step, ERRNO.EINVAL, `${variable}=${given(value)}`, hint);
}
