/**
 * A configuration as its author writes it. The sentences are those of the tables (serviceTable.ts, sections.ts), held to them by a test.
 * Every text may hold `${NAME}` or `${NAME:-default}`, filled in when the configuration is applied.
 */
import type { Limit, Resource } from "../values/limits.ts";

/** Milliseconds, or a text with units: "500ms", "30s", "1h30min". */
export type Duration = number | string;
/** Bytes, or a text with a unit: "10MiB" (1024²), "10MB" (1000²). */
export type Size = number | string;
/** A list of words, or a text that is split as a shell does, without a shell. */
export type Command = string | readonly (string | number)[];
/** A port on 127.0.0.1, or "host:port". */
export type Port = number | string;

/** What `daemonitor.config.{ts,js,json,yaml,yml}` holds. */
export interface Config {
  /** The services by name. */
  readonly services?: Readonly<Record<string, ServiceConfig>> | undefined;
  /** Disk checks: each has a `path`, and what is checked of it. */
  readonly disk?: readonly DiskConfig[] | undefined;
  /** Where alerts go. */
  readonly alerts?: readonly AlertConfig[] | undefined;
  /** Address of the JSON Schema, for editors. */
  readonly $schema?: string | undefined;
}

/** One service. `command` or `script` is needed, all else has a default. */
export interface ServiceConfig {
  /** The program and its arguments: a list, or a text that is split as a shell does, without a shell. */
  readonly command?: Command | undefined;
  /** A file to run, in place of `command`: by node (.js, .mjs, .cjs, .ts, .mts, .cts), python3 (.py) or sh (.sh), any other by itself. */
  readonly script?: string | undefined;
  /** Runs `script`, with arguments of its own. Default: by the script's extension. */
  readonly interpreter?: Command | undefined;
  /** Arguments after those of `command` or `script`. */
  readonly args?: Command | undefined;
  /** Working directory. A relative one starts at the configuration file's. Default: the directory of the configuration file. */
  readonly cwd?: string | undefined;
  /** Environment variables. null removes one that `envFile` or `inheritEnv` sets. Values are secrets: they are never shown unless asked for. Default: {}. */
  readonly env?: Readonly<Record<string, string | number | boolean | null | undefined>> | undefined;
  /** File, or files, of NAME=VALUE lines, read when the configuration is applied. `env` wins over them, later files over earlier ones. */
  readonly envFile?: string | readonly string[] | undefined;
  /** Which variables of whoever applies the configuration the service gets: names (`LC_*` for all that begin so), or true for all but those of a login session. Default: false. */
  readonly inheritEnv?: boolean | readonly string[] | undefined;
  /** Processes to run: a number, or one for each processor. Default: 1. */
  readonly instances?: number | string | undefined;
  /** What the process that is started is: the service itself (simple), one that daemonizes and leaves the service behind (forking: nginx, redis with `daemonize yes`), or work that ends, and is ready when it succeeded (oneshot). Default: "simple". */
  readonly type?: "simple" | "forking" | "oneshot" | undefined;
  /** File in which a forking service leaves its pid; without one, the process that it leaves behind is followed. */
  readonly pidFile?: string | undefined;
  /** When an instance counts as running. Default: started. */
  readonly ready?: ReadyConfig | ReadyKind | undefined;
  /** What happens when an instance ends. Default: always. */
  readonly restart?: RestartConfig | RestartWhen | undefined;
  /** How an instance is ended. Default: SIGTERM, SIGKILL after 10 s. */
  readonly stop?: StopConfig | undefined;
  /** What `daemonitor reload` does: send a signal, or replace instances one by one. Default: `reload` restarts. */
  readonly reload?: ReloadConfig | undefined;
  /** An instance that doesn't send WATCHDOG=1 by sd_notify at least this often is started again. */
  readonly watchdog?: Duration | undefined;
  /** Listening sockets that are opened before the first start and stay open across restarts; they are handed over as LISTEN_FDS, with these names. Default: {}. */
  readonly sockets?: Readonly<Record<string, string>> | undefined;
  /** Start at these times, in place of at once. */
  readonly schedule?: ScheduleConfig | string | undefined;
  /** Services that have to be ready, started or completed first. A list means ready. Default: {}. */
  readonly dependsOn?: Readonly<Record<string, "ready" | "started" | "completed">> | readonly string[] | string | undefined;
  /** Programs to run around each run of an instance. Default: {}. */
  readonly hooks?: HooksConfig | undefined;
  /** User to run as. Default: the supervisor's. */
  readonly user?: string | number | undefined;
  /** Group to run as. Default: the user's own. */
  readonly group?: string | number | undefined;
  /** Supplementary groups. Default: those of the user. */
  readonly groups?: readonly (string | number)[] | undefined;
  /** File creation mask, octal as text. Default: "0022". */
  readonly umask?: string | number | undefined;
  /** Resource limits by name, see setrlimit(2): one value, or [soft, hard]. Default: {}. */
  readonly limits?: { readonly [R in Resource]?: Limit | undefined } | undefined;
  /** Niceness. */
  readonly nice?: number | undefined;
  /** I/O priority, see ioprio_set(2): `idle`, `best-effort:0` to `best-effort:7`, `realtime:0` to `realtime:7`. */
  readonly ioPriority?: string | undefined;
  /** How soon the kernel ends it when memory runs out: oom_score_adj of proc(5), the higher the sooner. */
  readonly oomScore?: number | undefined;
  /** No program that the service executes can gain privileges; see PR_SET_NO_NEW_PRIVS. Default: false. */
  readonly noNewPrivileges?: boolean | undefined;
  /** What an instance may use, held to by its control group. Default: {}. */
  readonly resources?: ResourcesConfig | undefined;
  /** A probe of each running instance; one that keeps failing has the instance started again. */
  readonly health?: HealthConfig | string | undefined;
  /** How output is kept. Default: {}. */
  readonly logs?: LogsConfig | undefined;
  /** Limits to watch, and what to do when one is passed. Default: []. */
  readonly checks?: readonly CheckConfig[] | undefined;
}

