/**
 * What the supervisor can be asked for, and what it answers: plain JSON, so that it is the same in the supervisor, on the
 * wire and in the client. Times are milliseconds since 1970, durations milliseconds, sizes bytes.
 */
import type { CheckState } from "../monitor/checks.ts";
import type { ApplyPlan } from "../service/planApply.ts";
import type { ServiceSpec } from "../service/specTypes.ts";
import type { ExitStatus } from "../values/exitStatus.ts";
import type { ResourceUsage } from "./exit.ts";
import type { Note } from "./instance.ts";
import type { MonitorSource } from "./monitorSource.ts";
import type { MonitorConfig } from "./state/monitorShape.ts";
import type { State } from "./states.ts";

export type { MonitorSource } from "./monitorSource.ts";

/** The supervisor as the API sees it. All that rejects rejects with a {@link ControlError}, or a DaemonError of the state's disk. */
export interface Control {
  about(): SupervisorStatus;
  /** In the order in which they were added. No selector: all, also if there are none. @throws ControlError ERR_NO_SUCH_SERVICE */
  list(selector?: string): readonly ServiceStatus[];
  /** Values of environment variables are hidden unless `secrets`. @throws ControlError ERR_NO_SUCH_SERVICE */
  describe(selector: string, options?: { readonly secrets?: boolean }): readonly ServiceDescription[];
  /** @throws ControlError ERR_NO_SUCH_SERVICE */
  why(selector: string): readonly Explanation[];
  act(request: ActionRequest): Promise<ActionResult>;
  apply(request: ApplyRequest): Promise<ApplyResult>;
  /** Ends every service and then the whole tree. Resolves when all services are stopped; the tree ends a moment later. */
  shutdown(request: { readonly by: string; readonly force?: boolean }): Promise<ActionResult>;
  readonly events: EventSource;
  readonly monitor: MonitorSource;
  checks(): ChecksReport;
  alerts(): AlertsReport;
  /** A test alert over the route of this name, those of this kind, or all. @throws ControlError ERR_BAD_REQUEST where there is none */
  testAlerts(route?: string): Promise<readonly AlertTest[]>;
}

export interface SupervisorStatus {
  readonly version: string;
  readonly pid: number;
  readonly startedAt: number;
  readonly init: { readonly pid: number; readonly supervisors: number };
  /** `foreground`: by `daemonitor run`. */
  readonly mode: "daemon" | "foreground";
  readonly directories: { readonly run: string; readonly state: string; readonly log: string; readonly config: string };
  readonly services: number;
  readonly instances: number;
  readonly running: number;
  /** Resident, of the supervisor. */
  readonly memory: number;
  /** What doesn't work as it should, each a sentence: a state that can't be saved, limits that can't be set. */
  readonly degraded: readonly string[];
}

export interface InstanceStatus {
  /** "web/0" */
  readonly name: string;
  readonly state: State;
  readonly ready: boolean;
  readonly wanted: boolean;
  readonly pid: number | null;
  /** When it entered its state. */
  readonly since: number;
  /** When its main process was started. */
  readonly startedAt: number | null;
  readonly restarts: number;
  readonly attempt: number;
  /** A sentence: "web/0 failed at 10:02:11: exit status 3, the sixth in 5 min (limit 5)". */
  readonly why: string;
  /** What it said of itself, STATUS= of sd_notify(3). */
  readonly statusText: string | null;
  readonly lastExit: ExitStatusReport | null;
  /** Share of one processor of all its processes since the monitor's sample before, 1 for a whole one. */
  readonly cpu: number | null;
  /** Resident, of all its processes: shared pages count in each. */
  readonly memory: number | null;
  /** Found by a supervisor that did not start it. */
  readonly adopted: boolean;
  readonly log: string;
  readonly errorLog: string | null;
  /** Of its output, since its init was started: what was dropped while a disk was full. Undefined where nothing was. */
  readonly logDropped?: { readonly lines: number; readonly bytes: number };
  /** "runs without its memory limit: …" */
  readonly degraded: readonly string[];
}

export interface ExitStatusReport {
  readonly status: ExitStatus;
  readonly pid: number | null;
  readonly at: number;
  readonly usage: ResourceUsage | null;
}

export interface ServiceStatus {
  readonly name: string;
  /** Whether it is meant to be up. */
  readonly wanted: boolean;
  readonly instances: readonly InstanceStatus[];
  readonly schedule: { readonly cron: string; readonly timeZone: string | null; readonly next: number | null } | null;
}

export interface ServiceDescription extends ServiceStatus {
  readonly spec: ServiceSpec;
  readonly sockets: readonly { readonly name: string; readonly address: string; readonly open: boolean }[];
  readonly dependsOn: readonly { readonly service: string; readonly until: string; readonly met: boolean }[];
}

export interface Explanation {
  readonly name: string;
  readonly state: State;
  /** The sentence of {@link InstanceStatus.why}. */
  readonly sentence: string;
  /** The latest, oldest first. */
  readonly history: readonly Note[];
  readonly lastExit: ExitStatusReport | null;
  /** The last lines that it wrote, oldest first. */
  readonly lastOutput: readonly string[];
}

/** What an action does is done to each instance that the selector means: a name, "web/0", a pattern "web-*", or "all". */
export type ActionRequest = {
  readonly selector: string;
  /** Who and how, for the events: "alice, by stop web". */
  readonly by: string;
  /** How long to wait until it is settled; null (default) for ever, 0 not at all. */
  readonly wait?: number | null;
  /** When aborted, nobody waits any more. What was begun goes on. */
  readonly signal?: AbortSignal;
} & Action;

