/** Reload: a signal, or a successor that must be ready before the old process goes. Until then, and if it fails, the old one serves. */

import { describeExit } from "../values/exitStatus.ts";
import { askToEnd } from "./ending.ts";
import type { EventOf } from "./events.ts";
import type { OtherSlot } from "./instance.ts";
import { allowReadiness, closeReadiness, openReadiness } from "./launch.ts";
import { becomeRunning, exitedRunning, mainChanged, watch } from "./running.ts";
import { describeIdentity, isMainKnown, isUnanswered, lastExitOf, leavesDaemon, newSlot, whoseExit } from "./slots.ts";
import { killAgainAfter } from "./stopPolicy.ts";
import { clearTimer, enter, type Handler, remark, setTimer, type Turn } from "./turn.ts";

/** How the reasons begin that say why a successor did not take over. */
export const RELOAD_FAILED = "reload failed: ";

/** Ready: and if a reload was asked for meanwhile, that comes at once. */
export function arrive(turn: Turn, reason: string): void {
  becomeRunning(turn, reason);
  again(turn);
}

export const reload: Handler<EventOf<"reloadAsked">> = (turn, { by }) => startReload(turn, `reload asked by ${by}`);

export const reloadAgain: Handler<EventOf<"reloadAsked">> = ({ draft, spec, actions }) => {
  if (spec.reload === null) actions.push({ do: "refuse", reason: noReload(draft.name) });
  else draft.reloadAgain = true;
};

export const reloadStarted: Handler<EventOf<"reloadStarted">> = (turn) => {
  enter(turn, "reloading", "it says that it reloads");
  setTimer(turn, "reloadTimeout", turn.spec.reload?.by === "signal" ? turn.spec.reload.timeout : turn.spec.ready.timeout);
};

export const reloaded: Handler<EventOf<"reloaded">> = (turn) => {
  if (turn.draft.other === null) back(turn, "reloaded");
};

export const reloadTimeout: Handler<EventOf<"reloadTimeout">> = (turn) => {
  if (turn.draft.other === null) back(turn, "it did not say that it has reloaded; it goes on");
};

export const successorSpawned: Handler<EventOf<"spawned">> = (turn, { attempt, identity }) => {
  const { draft, spec } = turn;
  if (draft.other?.attempt !== attempt || !isUnanswered(draft.other)) return;
  draft.other = { ...draft.other, identity };
  // It was given up before its spawn was answered.
  if (draft.other.role === "retiring") return killOther(turn, draft.other);
  remark(turn, `the successor is ${describeIdentity(identity)}`);
  if (spec.ready.on === "started" && spec.type !== "forking") promote(turn, draft.other);
  else allowReadiness(turn);
};

export const successorSpawnFailed: Handler<EventOf<"spawnFailed">> = (turn, { attempt, step, strerror, code }) => {
  const { other } = turn.draft;
  if (other?.attempt === attempt && isUnanswered(other)) otherGone(turn, `${step}: ${strerror} (${code})`);
};

export const readyReloading: Handler<EventOf<"ready">> = (turn, { attempt }) => {
  const { other, process } = turn.draft;
  if (other === null && process?.attempt === attempt) back(turn, "reloaded");
  else if (other?.attempt !== attempt || other.role !== "successor") return;
  else if (isMainKnown(turn.spec, other)) promote(turn, other);
  else turn.draft.other = { ...other, readyAt: other.readyAt ?? turn.now.at };
};

export const mainReloading: Handler<EventOf<"mainProcess">> = (turn, event) => {
  mainChanged(turn, event);
  const { other } = turn.draft;
  if (other?.attempt !== event.attempt || other.role !== "successor" || turn.spec.type !== "forking") return;
  if (turn.spec.ready.on === "started" || other.readyAt !== null) promote(turn, other);
};

export const successorFailed: Handler<EventOf<"readinessFailed">> = (turn, { attempt, why }) => {
  const { other } = turn.draft;
  if (other?.attempt === attempt && other.role === "successor") giveUp(turn, other, why);
};

export const successorLate: Handler<EventOf<"readyTimeout">> = (turn) => {
  const { other } = turn.draft;
  if (other?.role !== "successor") return;
  if (isUnanswered(other)) allowReadiness(turn);
  else giveUp(turn, other, "the successor was not ready in time");
};