export type ReadyKind = "started" | "notify" | "port" | "http" | "line" | "exec";

export interface ReadyConfig {
  /** What makes an instance ready: its exec (started), READY=1 by sd_notify (notify), a port that accepts connections, an HTTP answer below 400, a line of output, or a command that exits 0. Default: by the key that is given; without one, started. */
  readonly on?: ReadyKind | undefined;
  /** Port, or host and port, to connect to, for `on: port`. */
  readonly port?: Port | undefined;
  /** Address to ask, for `on: http`. */
  readonly url?: string | undefined;
  /** Regular expression that a line of output matches, for `on: line`. */
  readonly pattern?: string | undefined;
  /** Program that is run again and again until it exits 0, for `on: exec`. */
  readonly command?: Command | undefined;
  /** An instance that isn't ready in this time is ended, and counts as failed. Default: "30s". */
  readonly timeout?: Duration | undefined;
}

export type RestartWhen = "always" | "on-failure" | "never";

export interface RestartConfig {
  /** After which exits an instance is started again. A failure is an exit status other than 0, or a signal. Default: always; of a oneshot, on-failure; with a schedule, never. */
  readonly when?: RestartWhen | undefined;
  /** More restarts than this within `window` make the service `failed`: it is left alone until somebody starts it. Default: 10. */
  readonly limit?: number | "unlimited" | undefined;
  /** The time in which `limit` counts. Default: "5min". */
  readonly window?: Duration | undefined;
  /** An instance that was ready for so long starts again at once when it ends, and begins a new series. Default: "10s". */
  readonly stable?: Duration | undefined;
  /** How long to wait between restarts of an instance that keeps ending: a random time up to a limit that grows. Default: {}. */
  readonly backoff?: BackoffConfig | undefined;
}

