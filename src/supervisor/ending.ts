/** Out of life: signal, wait, kill what is left, again and again until nothing is. */
import { applyPolicy, conclude } from "./conclude.ts";
import type { Cause, ProcessSlot, Then } from "./instance.ts";
import { closeReadiness } from "./launch.ts";
import { slotsOf } from "./slots.ts";
import { killAgainAfter } from "./stopPolicy.ts";
import { clearTimer, enter, setTimer, type Turn } from "./turn.ts";

export interface How {
  /** For the restart policy, where `then` is "policy". */
  readonly cause?: Cause;
  /** Instead of `stop.signal`. */
  readonly signal?: string;
  /** SIGKILL at once. */
  readonly kill?: boolean;
  /** Others than the processes in our books live. */
  readonly remains?: boolean;
  /** There was a process, though it is gone by now. */
  readonly ran?: boolean;
}

/** Enters `stopping`, or passes through it where nothing is left already. */
export function end(turn: Turn, then: Then, reason: string, how: How = {}): void {
  const { draft } = turn;
  const slots = slotsOf(draft);
  const { cause = null, kill: killNow = false, remains = false } = how;
  const ran = how.ran === true || slots.some((slot) => slot.identity !== null || slot.launcher !== null);
  if (draft.state === "starting" && draft.process !== null) closeReadiness(turn, draft.process.attempt);
  if (draft.other?.role === "successor") closeReadiness(turn, draft.other.attempt);
  draft.ending = { then, cause, kills: 0, remains, ran, cleaned: false };
  for (const name of ["stopTimeout", "killTimeout", "hookTimeout"] as const) clearTimer(turn, name);
  enter(turn, "stopping", reason);
  if (killNow || remains || draft.hook !== null) {
    kill(turn);
    return;
  }
  if (slots.length === 0) {
    conclude(turn);
    return;
  }
  for (const slot of slots) askToEnd(turn, slot, how.signal);
  setTimer(turn, "stopTimeout", turn.spec.stop.timeout);
}

/** It goes wrong: ended, and then the restart policy has its say. */
export function endFor(turn: Turn, what: string, how: Pick<How, "signal"> = {}): void {
  const readyAt = turn.draft.process?.readyAt ?? null;
  const uptime = readyAt === null ? null : turn.now.at - readyAt;
  end(turn, "policy", what, { ...how, cause: { what, success: false, temporary: false, uptime } });
}

/** Its main process is gone. Where nothing else is to be ended, there is no state between. */
export function settle(turn: Turn, cause: Cause, remains: boolean): void {
  const { draft, spec } = turn;
  if (remains || draft.other !== null) {
    end(turn, "policy", `${cause.what}; what is left of it is killed`, { cause, kill: true, remains, ran: true });
  } else if (spec.hooks.afterExit !== null) {
    end(turn, "policy", cause.what, { cause, ran: true });
  } else {
    if (draft.state === "starting") closeReadiness(turn, draft.attempt);
    applyPolicy(turn, cause);
  }
}

/** The stop signal, or another one. A forking service without a known daemon is all that its launcher left. */
export function askToEnd({ actions, spec }: Turn, { attempt, identity, launcher }: ProcessSlot, signal = spec.stop.signal): void {
  if (identity !== null) actions.push({ do: "signal", attempt, signal, to: "main" });
  else if (launcher !== null) actions.push({ do: "signal", attempt, signal, to: "all" });
}

/** SIGKILL to all that is left, and once more later: `gone` is the only end of this. */
export function kill(turn: Turn): void {
  const { draft, actions } = turn;
  if (draft.ending === null) return;
  clearTimer(turn, "stopTimeout");
  actions.push({ do: "killAll", tree: "all" });
  setTimer(turn, "killTimeout", killAgainAfter(draft.ending.kills));
  draft.ending = { ...draft.ending, kills: draft.ending.kills + 1 };
}

/** Whether anything keeps it from being over. */
export function concludeIfOver(turn: Turn): void {
  const { draft } = turn;
  if (draft.ending === null || draft.ending.remains || draft.hook !== null || slotsOf(draft).length > 0) return;
  conclude(turn);
}
