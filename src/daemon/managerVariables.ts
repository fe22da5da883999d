/**
 * What a service manager said to us and to nobody else, in variables: sd_notify(3), sd_listen_fds(3),
 * sd_watchdog_enabled(3). A double fork must neither pass it on to a program that the manager doesn't know, nor leave a
 * pid in it that is no longer right.
 */
import type { Environment } from "../launch/environment.ts";

const LISTEN = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] as const;
const REPORT = ["NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC", "MAINPID", "SYSTEMD_EXEC_PID"] as const;
const FIRST_LISTEN_FD = 3;

export interface ManagerVariables {
  /** Sockets that were passed to this process, for the daemon to keep. */
  readonly listenFds: readonly number[];
  /** Variables that must name the daemon itself. */
  readonly pidVariables: readonly string[];
}

/** For the same program started again: it keeps everything, and is named by what named us. */
export function keepForSameProgram(environment: Environment): ManagerVariables {
  const pidVariables = ["LISTEN_PID", "WATCHDOG_PID"].filter((name) => environment.get(name) === String(process.pid));
  return { listenFds: passedSockets(environment), pidVariables };
}

/** For a program that takes this process's place: what was said to us is said to it. */
export function keepInPlace(environment: Environment): ManagerVariables {
  return { listenFds: passedSockets(environment), pidVariables: [] };
}

/** For another program: sockets that were passed to us are meant for it; whom to report to is not. */
export function keepForOtherProgram(environment: Environment): ManagerVariables {
  const listenFds = passedSockets(environment);
  for (const name of REPORT) environment.delete(name);
  if (listenFds.length > 0) return { listenFds, pidVariables: ["LISTEN_PID"] };
  for (const name of LISTEN) environment.delete(name);
  return { listenFds, pidVariables: [] };
}

function passedSockets(environment: Environment): number[] {
  const count = Number(environment.get("LISTEN_FDS"));
  if (environment.get("LISTEN_PID") !== String(process.pid) || !Number.isInteger(count) || count < 1) return [];
  return Array.from({ length: count }, (_, index) => FIRST_LISTEN_FD + index);
}
