/** Commands. The last one counts; asking twice is asking once. */
import { end, kill } from "./ending.ts";
import type { EventOf } from "./events.ts";
import type { Then } from "./instance.ts";
import { begin, forgive, startFresh } from "./launch.ts";
import { enter, type Handler, remark, type Turn } from "./turn.ts";

type Start = EventOf<"startAsked" | "restartAsked">;
type Down = EventOf<"stopAsked" | "deleteAsked">;

export const start: Handler<Start> = (turn, { type, by }) => {
  startFresh(turn, `${type === "startAsked" ? "start" : "restart"} asked by ${by}`);
};

/** Stop, then start: what lives must be gone before. */
export const restart: Handler<EventOf<"restartAsked">> = (turn, { by }) => {
  forgive(turn);
  end(turn, "start", `restart asked by ${by}`);
};

/** It is being stopped: started when nothing is left. */
export const startLater: Handler<Start> = (turn, { type, by }) => {
  forgive(turn);
  turn.draft.wanted = true;
  intend(turn, "start", `${type === "startAsked" ? "start" : "restart"} asked by ${by}; follows when nothing is left of it`);
};

/** There is no process: stopped at once. */
export const drop: Handler<Down> = (turn, event) => {
  const { draft } = turn;
  draft.wanted = false;
  draft.waitsFor = null;
  draft.reloadAgain = false;
  if (draft.state !== "stopped") enter(turn, "stopped", reasonOf(event));
  if (event.type === "deleteAsked") turn.actions.push({ do: "forget" });
};

export const stop: Handler<Down> = (turn, event) => {
  turn.draft.wanted = false;
  turn.draft.reloadAgain = false;
  end(turn, event.type === "stopAsked" ? "stop" : "delete", reasonOf(event), { kill: isForced(event) });
};

export const stopStays: Handler<Down> = (turn, event) => {
  turn.draft.wanted = false;
  intend(turn, event.type === "stopAsked" ? "stop" : "delete", reasonOf(event));
  // A hook that cleans up is given its own time, unless somebody loses patience.
  if (isForced(event)) kill(turn);
};

export const refuseReload: Handler<EventOf<"reloadAsked">> = ({ draft, actions }) => {
  actions.push({ do: "refuse", reason: `${draft.name} is ${draft.state}: there is nothing to reload` });
};

/** It has another specification now: it starts with that when it is gone. */
export const changed: Handler<EventOf<"specChanged">> = (turn, event) => {
  forgive(turn);
  end(turn, "start", whatChanged(event));
};

export const changedWhileStopping: Handler<EventOf<"specChanged">> = (turn, event) => {
  if (turn.draft.wanted) intend(turn, "start", whatChanged(event));
};

/** It waits, backs off, or has given up or completed its work: that was the old one. */
export const changedAtRest: Handler<EventOf<"specChanged">> = (turn, event) => {
  if (turn.draft.wanted) startFresh(turn, whatChanged(event));
};

export const dueNow: Handler<EventOf<"due">> = (turn) => {
  const { draft, spec } = turn;
  if (!spec.scheduled || !draft.wanted || draft.waitsFor === "dependencies") return;
  forgive(turn);
  begin(turn, "its schedule says so", true);
};

/** A change of what follows the stop is a change that must be told. */
function intend(turn: Turn, then: Then, reason: string): void {
  const { draft } = turn;
  if (draft.ending === null || draft.ending.then === then) return;
  draft.ending = { ...draft.ending, then };
  remark(turn, reason);
}

function isForced(event: Down): boolean {
  return event.type === "stopAsked" && event.force === true;
}

function reasonOf({ type, by }: Down): string {
  return `${type === "stopAsked" ? "stop" : "delete"} asked by ${by}`;
}

function whatChanged({ keys }: EventOf<"specChanged">): string {
  return `changed: ${keys.join(", ")}`;
}