export type Action =
  /** Also starts what it depends on. */
  | { readonly action: "start" | "restart" | "reload" }
  /** `force`: SIGKILL at once. */
  | { readonly action: "stop" | "delete"; readonly force?: boolean }
  | { readonly action: "signal"; readonly signalName: string; readonly to?: "main" | "all" }
  | { readonly action: "scale"; readonly instances: number }
  /** Logs: `rotate` puts aside what was written, `clear` removes it, with all that was put aside. */
  | { readonly action: "rotate" | "clear" };

export interface ActionResult {
  readonly instances: readonly InstanceOutcome[];
}

export interface InstanceOutcome {
  readonly name: string;
  readonly state: State;
  /**
   * - `done`: as asked (running, stopped, …; or it waits for its schedule, as it should)
   * - `failed`: it did not work out: it failed, backs off, or the reload was given up
   * - `refused`: can't be followed, `why` says so
   * - `pending`: `wait` is over and it is not settled yet
   */
  readonly outcome: "done" | "failed" | "refused" | "pending";
  /** A sentence. */
  readonly why: string;
  readonly pid: number | null;
}

export interface ApplyRequest {
  readonly services: readonly ServiceSpec[];
  /** The disks to look at and whom to alert, from now on; what was said before is forgotten. Without it, that stays. */
  readonly monitor?: MonitorConfig;
  /** Delete what is not among them. Otherwise it is only told. */
  readonly prune?: boolean;
  /** Tell what would be done, do nothing. */
  readonly dryRun?: boolean;
  /** Start also those that are unchanged but were stopped by somebody. */
  readonly start?: boolean;
  readonly by: string;
  readonly wait?: number | null;
  readonly signal?: AbortSignal;
}

export interface ApplyResult {
  readonly plan: ApplyPlan;
  readonly dryRun: boolean;
  /** Whether the disks to look at or the alerts were, or would be, others than before. */
  readonly monitorChanged?: boolean;
  /** Of all services that were added, changed, started or deleted. */
  readonly instances: readonly InstanceOutcome[];
}

/** Numbered without gaps, also over a restart of the supervisor: who saw `seq` asks for those after it. */
export type SupervisorEvent = { readonly seq: number; readonly at: number } & EventContent;

export type EventContent =
  | { readonly type: "state"; readonly instance: string; readonly from: State; readonly to: State; readonly reason: string }
  | {
      readonly type: "exit";
      readonly instance: string;
      readonly attempt: number;
      readonly pid: number;
      readonly status: ExitStatus;
      readonly usage: ResourceUsage | null;
    }
  | {
      readonly type: "service";
      readonly service: string;
      readonly what: "added" | "changed" | "deleted";
      readonly keys: readonly string[];
      readonly by: string;
    }
  | { readonly type: "supervisor"; readonly what: "started" | "adopted" | "stopping"; readonly detail: string }
  | { readonly type: "problem" | "recovered"; readonly subject: string; readonly message: string };

export interface EventSource {
  /** Of the latest event; 0 where there was none. */
  readonly latest: number;
  /** Those that are still kept, after `seq`, oldest first. */
  after(seq: number): readonly SupervisorEvent[];
  /** Called for each event from now on, in order. Returns the end of it. */
  subscribe(listener: (event: SupervisorEvent) => void): () => void;
}

export interface ChecksReport {
  readonly checks: readonly CheckState[];
  /** What is wrong with the configuration of checks and alerts, each a sentence. */
  readonly mistakes: readonly string[];
}

export interface ToldAlert {
  readonly at: number;
  readonly kind: "failing" | "recovered" | "test";
  /** "web/0", "/var" */
  readonly subject: string;
  readonly title: string;
  readonly message: string;
  /** How often that was since it was told last. */
  readonly count: number;
}

export interface AlertRouteStatus {
  /** Never more of an address than its host. */
  readonly name: string;
  readonly kind: "webhook" | "exec" | "mail";
  readonly sent: number;
  readonly lastSentAt: number | null;
  /** Why the last attempt failed, where it did. */
  readonly lastError: string | null;
  readonly waiting: readonly {
    readonly at: number;
    readonly attempts: number;
    readonly subject: string;
    readonly title: string;
    readonly count: number;
  }[];
  /** When it is tried again. */
  readonly nextAt: number | null;
  /** Those that nobody will be told of. */
  readonly dropped: number;
}

export interface AlertsReport {
  readonly routes: readonly AlertRouteStatus[];
  /** The latest, oldest first. */
  readonly recent: readonly ToldAlert[];
}

export interface AlertTest {
  readonly route: string;
  readonly kind: AlertRouteStatus["kind"];
  /** Why it could not be told; null where it was. */
  readonly error: string | null;
  /** Milliseconds. */
  readonly took: number;
}

export const CONTROL_ERRORS = {
  ERR_NO_SUCH_SERVICE: "no service is meant by the selector",
  ERR_BAD_REQUEST: "the request has a mistake",
  ERR_SHUTTING_DOWN: "the supervisor is shutting down",
  ERR_REFUSED: "it can't be done as things are",
} as const;

export type ControlErrorCode = keyof typeof CONTROL_ERRORS;

/** `message` is a sentence on what, on what, and why; `hint` what to do. */
export class ControlError extends Error {
  readonly code: ControlErrorCode;
  readonly hint: string | undefined;

  constructor(code: ControlErrorCode, message: string, hint?: string) {
    super(message);
    this.name = "ControlError";
    this.code = code;
    this.hint = hint;
  }
}
