/** Timers are absolute, and the instance knows them: what the shell tells of them is only a reason to look. */
import type { EventOf, TimerName } from "./events.ts";
import { type Handler, rearmTimers, setTimer, type Turn, timersSet } from "./turn.ts";

export const rearm: Handler<EventOf<"clockStepped">> = (turn) => rearmTimers(turn);

/** Those whose time has come, the earliest first. */
export function overdue({ draft, now }: Turn): TimerName[] {
  const at = (name: TimerName) => draft.timers[name]?.at ?? Number.POSITIVE_INFINITY;
  return timersSet(draft)
    .filter((name) => at(name) <= now.at)
    .sort((a, b) => at(a) - at(b));
}

/**
 * Whether a timer that fired is due; if so it is used up. One that was cleared, or fires twice, is not; one that comes too
 * early was set anew meanwhile, and is set again for what remains.
 */
export function takeTimer({ draft, now, actions }: Turn, name: TimerName): boolean {
  const timer = draft.timers[name];
  if (timer === undefined) return false;
  if (timer.at > now.at) {
    actions.push({ do: "setTimer", name, at: timer.at });
    return false;
  }
  const { [name]: _, ...rest } = draft.timers;
  draft.timers = rest;
  return true;
}

/** EXTEND_TIMEOUT_USEC: never shorter than it was. */
export const extendReady: Handler<EventOf<"extendTimeout">> = (turn, { ms }) => extend(turn, "readyTimeout", ms);

export const extendReload: Handler<EventOf<"extendTimeout">> = (turn, { ms }) => {
  extend(turn, "reloadTimeout", ms);
  extend(turn, "readyTimeout", ms);
};

function extend(turn: Turn, name: TimerName, ms: number): void {
  const set = turn.draft.timers[name];
  if (set !== undefined && turn.now.at + ms > set.at) setTimer(turn, name, ms);
}
