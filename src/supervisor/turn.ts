/** One step in the making: a draft of the instance that handlers fill in, and the actions so far. */
import type { Action } from "./actions.ts";
import type { Event, TimerName } from "./events.ts";
import { HISTORY_LENGTH, type Instance, type Moment } from "./instance.ts";
import type { MachineSpec } from "./machineSpec.ts";
import type { State } from "./states.ts";

export interface Now extends Moment {
  /** [0, 1) */
  readonly random: number;
}

/** Its fields may be assigned, what they hold may not be changed: it is shared with the instance before. */
export type Draft = { -readonly [Key in keyof Instance]: Instance[Key] };

export interface Turn {
  readonly spec: MachineSpec;
  readonly now: Now;
  readonly draft: Draft;
  readonly actions: Action[];
}

export type Handler<E extends Event = Event> = (turn: Turn, event: E) => void;

/** The timers that mean something in a state; all others are cleared when it is entered. */
const TIMERS_OF: Readonly<Record<State, readonly TimerName[]>> = {
  stopped: [],
  waiting: [],
  starting: ["readyTimeout", "hookTimeout"],
  running: ["stableReached", "watchdogMissed"],
  reloading: ["stableReached", "watchdogMissed", "readyTimeout", "reloadTimeout", "stopTimeout", "killTimeout"],
  stopping: ["stopTimeout", "killTimeout", "hookTimeout"],
  backoff: ["backoffOver"],
  completed: [],
  failed: [],
};

const SERVING: ReadonlySet<State> = new Set<State>(["running", "reloading"]);

/** Goes to another state, or to the same one anew. */
export function enter(turn: Turn, to: State, reason: string): void {
  const { draft, actions, now, spec } = turn;
  const from = draft.state;
  draft.state = to;
  draft.since = { at: now.at, wall: now.wall };
  for (const name of timersSet(draft)) if (!TIMERS_OF[to].includes(name)) clearTimer(turn, name);
  if (spec.health !== null && SERVING.has(from) !== SERVING.has(to)) {
    actions.push({ do: SERVING.has(to) ? "startHealthChecks" : "stopHealthChecks" });
  }
  note(turn, from, reason);
}

/** Something worth telling that changes no state. */
export function remark(turn: Turn, reason: string): void {
  note(turn, turn.draft.state, reason);
}

/** A timer in `after` ms; none for Infinity. */
export function setTimer(turn: Turn, name: TimerName, after: number): void {
  if (after === Number.POSITIVE_INFINITY) {
    clearTimer(turn, name);
    return;
  }
  const at = turn.now.at + after;
  turn.draft.timers = { ...turn.draft.timers, [name]: { at, after } };
  turn.actions.push({ do: "setTimer", name, at });
}

export function clearTimer(turn: Turn, name: TimerName): void {
  if (turn.draft.timers[name] === undefined) return;
  const { [name]: _, ...rest } = turn.draft.timers;
  turn.draft.timers = rest;
  turn.actions.push({ do: "clearTimer", name });
}

/** All timers are told to the shell again, none further away than it was when it was set. */
export function rearmTimers(turn: Turn): void {
  const { draft, now, actions } = turn;
  const set = timersSet(draft);
  if (set.length === 0) return;
  const bounded = set.map((name) => {
    const { at = now.at, after = 0 } = draft.timers[name] ?? {};
    return [name, { at: Math.min(at, now.at + after), after }] as const;
  });
  draft.timers = Object.fromEntries(bounded);
  for (const [name, { at }] of bounded) actions.push({ do: "setTimer", name, at });
}

export function timersSet({ timers }: Pick<Instance, "timers">): TimerName[] {
  return Object.keys(timers) as TimerName[];
}

export function hasTimers({ timers }: Pick<Instance, "timers">): boolean {
  return timersSet({ timers }).length > 0;
}

function note({ draft, actions, now }: Turn, from: State, reason: string): void {
  const made = { wall: now.wall, from, to: draft.state, reason };
  draft.history = [...draft.history.slice(-HISTORY_LENGTH + 1), made];
  actions.push({ do: "note", note: made });
}
