/** What comes while it is being ended. `stopped` is only said when nothing is left. */
import { formatDuration } from "../values/duration.ts";
import { conclude } from "./conclude.ts";
import { askToEnd, concludeIfOver, kill } from "./ending.ts";
import type { EventOf } from "./events.ts";
import { isUnanswered, lastExitOf, slotsOf, whoseExit } from "./slots.ts";
import { MOST_EXTENSION_MS } from "./stopPolicy.ts";
import { type Handler, remark, setTimer, type Turn } from "./turn.ts";

/** The answer to a spawn from before the stop. */
export const spawnedLate: Handler<EventOf<"spawned">> = (turn, { attempt, identity }) => {
  const { draft } = turn;
  const slot = draft.process?.attempt === attempt ? "process" : "other";
  const found = draft[slot];
  if (found?.attempt !== attempt || draft.ending === null) return strayWhileStopping(turn, attempt);
  if (!isUnanswered(found)) return;
  if (slot === "process") draft.process = { ...found, identity };
  else if (draft.other !== null) draft.other = { ...draft.other, identity };
  draft.ending = { ...draft.ending, ran: true };
  if (draft.ending.kills > 0) kill(turn);
  else askToEnd(turn, { ...found, identity });
};

export const spawnFailedLate: Handler<EventOf<"spawnFailed">> = (turn, { attempt }) => {
  if (slotsOf(turn.draft).some((slot) => slot.attempt === attempt && isUnanswered(slot))) forget(turn, attempt);
  concludeIfOver(turn);
};

export const exitedStopping: Handler<EventOf<"exited">> = (turn, exit) => {
  const { draft, spec, now } = turn;
  const whose = whoseExit(draft, exit);
  if (whose === null || draft.ending === null) return;
  draft[whose] = null;
  draft.lastExit = lastExitOf(exit, now.wall);
  if (!exit.remains) return concludeIfOver(turn);
  const asked = draft.ending.remains || draft.ending.kills > 0;
  draft.ending = { ...draft.ending, remains: true };
  // A shell that ran the real program died of the signal: its children get it too, and what is left of the time.
  if (!asked) turn.actions.push({ do: "signal", attempt: exit.attempt, signal: spec.stop.signal, to: "all" });
};

export const goneStopping: Handler<EventOf<"gone">> = (turn, { tree }) => {
  const { draft } = turn;
  if (draft.ending === null) return;
  // A spawn that is on its way may come true after the look.
  if (tree === "all") return slotsOf(draft).some(isUnanswered) || hookIsDue(turn) ? undefined : conclude(turn);
  const slot = slotsOf(draft).find(({ attempt }) => attempt === tree);
  if (slot === undefined || isUnanswered(slot)) return;
  forget(turn, tree);
  concludeIfOver(turn);
};

export const stillThere: Handler<EventOf<"remains">> = (turn, { count }) => {
  // Once is enough to know that it takes longer.
  if (turn.draft.ending?.kills === 4)
    remark(turn, `${count} ${count === 1 ? "process lives" : "processes live"} on after SIGKILL; it is sent again`);
};

export const stopTimeout: Handler<EventOf<"stopTimeout">> = (turn) => {
  remark(turn, `it did not end within ${formatDuration(turn.spec.stop.timeout)}; SIGKILL to all that is left`);
  kill(turn);
};

export const killTimeout: Handler<EventOf<"killTimeout">> = (turn) => kill(turn);

export const hookEnded: Handler<EventOf<"hookFinished" | "hookFailed">> = (turn, event) => {
  const { draft } = turn;
  if (draft.hook?.name !== event.hook || draft.hook.attempt !== event.attempt) return;
  draft.hook = null;
  if (event.hook === "afterExit" && event.type === "hookFailed") remark(turn, `the hook after its exit failed: ${event.why}`);
  concludeIfOver(turn);
};

export const hookLate: Handler<EventOf<"hookTimeout">> = (turn) => {
  remark(turn, "the hook after its exit took too long; SIGKILL");
  kill(turn);
};

export const extendStop: Handler<EventOf<"extendTimeout">> = (turn, { ms }) => {
  const { draft, now } = turn;
  const set = draft.timers.stopTimeout;
  const at = Math.min(now.at + ms, draft.since.at + MOST_EXTENSION_MS);
  if (set !== undefined && at > set.at) setTimer(turn, "stopTimeout", at - now.at);
};

/** While the hook cleans up nothing was killed: `gone` can only be an old answer. */
function hookIsDue({ draft }: Turn): boolean {
  return draft.hook?.name === "afterExit" && draft.ending?.kills === 0;
}

function forget({ draft }: Turn, attempt: number): void {
  if (draft.process?.attempt === attempt) draft.process = null;
  if (draft.other?.attempt === attempt) draft.other = null;
}

function strayWhileStopping(turn: Turn, attempt: number): void {
  const { draft } = turn;
  if (draft.ending === null || draft.lastExit?.attempt === attempt) return;
  draft.ending = { ...draft.ending, remains: true };
  kill(turn);
}
