/** An instance as data: what the journal holds and the API shows. It is never changed, only replaced, and it survives JSON. */

import type { ExitStatus } from "../values/exitStatus.ts";
import type { HookName, Identity, TimerName } from "./events.ts";
import type { ResourceUsage } from "./exit.ts";
import { CLEAN_RECORD, type Ended, type RestartRecord } from "./restartPolicy.ts";
import type { State } from "./states.ts";

export interface Instance {
  /** "web/1" */
  readonly name: string;
  readonly state: State;
  readonly since: Moment;
  /** Whether it is meant to be up: the last command counts, whatever became of it. */
  readonly wanted: boolean;
  /** The number of its latest process. */
  readonly attempt: number;
  /** The main process. While it is reloaded or stopped, there may be another. */
  readonly process: ProcessSlot | null;
  readonly other: OtherSlot | null;
  readonly hook: { readonly name: HookName; readonly attempt: number } | null;
  /** What ends it and what follows, while it is stopping. */
  readonly ending: Ending | null;
  readonly waitsFor: "dependencies" | "schedule" | null;
  readonly dependenciesMet: boolean;
  /** A reload was asked for while it was starting or reloading: it may have read its files already. */
  readonly reloadAgain: boolean;
  readonly record: RestartRecord;
  /** In a row. */
  readonly probeFailures: number;
  /** By the restart policy, since it was started by somebody. */
  readonly restarts: number;
  readonly lastExit: LastExit | null;
  readonly timers: Timers;
  /** The latest notes, oldest first. */
  readonly history: readonly Note[];
}

export interface Moment {
  /** Milliseconds on the monotonic clock. */
  readonly at: number;
  /** Milliseconds since 1970, for people. */
  readonly wall: number;
}

export interface ProcessSlot {
  readonly attempt: number;
  /** Null until the spawn is answered, or the daemon of a forking service is found. */
  readonly identity: Identity | null;
  /** When it said that it is ready, null until then. A forking service is believed once its daemon is known. */
  readonly readyAt: number | null;
  /** The pid of a forking service's launcher, once that has ended or another process was named; 0 where nobody knows it any more. */
  readonly launcher: number | null;
  /** Found by a supervisor that did not start it. */
  readonly adopted: boolean;
}

export interface OtherSlot extends ProcessSlot {
  /** A rolling reload's new process, or the one that it replaces (or that failed to). */
  readonly role: "successor" | "retiring";
  readonly kills: number;
}

/** What happens when nothing is left: the one pending intent. */
export type Then = "stop" | "delete" | "start" | "policy" | "complete" | "fail";

export interface Ending {
  readonly then: Then;
  readonly cause: Cause | null;
  /** How often SIGKILL was sent to all. */
  readonly kills: number;
  /** Others than the processes in our books live: only `gone` will do. */
  readonly remains: boolean;
  /** There was a process, so the hook after its exit is due. */
  readonly ran: boolean;
  readonly cleaned: boolean;
}

/** Why it ended, for the restart policy and for people. */
export interface Cause extends Ended {
  readonly what: string;
}

export interface LastExit {
  readonly attempt: number;
  /** Null where nobody ever knew it. */
  readonly pid: number | null;
  readonly status: ExitStatus;
  readonly wall: number;
  readonly usage: ResourceUsage | null;
}

/** `after`: the duration it was set for. A clock that begins anew can't postpone it for longer than that. */
export type Timers = Readonly<Partial<Record<TimerName, { readonly at: number; readonly after: number }>>>;

export interface Note {
  readonly wall: number;
  readonly from: State;
  readonly to: State;
  readonly reason: string;
}

export const HISTORY_LENGTH = 16;

/** An instance that was never started. */
export function newInstance(name: string, since: Moment): Instance {
  return {
    name,
    state: "stopped",
    since: { at: since.at, wall: since.wall },
    wanted: false,
    attempt: 0,
    process: null,
    other: null,
    hook: null,
    ending: null,
    waitsFor: null,
    dependenciesMet: false,
    reloadAgain: false,
    record: CLEAN_RECORD,
    probeFailures: 0,
    restarts: 0,
    lastExit: null,
    timers: {},
    history: [],
  };
}
