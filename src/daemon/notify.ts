/**
 * The service's side of sd_notify(3): tells whoever started this program what
 * it is doing. The environment is read at each call, and every call is a no-op
 * that returns false where nobody listens.
 */
import { DaemonError, isSystemError, OptionError } from "../launch/errors.ts";
import { native } from "../native/addon.ts";
import { ERRNO } from "../values/errno.ts";
import { given } from "../values/valueError.ts";
import { environmentError } from "./environmentError.ts";

/** Errors of the caller's own making; all others mean that nobody could be told. */
const MISUSE = new Set<number>([ERRNO.EBADF, ERRNO.EMSGSIZE]);

/**
 * Tells the service manager named by NOTIFY_SOCKET (systemd, our supervisor,
 * `daemonitor daemonize --ready notify`) about this program.
 *
 * Each method returns true when the message was handed over, and false where
 * NOTIFY_SOCKET is unset, names no unix socket, or nobody reads it: a manager
 * that has gone must not take its service with it. A queue that stays full for
 * five seconds counts as nobody. Text with NUL or a line end is an {@link OptionError}.
 *
 * Source: sd_notify(3), sd_watchdog_enabled(3).
 *
 * @example
 * server.listen(8080, () => notify.ready("serving on port 8080"));
 * process.on("SIGTERM", () => { notify.stopping(); server.close(); });
 */
export const notify = {
  /** Start-up, or a reload, is finished (`READY=1`); with a status line if given. */
  ready(status?: string): boolean {
    return tell(status === undefined ? ["READY=1"] : ["READY=1", `STATUS=${line("status", status)}`]);
  },

  /** One line for people about the state of the program (`STATUS=`). */
  status(text: string): boolean {
    return tell([`STATUS=${line("status", text)}`]);
  },

  /** The configuration is being read again (`RELOADING=1`, `MONOTONIC_USEC=`); call {@link notify.ready} when that is done. */
  reloading(): boolean {
    return tell(["RELOADING=1", `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`]);
  },

  /** Shutdown has begun (`STOPPING=1`). */
  stopping(): boolean {
    return tell(["STOPPING=1"]);
  },

  /** The program is well (`WATCHDOG=1`): call it about twice per {@link notify.watchdogInterval}. */
  watchdog(): boolean {
    return tell(["WATCHDOG=1"]);
  },

  /** Another process is the main process of this service (`MAINPID=`). */
  mainPid(pid: number): boolean {
    if (!Number.isInteger(pid) || pid < 1 || pid > 0x7fffffff)
      throw new OptionError("pid", `pid must be the pid of a process, not ${given(pid)}`);
    return tell([`MAINPID=${pid}`]);
  },

  /** Start-up, reload or shutdown needs up to `ms` more milliseconds from now (`EXTEND_TIMEOUT_USEC=`). */
  extendTimeout(ms: number): boolean {
    if (!(Number.isFinite(ms) && ms > 0)) throw new OptionError("ms", `ms must be a number of milliseconds above 0, not ${given(ms)}`);
    return tell([`EXTEND_TIMEOUT_USEC=${BigInt(Math.ceil(ms * 1000))}`]);
  },

  /**
   * Hands a descriptor to the manager, which gives it back through {@link listenFds} after a restart
   * (`FDSTORE=1`, `FDNAME=`). It stays open here. Throws {@link DaemonError} where `fd` isn't open.
   *
   * @param name up to 255 printable ASCII characters, no ":"
   */
  storeFd(fd: number, name: string): boolean {
    if (!Number.isInteger(fd) || fd < 0 || fd > 0x7fffffff) throw new OptionError("fd", `fd must be a descriptor, not ${given(fd)}`);
    if (typeof name !== "string" || !/^[\x20-\x39\x3b-\x7e]{1,255}$/.test(name)) {
      throw new OptionError("name", `name must be 1 to 255 printable ASCII characters without ":", not ${given(name)}`);
    }
    return tell(["FDSTORE=1", `FDNAME=${name}`], [fd]);
  },

  /**
   * Milliseconds within which the manager wants to hear {@link notify.watchdog}, or undefined where it
   * doesn't watch this process. Throws {@link DaemonError} (EINVAL) where WATCHDOG_USEC or WATCHDOG_PID is malformed.
   */
  watchdogInterval(): number | undefined {
    const { WATCHDOG_USEC: interval, WATCHDOG_PID: pid } = process.env;
    if (interval === undefined) return undefined;
    if (!/^0*[1-9]\d{0,18}$/.test(interval)) throw environmentError("watchdog", "WATCHDOG_USEC", interval, "a number of microseconds");
    if (pid !== undefined && !/^0*[1-9]\d{0,9}$/.test(pid)) throw environmentError("watchdog", "WATCHDOG_PID", pid, "a pid");
    return pid === undefined || Number(pid) === process.pid ? Number(interval) / 1000 : undefined;
  },
};

function line(option: string, text: string): string {
  if (typeof text !== "string") throw new OptionError(option, `${option} must be a string, not ${given(text)}`);
  if (/[\0\n\r]/.test(text)) throw new OptionError(option, `${option} must be one line without NUL, not ${given(text)}`);
  return text;
}

function tell(assignments: readonly string[], fds: readonly number[] = []): boolean {
  const address = process.env.NOTIFY_SOCKET;
  if (address === undefined || address === "") return false;
  try {
    native().sendDatagram(address, Buffer.from(assignments.join("\n")), fds);
    return true;
  } catch (error) {
    if (!isSystemError(error) || MISUSE.has(error.errno)) throw DaemonError.from(error, "notify", address);
    return false;
  }
}