export interface BackoffConfig {
  /** The longest wait before the first restart of a series. Default: "100ms". */
  readonly initial?: Duration | undefined;
  /** The longest wait grows by this factor with each restart of a series. Default: 2. */
  readonly factor?: number | undefined;
  /** The longest wait never grows past this. Default: "60s". */
  readonly max?: Duration | undefined;
}

export interface StopConfig {
  /** Sent to the main process first. Default: "SIGTERM". */
  readonly signal?: string | number | undefined;
  /** After this, whatever is left of the instance gets SIGKILL; 0 sends it at once. Default: "10s". */
  readonly timeout?: Duration | undefined;
}

export interface ReloadConfig {
  /** Sent to the main process, which reads its configuration again. */
  readonly signal?: string | number | undefined;
  /** Start a new instance with the same sockets, wait until it is ready, then stop the old one; for each instance in turn. */
  readonly rolling?: boolean | undefined;
}

export interface ScheduleConfig {
  /** When to start: five fields as in crontab(5), six with seconds first, or a name such as `@daily`. A run that still goes on is not started twice. */
  readonly cron?: string | undefined;
  /** Time zone of the fields. Default: that of the machine. */
  readonly timeZone?: string | undefined;
}

export interface HooksConfig {
  /** Run before each start, as the same user, in the same directory; an instance isn't started where it fails. */
  readonly beforeStart?: Command | undefined;
  /** Run after each exit. */
  readonly afterExit?: Command | undefined;
  /** A hook that takes longer is ended, and counts as failed. Default: "1min". */
  readonly timeout?: Duration | undefined;
}

export interface ResourcesConfig {
  /** Memory limit of an instance (memory.max), where control groups are writable. */
  readonly memory?: Size | undefined;
  /** Processor limit of an instance (cpu.max), where control groups are writable. */
  readonly cpu?: number | string | undefined;
}

export interface HealthConfig {
  /** Healthy: an answer with a status below 400. */
  readonly http?: string | undefined;
  /** Healthy: a connection is accepted. */
  readonly tcp?: Port | undefined;
  /** Healthy: the command exits 0. */
  readonly exec?: Command | undefined;
  /** Time between two probes. Default: "10s". */
  readonly every?: Duration | undefined;
  /** A probe that takes longer has failed. Default: "5s". */
  readonly timeout?: Duration | undefined;
  /** So many failures in a row, and the instance is started again. Default: 3. */
  readonly failures?: number | undefined;
  /** Failures don't count for so long after a start. Default: "0s". */
  readonly startPeriod?: Duration | undefined;
}

export interface LogsConfig {
  /** A log file of this size is put aside, and a new one begun. Default: "10MiB". */
  readonly maxSize?: Size | undefined;
  /** Files that were put aside and are kept, for each instance. Default: 10. */
  readonly maxFiles?: number | "unlimited" | undefined;
  /** All log files of an instance together stay below this; the oldest go first. Default: "200MiB". */
  readonly maxTotal?: Size | undefined;
  /** Files that are older are removed. Default: "unlimited". */
  readonly maxAge?: Duration | undefined;
  /** A log file is put aside after so long, if anything is in it. Default: "never". */
  readonly rotateEvery?: Duration | undefined;
  /** How files that were put aside are compressed; `true` is zstd. Default: "zstd". */
  readonly compress?: boolean | "zstd" | "gzip" | undefined;
  /** Standard error in the same file, in true order, or in a file of its own. Default: "merge". */
  readonly stderr?: "merge" | "separate" | undefined;
  /** On a full disk, let the service wait until there is room, or drop output and count it. Default: "block". */
  readonly onDiskFull?: "block" | "drop" | undefined;
  /** Mode of the log files. Default: "0640". */
  readonly mode?: string | number | undefined;
}

