/** daemonitor: turn any program into a proper Unix daemon. */
export { type Created, createDaemon, type ErrorTuple, isDaemon } from "./daemon/createDaemon.ts";
export type { Daemon, Launcher } from "./daemon/daemon.ts";
export { daemonize } from "./daemon/daemonize.ts";
export { type ListenFd, listenFds } from "./daemon/listenFds.ts";
export { notify } from "./daemon/notify.ts";
export type { CreateDaemonOptions, DaemonizeOptions, SharedOptions } from "./daemon/options.ts";
export { type AcquireOptions, PidFile, type PidFileContent, type Removal } from "./daemon/pidFile.ts";
export { type Starter, startedBy } from "./daemon/startedBy.ts";
export { syslog } from "./daemon/syslog.ts";
export { DaemonError, type DaemonErrorFields, ERROR_CODES, EXIT, OptionError } from "./launch/errors.ts";
