/**
 * A checked configuration: every default filled in, every text parsed, nothing left to look up but users and programs.
 * It is plain JSON, so that it is the same after it was saved and read again: null for none, milliseconds, bytes, absolute paths.
 */
import type { HostPort, SocketAddress } from "../values/address.ts";
import type { CheckAction } from "../values/checkActions.ts";
import type { Metric, Often } from "./checkKinds.ts";
import type { AlertConfig, DiskConfig } from "./configTypes.ts";
import type { DependencyState } from "./serviceTable.ts";

export interface Specification {
  /** In the order of the configuration. */
  readonly services: readonly ServiceSpec[];
  /** As written, variables filled in; the monitor checks the rest. */
  readonly disk: readonly DiskConfig[];
  readonly alerts: readonly AlertConfig[];
}

export interface ServiceSpec {
  readonly name: string;
  /** Program and arguments; script, interpreter and args are in it. A program without a slash is looked up in PATH. */
  readonly command: readonly string[];
  readonly cwd: string;
  /** On top of what the supervisor gives to every service. Values are secrets: see redact. */
  readonly env: Readonly<Record<string, string>>;
  readonly instances: number;
  readonly type: "simple" | "forking" | "oneshot";
  readonly pidFile: string | null;
  readonly ready: ReadySpec;
  readonly restart: RestartSpec;
  readonly stop: StopSpec;
  readonly reload: ReloadSpec | null;
  /** Milliseconds between two WATCHDOG=1. */
  readonly watchdog: number | null;
  /** By the name that LISTEN_FDNAMES has, in this order. */
  readonly sockets: Readonly<Record<string, SocketAddress>>;
  readonly schedule: ScheduleSpec | null;
  readonly dependsOn: Readonly<Record<string, DependencyState>>;
  readonly hooks: HooksSpec;
  readonly user: string | number | null;
  readonly group: string | number | null;
  readonly groups: readonly (string | number)[] | null;
  readonly umask: number;
  /** By resource, in the kernel's units; -1 is unlimited. */
  readonly limits: Readonly<Record<string, readonly [soft: number, hard: number]>>;
  readonly nice: number | null;
  /** "idle", "best-effort:0" … "realtime:7". */
  readonly ioPriority: string | null;
  readonly oomScore: number | null;
  readonly noNewPrivileges: boolean;
  /** Bytes, and processors (1.5 is one and a half). */
  readonly resources: { readonly memory: number | null; readonly cpu: number | null };
  readonly health: HealthSpec | null;
  readonly logs: LogsSpec;
  readonly checks: readonly CheckSpec[];
  /** What the author wrote where a variable was filled in, by path ("command.2"), for redact. Plays no part in comparisons. */
  readonly written: Readonly<Record<string, string>>;
}

export type ReadySpec = (
  | { readonly on: "started" | "notify" }
  | ({ readonly on: "port" } & HostPort)
  | { readonly on: "http"; readonly url: string }
  | { readonly on: "line" /** A regular expression with the flag u. */; readonly pattern: string }
  | { readonly on: "exec"; readonly command: readonly string[] }
) & {
  /** Milliseconds; null waits for ever. */
  readonly timeout: number | null;
};

export interface RestartSpec {
  readonly when: "always" | "on-failure" | "never";
  /** Null never gives up. */
  readonly limit: number | null;
  readonly window: number;
  readonly stable: number;
  readonly backoff: { readonly initial: number; readonly factor: number; readonly max: number };
}

export interface StopSpec {
  /** "SIGTERM". */
  readonly signal: string;
  /** Milliseconds until SIGKILL; 0 sends it at once, null never. */
  readonly timeout: number | null;
}

export type ReloadSpec = { readonly signal: string } | { readonly rolling: true };

export interface ScheduleSpec {
  readonly cron: string;
  /** Null is the machine's. */
  readonly timeZone: string | null;
}

export interface HooksSpec {
  readonly beforeStart: readonly string[] | null;
  readonly afterExit: readonly string[] | null;
  readonly timeout: number;
}

export interface HealthSpec {
  readonly probe:
    | { readonly kind: "http"; readonly url: string }
    | ({ readonly kind: "tcp" } & HostPort)
    | { readonly kind: "exec"; readonly command: readonly string[] };
  readonly every: number;
  readonly timeout: number;
  readonly failures: number;
  readonly startPeriod: number;
}

export interface LogsSpec {
  /** Bytes; null is unlimited, here and below. */
  readonly maxSize: number | null;
  readonly maxFiles: number | null;
  readonly maxTotal: number | null;
  readonly maxAge: number | null;
  /** Milliseconds. Not there in what an earlier version saved. */
  readonly rotateEvery?: number | null;
  readonly compress: "zstd" | "gzip" | false;
  readonly stderr: "merge" | "separate";
  readonly onDiskFull: "block" | "drop";
  readonly mode: number;
}

export interface CheckSpec {
  readonly metric: Metric;
  readonly when: "above" | "below";
  /** Percent of a processor, bytes, a number, milliseconds, or those per second: as METRICS says. */
  readonly threshold: number;
  readonly for: Often;
  readonly then: readonly CheckAction[];
}
