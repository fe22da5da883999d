/** Everything that the view shows, as plain values. */
import type { Sample, SupervisorEvent, Survey } from "./answers.ts";
import type { Role, Size } from "./line.ts";
import type { Trail } from "./trail.ts";

export const SORTS = ["added", "name", "state", "cpu", "memory", "read", "write", "restarts"] as const;
export type Sort = (typeof SORTS)[number];

export const PANES = ["services", "log", "events"] as const;
export type Pane = (typeof PANES)[number];

export const ACTIONS = { s: "start", x: "stop", r: "restart", l: "reload" } as const;
export type ActionName = (typeof ACTIONS)[keyof typeof ACTIONS];

/** What the keys are for at the moment. */
export type Mode =
  | { readonly is: "table" }
  | { readonly is: "filter"; readonly before: string }
  | {
      readonly is: "confirm";
      readonly action: ActionName;
      readonly service: string;
      readonly instance: string;
      /** How many the service has. */
      readonly instances: number;
    }
  | { readonly is: "details"; readonly instance: string; readonly scroll: number }
  | { readonly is: "help"; readonly scroll: number };

export interface Message {
  readonly text: string;
  readonly role: Role;
  /** When it goes away. */
  readonly until: number;
}

export interface Model {
  readonly size: Size;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly survey: Survey | null;
  readonly sample: Sample | null;
  /** Processors of each instance, and of the host. */
  readonly trails: ReadonlyMap<string, Trail>;
  /** The latest, oldest first. */
  readonly events: readonly SupervisorEvent[];
  /** The end of the log of one instance; `note` says why there are no lines. */
  readonly log: { readonly instance: string; readonly lines: readonly string[]; readonly note: string | null } | null;
  /** What is known of one instance, in lines. */
  readonly details: { readonly instance: string; readonly lines: readonly string[] } | null;
  /** "web/0" */
  readonly selected: string | null;
  readonly sort: Sort;
  readonly filter: string;
  readonly focus: Pane;
  /** Standard error is shown instead, where it has a file of its own. */
  readonly errors: boolean;
  /** Lines that are below what is seen of a pane. */
  readonly scroll: { readonly log: number; readonly events: number };
  readonly mode: Mode;
  readonly message: Message | null;
  /** When the supervisor was heard of last, and what is wrong with the way to it. */
  readonly heardAt: number;
  readonly problem: string | null;
}

export function newModel({ size, now, filter = "" }: { readonly size: Size; readonly now: number; readonly filter?: string }): Model {
  return {
    ...{ size, now, filter, heardAt: now, problem: null, survey: null, sample: null, trails: new Map(), events: [] },
    ...{ log: null, details: null, selected: null, sort: "added", focus: "services", errors: false },
    ...{ scroll: { log: 0, events: 0 }, mode: { is: "table" }, message: null },
  };
}

/** Samples come each second: longer than this is not the machine being busy. */
const SILENCE = 4000;

/** Why what is shown may be old; undefined where it is not. */
export function outage({ problem, now, heardAt }: Model): string | undefined {
  if (problem !== null) return problem;
  const silent = now - heardAt;
  return silent < SILENCE ? undefined : `the supervisor has not answered for ${Math.floor(silent / 1000)} s: waiting for it`;
}
