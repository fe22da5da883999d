/**
 * What can happen to an instance. `attempt` numbers its processes: an event that speaks of a process that is none of the
 * instance's any more changes nothing, so events may come late or twice.
 */
import type { ExitStatus } from "../values/exitStatus.ts";
import type { ResourceUsage } from "./exit.ts";

/** Names a process for ever: a pid alone is used again. */
export interface Identity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat, clock ticks since boot. */
  readonly startTime: number;
  readonly bootId: string;
}

export type HookName = "beforeStart" | "afterExit";

/** A timer's name is the event that it becomes. */
export const TIMERS = [
  "readyTimeout",
  "stopTimeout",
  "killTimeout",
  "reloadTimeout",
  "hookTimeout",
  "backoffOver",
  "stableReached",
  "watchdogMissed",
] as const;

export type TimerName = (typeof TIMERS)[number];

/** What is really there, as init's table, its exit records and /proc tell after the supervisor, init or both began anew. */
export interface Found {
  /** Main processes (and successors) that live. */
  readonly alive: readonly { readonly attempt: number; readonly identity: Identity }[];
  /** Exit records that were not acknowledged. */
  readonly exits: readonly ExitRecord[];
  /** Attempts of which something lives, but not the main process: its children, or a hook that the instance doesn't wait for. */
  readonly remains: readonly number[];
  /** The hook that the instance waits for lives, or its end has yet to be told by hookFinished or hookFailed. */
  readonly hook: boolean;
}

export interface ExitRecord {
  readonly attempt: number;
  readonly pid: number;
  readonly status: ExitStatus;
  readonly usage?: ResourceUsage;
}

type Asked<Type extends string, More = unknown> = {
  readonly type: Type /** "alice, by stop web": who and how. */;
  readonly by: string;
} & More;

export type Event =
  | Asked<"startAsked">
  /** `force`: SIGKILL at once. */
  | Asked<"stopAsked", { readonly force?: boolean }>
  | Asked<"restartAsked">
  | Asked<"reloadAsked">
  /** Stop, and then the action `forget`. */
  | Asked<"deleteAsked">
  /** From now on `step` is called with another specification, and only a new process follows it. */
  | { readonly type: "specChanged"; readonly keys: readonly string[] }
  | { readonly type: "due" }
  | { readonly type: "dependenciesMet" }
  | { readonly type: "dependencyLost"; readonly which: string }
  | { readonly type: "spawned"; readonly attempt: number; readonly identity: Identity }
  /** `code` is errno's name; `temporary` overrides what it is taken for. */
  | {
      readonly type: "spawnFailed";
      readonly attempt: number;
      readonly step: string;
      readonly code: string;
      readonly strerror: string;
      readonly temporary?: boolean;
    }
  /** A forking service's daemon was found, or a service named another main process (MAINPID=). */
  | { readonly type: "mainProcess"; readonly attempt: number; readonly identity: Identity }
  | { readonly type: "ready"; readonly attempt: number }
  /** The service itself says that it can't become ready. */
  | { readonly type: "readinessFailed"; readonly attempt: number; readonly why: string }
  /** A process ended. `remains`: of this or an earlier attempt something lives on whose main process is not in the books. */
  | ({ readonly type: "exited"; readonly remains: boolean } & ExitRecord)
  /** Nothing is left of an attempt's processes, or of the whole instance, hooks included. */
  | { readonly type: "gone"; readonly tree: number | "all" }
  | { readonly type: "remains"; readonly tree: number | "all"; readonly count: number }
  | { readonly type: "hookFinished"; readonly hook: HookName; readonly attempt: number }
  | { readonly type: "hookFailed"; readonly hook: HookName; readonly attempt: number; readonly why: string }
  /** RELOADING=1 */
  | { readonly type: "reloadStarted" }
  | { readonly type: "reloaded" }
  /** WATCHDOG=1 */
  | { readonly type: "watchdogPing" }
  /** WATCHDOG=trigger */
  | { readonly type: "watchdogTriggered" }
  | { readonly type: "probePassed" }
  | { readonly type: "probeFailed"; readonly why: string }
  /** A check of the monitor wants it restarted. */
  | { readonly type: "unhealthy"; readonly why: string }
  /** EXTEND_TIMEOUT_USEC, in milliseconds. */
  | { readonly type: "extendTimeout"; readonly ms: number }
  | { readonly type: "reconciled"; readonly found: Found }
  /** The wall clock was set, or the machine slept. */
  | { readonly type: "clockStepped" }
  | { [Name in TimerName]: { readonly type: Name } }[TimerName]
  /** Now and then, from the shell: timers that were lost are made up for. */
  | { readonly type: "tick" };

export type EventType = Event["type"];
export type EventOf<Type extends EventType> = Extract<Event, { readonly type: Type }>;

const timerNames: ReadonlySet<string> = new Set(TIMERS);

export function isTimer(type: EventType): type is TimerName {
  return timerNames.has(type);
}
