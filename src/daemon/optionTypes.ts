/** The options of `createDaemon` and `daemonize`, as a caller writes them. Checks and defaults: optionTable.ts. */
import type { Limit, Resource } from "../values/limits.ts";

/** Options of both. Relative paths start at the caller's current directory. */
export interface SharedOptions {
  /** Working directory. With `chroot` it is looked up inside, so it must be absolute. Default `"/"`. */
  readonly cwd?: string | undefined;
  /** File creation mask, octal as text. Default 0, as in the recipe; prefer `0o022` or stricter for new programs. */
  readonly umask?: number | string | undefined;
  /** Standard input: a path, one of the caller's descriptors, or `"inherit"`. Default `"/dev/null"`. */
  readonly stdin?: string | number | undefined;
  /** Standard output: a path (created with mode 0640 less the umask), a descriptor, `"inherit"` or `"syslog"`; a file of that name is `"./syslog"`. Default `"/dev/null"`. */
  readonly stdout?: string | number | undefined;
  /** Standard error, as `stdout`. Default `"/dev/null"`. */
  readonly stderr?: string | number | undefined;
  /** Empty the files of `stdout` and `stderr` first instead of appending to them. Default false. */
  readonly truncate?: boolean | undefined;
  /** Descriptors from 3 up that stay open under the same number. All others are closed. Default none. */
  readonly keepFds?: readonly number[] | undefined;
  /** SIGHUP in the daemon: ignored, or left to end it. Default `"ignore"`. */
  readonly hangup?: "ignore" | "default" | undefined;
  /** Locked and given the pid; a second daemon with the same file is refused. Default none. */
  readonly pidFile?: string | undefined;
  /** Process title and syslog ident. Default: the program's own name. */
  readonly name?: string | undefined;
  /** Name or number of the user to become. Default: unchanged. */
  readonly user?: string | number | undefined;
  /** Name or number of the group to become. Default: the user's own. */
  readonly group?: string | number | undefined;
  /** Supplementary groups. Default: those of `user`, or unchanged without one. */
  readonly groups?: readonly (string | number)[] | undefined;
  /** New root directory. Default none. */
  readonly chroot?: string | undefined;
  /** Environment variables to set; undefined removes one. Bytes pass as they are. Default none. */
  readonly env?: Readonly<Record<string, string | Uint8Array | undefined>> | undefined;
  /** Start from an empty environment, not the caller's. Default false. */
  readonly clearEnv?: boolean | undefined;
  /** File of NAME=VALUE lines to set before those of `env`. Default none. */
  readonly envFile?: string | undefined;
  /** Resource limits by name, see setrlimit(2): one value, or [soft, hard]. Default: unchanged. */
  readonly limits?: { readonly [R in Resource]?: Limit | undefined } | undefined;
  /** False: never dump core. True: dump as much as the hard limit allows. Default: unchanged. */
  readonly coreDump?: boolean | undefined;
  /** Niceness, -20 to 19. Default: unchanged. */
  readonly nice?: number | undefined;
  /** `"idle"`, `"best-effort:0"` to `"best-effort:7"`, `"realtime:0"` to `"realtime:7"`; see ioprio_set(2). Default: unchanged. */
  readonly ioPriority?: string | undefined;
  /** oom_score_adj of proc(5), -1000 to 1000. Default: unchanged. */
  readonly oomScore?: number | undefined;
  /** No program that the daemon executes can gain privileges; see PR_SET_NO_NEW_PRIVS. Default false. */
  readonly noNewPrivileges?: boolean | undefined;
  /** Fork twice and lead no session; false stays in this process; `"auto"` stays when init, systemd or a superserver started it. Default true. */
  readonly detach?: boolean | "auto" | undefined;
  /** How long the launcher waits until the daemon is ready: milliseconds or a text such as "30s". 0 or Infinity: for ever. Default 30 s. */
  readonly readyTimeout?: number | string | undefined;
}

/** Options of `createDaemon`. */
export interface CreateDaemonOptions extends SharedOptions {
  /** `"return"`: ready when `createDaemon` returns in the daemon. `"manual"`: when it calls `daemon.ready()`. Default `"return"`. */
  readonly ready?: "return" | "manual" | undefined;
  /** What the launcher does with a failure: throw it, return `[errno, strerror]`, or print it and exit. Default `"throw"`. */
  readonly errors?: "throw" | "return" | "exit" | undefined;
  /** The launcher exits 0 when the daemon is ready; false returns `{ role: "launcher", pid }`. Default true. */
  readonly exitLauncher?: boolean | undefined;
  /** A structured-clonable value that the daemon finds as `daemon.state`. Default none. */
  readonly state?: unknown;
}

/** Options of `daemonize`. */
export interface DaemonizeOptions extends SharedOptions {
  /** `"started"`: ready when exec succeeded. `"notify"`: when READY=1 comes by sd_notify(3). `"fd"` or `{ fd }`: when it writes a line to descriptor 3, or this one. Default `"started"`. */
  readonly ready?: "started" | "notify" | "fd" | { readonly fd: number } | undefined;
  /** Aborting it ends a daemon that isn't ready yet, and `daemonize` rejects. Default none. */
  readonly signal?: AbortSignal | undefined;
}
