/** The hook before it, the spawn, and the wait until it is ready. */
import { formatDuration } from "../values/duration.ts";
import { describeExit } from "../values/exitStatus.ts";
import { applyPolicy } from "./conclude.ts";
import { end, settle } from "./ending.ts";
import type { EventOf } from "./events.ts";
import { isSuccess } from "./exit.ts";
import type { Cause } from "./instance.ts";
import { allowReadiness, begin, closeReadiness, spawn } from "./launch.ts";
import { arrive } from "./reloading.ts";
import { isTemporary } from "./restartPolicy.ts";
import { describeIdentity, isMainKnown, isUnanswered, isWithoutMain, lastExitOf, leavesDaemon, whoseExit, withMain } from "./slots.ts";
import { clearTimer, type Handler, remark, type Turn } from "./turn.ts";

export const met: Handler<EventOf<"dependenciesMet">> = ({ draft }) => {
  draft.dependenciesMet = true;
};

export const metWaiting: Handler<EventOf<"dependenciesMet">> = (turn) => {
  turn.draft.dependenciesMet = true;
  if (turn.draft.waitsFor === "dependencies") begin(turn, "its dependencies are met", true);
};

/** What runs goes on: a dependency that restarts must not take down all that stands on it. The next start waits. */
export const lost: Handler<EventOf<"dependencyLost">> = ({ draft }) => {
  draft.dependenciesMet = false;
};

export const backoffOver: Handler<EventOf<"backoffOver">> = (turn) => begin(turn, "the back-off is over", true);

export const hookBeforeFinished: Handler<EventOf<"hookFinished">> = (turn, { hook, attempt }) => {
  if (!isAwaited(turn, hook, attempt)) return;
  clearTimer(turn, "hookTimeout");
  spawn(turn);
};

export const hookBeforeFailed: Handler<EventOf<"hookFailed">> = (turn, { hook, attempt, why }) => {
  if (!isAwaited(turn, hook, attempt)) return;
  turn.draft.hook = null;
  applyPolicy(turn, failure(`the hook before its start failed: ${why}`));
};

export const hookBeforeLate: Handler<EventOf<"hookTimeout">> = (turn) => {
  const timeout = turn.spec.hooks.beforeStart?.timeout ?? 0;
  const what = `the hook before its start took longer than ${formatDuration(timeout)}`;
  end(turn, "policy", what, { cause: failure(what), kill: true });
};

export const spawned: Handler<EventOf<"spawned">> = (turn, { attempt, identity }) => {
  const { draft, spec } = turn;
  if (draft.process?.attempt !== attempt || !isUnanswered(draft.process)) return;
  draft.process = { ...draft.process, identity };
  if (spec.ready.on === "started" && spec.type !== "forking") {
    arrive(turn, describeIdentity(identity));
    return;
  }
  remark(turn, describeIdentity(identity));
  allowReadiness(turn);
};

export const spawnFailed: Handler<EventOf<"spawnFailed">> = (turn, { attempt, step, code, strerror, temporary }) => {
  const { draft } = turn;
  if (draft.process?.attempt !== attempt || !isUnanswered(draft.process)) return;
  draft.process = null;
  closeReadiness(turn, attempt);
  applyPolicy(turn, { ...failure(`${step}: ${strerror} (${code})`), temporary: temporary ?? isTemporary(code) });
};

/** The daemon of a forking service was found, or a service named another process. */
export const mainKnown: Handler<EventOf<"mainProcess">> = (turn, { attempt, identity }) => {
  const { draft, spec } = turn;
  if (draft.process?.attempt !== attempt) return;
  draft.process = withMain(draft.process, identity);
  const saidReady = spec.ready.on === "started" || draft.process.readyAt !== null;
  if (spec.type === "forking" && saidReady) arrive(turn, `in the background as ${describeIdentity(identity)}`);
  else remark(turn, `its main process is ${describeIdentity(identity)}`);
};

export const ready: Handler<EventOf<"ready">> = (turn, { attempt }) => {
  const { draft, now, spec } = turn;
  if (draft.process?.attempt !== attempt) return;
  if (!isMainKnown(spec, draft.process)) {
    draft.process = { ...draft.process, readyAt: draft.process.readyAt ?? now.at };
    return;
  }
  closeReadiness(turn, attempt);
  arrive(turn, `ready after ${formatDuration(Math.max(0, now.at - draft.since.at))}`);
};

export const readinessFailed: Handler<EventOf<"readinessFailed">> = (turn, { attempt, why }) => {
  if (turn.draft.process?.attempt === attempt) end(turn, "policy", `not ready: ${why}`, { cause: failure(`not ready: ${why}`) });
};

export const readyTimeout: Handler<EventOf<"readyTimeout">> = (turn) => {
  const { draft, spec } = turn;
  // Many are started at once: this one's turn has not come.
  if (draft.process !== null && isUnanswered(draft.process)) return allowReadiness(turn);
  const spoken = spec.ready.on === "notify" || spec.ready.on === "line";
  if (draft.process?.adopted && isMainKnown(spec, draft.process) && spoken) {
    closeReadiness(turn, draft.process.attempt);
    return arrive(turn, "it was adopted and lives; what it said of its readiness may have been before that");
  }
  const what = `not ready within ${formatDuration(spec.ready.timeout)}`;
  end(turn, "policy", what, { cause: failure(what) });
};

export const exitedStarting: Handler<EventOf<"exited">> = (turn, exit) => {
  const { draft, spec, now } = turn;
  if (whoseExit(draft, exit) !== "process" || draft.process === null) return;
  const isLauncher = spec.type === "forking" && draft.process.launcher === null;
  if (leavesDaemon(spec, draft.process, exit)) {
    draft.process = { ...draft.process, identity: null, launcher: exit.pid };
    return remark(turn, "the launcher has ended; its daemon is looked for");
  }
  draft.process = null;
  draft.lastExit = lastExitOf(exit, now.wall);
  const done = spec.type === "oneshot" && isSuccess(exit.status);
  const what = isLauncher && isSuccess(exit.status) ? "it ended without leaving a daemon" : describeExit(exit.status);
  settle(turn, done ? { ...failure(what), success: true } : failure(`${what} before it was ready`), exit.remains);
};

/** The daemon of a forking service ended before anybody knew which it was. */
export const goneWithoutMain: Handler<EventOf<"gone">> = (turn, { tree }) => {
  const { draft, now } = turn;
  if (draft.process === null || !isWithoutMain(draft.process) || (tree !== "all" && tree !== draft.process.attempt)) return;
  draft.lastExit = lastExitOf({ attempt: draft.process.attempt, pid: 0, status: "unknown" }, now.wall);
  draft.process = null;
  settle(turn, failure("its daemon is gone, and nobody knows how it ended"), false);
};

function isAwaited({ draft }: Turn, name: string, attempt: number): boolean {
  return draft.hook?.name === name && draft.hook.attempt === attempt;
}

function failure(what: string): Cause {
  return { what, success: false, temporary: false, uptime: null };
}
