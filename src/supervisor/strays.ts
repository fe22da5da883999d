/** News of processes that should not be: they are ended, and no state is left before that. */
import { end } from "./ending.ts";
import type { EventOf } from "./events.ts";
import type { Instance, Then } from "./instance.ts";
import { lastExitOf } from "./slots.ts";
import type { Handler } from "./turn.ts";

/** A process that nobody waits for. */
export const stray: Handler<EventOf<"spawned">> = (turn, { attempt, identity }) => {
  const { draft } = turn;
  if (draft.lastExit?.attempt === attempt) return;
  draft.attempt = Math.max(draft.attempt, attempt);
  end(turn, thenAsBefore(draft), `pid ${identity.pid} was started, but nobody waits for it`, { kill: true, remains: true });
};

/** The same, beside a process that serves. */
export const strayBeside: Handler<EventOf<"spawned">> = ({ draft, actions }, { attempt }) => {
  if (draft.process?.attempt === attempt || draft.lastExit?.attempt === attempt) return;
  actions.push({ do: "killAll", tree: attempt });
};

/** An exit status that comes after its process was found to be gone: better late than unknown. */
export const exitedLate: Handler<EventOf<"exited">> = ({ draft, now }, exit) => {
  if (draft.lastExit?.attempt === exit.attempt && draft.lastExit.pid === exit.pid && draft.lastExit.status === "unknown")
    draft.lastExit = lastExitOf(exit, now.wall);
};

/** What follows when that which is left is gone, so that things are as they were. */
export function thenAsBefore({ state, wanted }: Pick<Instance, "state" | "wanted">): Then {
  if (state === "completed") return "complete";
  if (state === "failed") return "fail";
  return wanted ? "start" : "stop";
}