export const exitedReloading: Handler<EventOf<"exited">> = (turn, exit) => {
  const { draft, spec } = turn;
  if (whoseExit(draft, exit) !== "other" || draft.other === null) return exitedRunning(turn, exit);
  const { other } = draft;
  // A forking service's launcher, whose daemon lives.
  if (other.role === "successor" && leavesDaemon(spec, other, exit)) {
    draft.other = { ...other, identity: null, launcher: exit.pid };
    return;
  }
  draft.lastExit = lastExitOf(exit, turn.now.wall);
  draft.other = { ...other, identity: null, launcher: exit.pid };
  if (exit.remains) giveUp(turn, { ...other, identity: null, launcher: exit.pid }, describeExit(exit.status));
  else otherGone(turn, describeExit(exit.status));
};

export const goneReloading: Handler<EventOf<"gone">> = (turn, { tree }) => {
  const { other } = turn.draft;
  // The answer to a kill before its spawn was answered is true only for that moment.
  if (other?.attempt === tree && (other.identity !== null || other.launcher !== null)) otherGone(turn, "it is gone");
};

export const killOtherAgain: Handler<EventOf<"killTimeout" | "stopTimeout">> = (turn) => {
  if (turn.draft.other?.role === "retiring") killOther(turn, turn.draft.other);
};

function startReload(turn: Turn, reason: string): void {
  const { draft, spec, actions } = turn;
  const { process } = draft;
  draft.reloadAgain = false;
  if (spec.reload === null || process === null) {
    actions.push({ do: "refuse", reason: noReload(draft.name) });
    return;
  }
  if (spec.reload.by === "rolling") {
    draft.attempt += 1;
    draft.other = { ...newSlot(draft.attempt), role: "successor", kills: 0 };
    enter(turn, "reloading", `${reason}: a successor is started`);
    openReadiness(turn, draft.attempt);
    actions.push({ do: "spawn", attempt: draft.attempt, successor: true });
    allowReadiness(turn);
    return;
  }
  const { signal, confirmed, timeout } = spec.reload;
  actions.push({ do: "signal", attempt: process.attempt, signal, to: "main" });
  if (!confirmed) {
    remark(turn, `${reason}: sent ${signal}`);
    return;
  }
  enter(turn, "reloading", `${reason}: sent ${signal}`);
  setTimer(turn, "reloadTimeout", timeout);
}

/** The successor serves now, and the old process goes. */
function promote(turn: Turn, successor: OtherSlot): void {
  const { draft, now, spec } = turn;
  const old = draft.process;
  const { role: _, kills: __, ...slot } = successor;
  closeReadiness(turn, slot.attempt);
  draft.process = { ...slot, readyAt: now.at };
  draft.record = { ...draft.record, calmSince: now.at };
  draft.probeFailures = 0;
  watch(turn);
  clearTimer(turn, "readyTimeout");
  if (old === null) {
    back(turn, "the successor is ready");
    return;
  }
  draft.other = { ...old, role: "retiring", kills: 0 };
  remark(turn, "the successor is ready; the old process is stopped");
  askToEnd(turn, old);
  setTimer(turn, "stopTimeout", spec.stop.timeout);
}

/** The old process goes on; what is left of its successor is killed. */
function giveUp(turn: Turn, other: OtherSlot, why: string): void {
  clearTimer(turn, "readyTimeout");
  if (other.role === "successor") {
    closeReadiness(turn, other.attempt);
    remark(turn, `${RELOAD_FAILED}${why}; the old process goes on`);
  }
  killOther(turn, { ...other, role: "retiring" });
}

function killOther(turn: Turn, other: OtherSlot): void {
  clearTimer(turn, "stopTimeout");
  turn.actions.push({ do: "killAll", tree: other.attempt });
  setTimer(turn, "killTimeout", killAgainAfter(other.kills));
  turn.draft.other = { ...other, kills: other.kills + 1 };
}

/** Nothing is left of the other process. */
function otherGone(turn: Turn, why: string): void {
  const { other } = turn.draft;
  turn.draft.other = null;
  if (other?.role === "successor") closeReadiness(turn, other.attempt);
  back(turn, other?.role === "successor" ? `${RELOAD_FAILED}${why}; the old process goes on` : "the process beside it is gone");
}

function back(turn: Turn, reason: string): void {
  enter(turn, "running", reason);
  again(turn);
}

function again(turn: Turn): void {
  if (turn.draft.reloadAgain) startReload(turn, "reload asked for meanwhile");
}

function noReload(name: string): string {
  return `${name} has nothing to reload it with: give it reload.signal, or reload: rolling`;
}
