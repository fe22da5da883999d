/**
 * What an instance of a service does next: a pure function of its specification, what it is, what happened, and the time.
 *
 *   const { instance, actions } = step(spec, before, event, { at, wall, random });
 *
 * The shell around it, for each event: `step`; write the instance to the journal; then do the actions, in order. `at` is
 * CLOCK_MONOTONIC in ms (it must go on over a restart of the supervisor), `wall` ms since 1970, `random` in [0, 1).
 *
 * What the shell owes:
 * - of an attempt, `spawned` or `spawnFailed` comes before `exited`, and that before `gone`. `exited` may come twice; `gone`
 *   says what was true after all that came before it, so it may not be repeated later
 * - a killAll is answered by `gone` or `remains`. `gone` also comes by itself when the last process ends of a tree that
 *   outlived its main process; with "all" it covers hooks
 * - a forking service's daemon is named by `mainProcess`, again after each `reconciled`
 * - after the supervisor, init or both began anew: `reconciled` for every instance, before any other event
 * - a timer may fire late, twice, after it was cleared, or never, if only a `tick` comes now and then
 * - an exit record is acknowledged to init once an instance that has heard of it is in the journal
 *
 * The table is in transitions.ts, the reasons of an instance are told by story.ts.
 */
import type { Action } from "./actions.ts";
import { type Event, isTimer } from "./events.ts";
import type { Instance } from "./instance.ts";
import type { MachineSpec } from "./machineSpec.ts";
import { overdue, takeTimer } from "./timers.ts";
import { type HandledType, handlerOf } from "./transitions.ts";
import type { Now, Turn } from "./turn.ts";

export interface Step {
  /** The same object where nothing changed. */
  readonly instance: Instance;
  readonly actions: readonly Action[];
}

/**
 * @example
 * let web = newInstance("web/0", now);
 * ({ instance: web } = step(spec, web, { type: "startAsked", by: "alice" }, now)); // web.state: "starting", actions: spawn …
 */
export function step(spec: MachineSpec, instance: Instance, event: Event, now: Now): Step {
  const turn: Turn = { spec, now, draft: { ...instance }, actions: [] };
  if (event.type === "tick") for (const name of overdue(turn)) handle(turn, { type: name });
  else handle(turn, event);
  return { instance: isSame(instance, turn.draft) ? instance : turn.draft, actions: turn.actions };
}

function handle(turn: Turn, event: Exclude<Event, { type: "tick" }>): void {
  if (isTimer(event.type) && !takeTimer(turn, event.type)) return;
  const handler = handlerOf<HandledType>(turn.draft.state, event.type);
  handler(turn, event);
}

function isSame(before: Instance, after: Instance): boolean {
  for (const key in after) if (before[key as keyof Instance] !== after[key as keyof Instance]) return false;
  return true;
}