export type MetricName =
  | "cpu"
  | "memory"
  | "swap"
  | "threads"
  | "processes"
  | "descriptors"
  | "readRate"
  | "writeRate"
  | "contextSwitches"
  | "restarts"
  | "uptime";

export type ActionConfig = "alert" | "restart" | "stop" | "start" | "reload" | "prune-logs" | { readonly exec: Command };

export interface CheckConfig {
  /** What is measured, the instance's children included. `cpu` is in percent of one processor. */
  readonly metric?: MetricName | undefined;
  /** Bad: more than this. */
  readonly above?: number | string | undefined;
  /** Bad: less than this. */
  readonly below?: number | string | undefined;
  /** How many of how many samples have to be bad. Default: "1 of 1". */
  readonly for?: string | undefined;
  /** What to do then: one action, or several. Default: "alert". */
  readonly then?: ActionConfig | readonly ActionConfig[] | undefined;
}

/** At least one thing to check of `path`; each is a check of its own. docs/checks.md says what each means. */
export type DiskConfig = {
  /** The file system, directory or file. */
  readonly path: string;
  /** Space for everybody: "10%", "5GiB". */
  readonly free?: BoundConfig | undefined;
  /** Free inodes: "5%", 1000. */
  readonly inodes?: BoundConfig | undefined;
  /** The file system is read-only. */
  readonly readOnly?: true | undefined;
  /** The forecast says that it is full sooner. */
  readonly full?: { readonly within: Duration } | undefined;
  /** Of a directory with all in it, or of a file. */
  readonly size?: BoundConfig | undefined;
  /** Entries of a directory, with all in it. */
  readonly files?: BoundConfig | undefined;
  /** Of a directory: "1GiB/h". */
  readonly growth?: BoundConfig | undefined;
  /** Since a file was changed last: "26h". */
  readonly age?: BoundConfig | undefined;
  /** A file changes; or it has another SHA-256 than this one. */
  readonly checksum?: true | string | undefined;
  /** A line of a file matches the regular expression. */
  readonly content?: string | { readonly matches: string } | undefined;
  /** Bad: it isn't there; `false`: it is. */
  readonly exists?: boolean | undefined;
  /** How many of how many samples have to be bad. Default: "1 of 1". */
  readonly for?: string | undefined;
  /** What to do then. Default: "alert". */
  readonly then?: DiskActionConfig | readonly DiskActionConfig[] | undefined;
};

export type BoundConfig =
  | { readonly above: number | string; readonly below?: undefined }
  | { readonly below: number | string; readonly above?: undefined };

export type DiskActionConfig = "alert" | "prune-logs" | { readonly exec: Command };

/** Exactly one of `webhook`, `exec` and `mail` is needed. */
export interface AlertConfig {
  /** What `daemonitor alerts` calls it. Default: the kind and the host, program or address. */
  readonly name?: string | undefined;
  /** Address that each alert is posted to. */
  readonly webhook?: string | undefined;
  /** What is posted: everything there is as JSON; `{ text }` as Slack, Mattermost and others take it; or text with the headers of ntfy. Default: slack for hooks.slack.com, ntfy for ntfy.sh, else json. */
  readonly format?: "json" | "slack" | "ntfy" | undefined;
  /** Headers of what is posted. */
  readonly headers?: Readonly<Record<string, string | number | boolean | null | undefined>> | undefined;
  /** Program that is run for each alert, as the supervisor's user; the alert is on its standard input, as JSON. */
  readonly exec?: Command | undefined;
  /** Working directory of the program. Default: the directory of the configuration. */
  readonly cwd?: string | undefined;
  /** Address that alerts are mailed to; several with commas between. */
  readonly mail?: string | undefined;
  /** The sender of mails. Default: daemonitor at this machine. */
  readonly from?: string | undefined;
  /** Mail server: `smtp://` uses STARTTLS where it is offered, `smtps://` is encrypted from the start. Default: sendmail(8), or the mail server of this machine. */
  readonly smtp?: string | undefined;
}
