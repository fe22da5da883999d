/** Nothing is left of it: what follows. */
import { formatDuration } from "../values/duration.ts";
import type { Cause, Ending } from "./instance.ts";
import { begin } from "./launch.ts";
import type { MachineSpec } from "./machineSpec.ts";
import { ordinal } from "./ordinal.ts";
import { type RestartPolicy, restartAfter } from "./restartPolicy.ts";
import { isUnanswered } from "./slots.ts";
import { clearTimer, enter, setTimer, type Turn, timersSet } from "./turn.ts";

/** Ends the state `stopping`: the hook first, if there is one, then what was intended. */
export function conclude(turn: Turn): void {
  const { draft, spec, actions, now } = turn;
  const { ending, process } = draft;
  if (ending === null) return;
  for (const name of timersSet(draft)) clearTimer(turn, name);
  if (process !== null && !isUnanswered(process)) {
    draft.lastExit = { attempt: process.attempt, pid: process.identity?.pid ?? null, status: "unknown", wall: now.wall, usage: null };
  }
  draft.process = null;
  draft.other = null;
  draft.hook = null;
  if (ending.ran && !ending.cleaned && spec.hooks.afterExit !== null) {
    draft.ending = { ...ending, cleaned: true, remains: false, kills: 0 };
    draft.hook = { name: "afterExit", attempt: draft.attempt };
    actions.push({ do: "runHook", hook: "afterExit", attempt: draft.attempt });
    setTimer(turn, "hookTimeout", spec.hooks.afterExit.timeout);
    return;
  }
  draft.ending = null;
  follow(turn, ending);
}

/** It ended without being asked to. */
export function applyPolicy(turn: Turn, cause: Cause): void {
  const { draft, spec, now } = turn;
  const verdict = restartAfter(policyOf(spec), draft.record, cause, now);
  draft.record = verdict.record;
  if (verdict.is === "complete") {
    enter(turn, "completed", cause.what);
    return;
  }
  const what = `${cause.what}${counted(verdict.nth, spec.restart)}`;
  if (verdict.is === "fail") {
    enter(turn, "failed", what);
    return;
  }
  if (!cause.temporary) draft.restarts += 1;
  if (verdict.delay === 0) {
    begin(turn, `${what}; it was stable and restarts at once`, true);
    return;
  }
  enter(turn, "backoff", `${what}; next try in ${formatDuration(verdict.delay)}`);
  setTimer(turn, "backoffOver", verdict.delay);
}

function follow(turn: Turn, { then, cause }: Ending): void {
  switch (then) {
    case "stop":
      enter(turn, "stopped", "nothing is left of it");
      break;
    case "delete":
      enter(turn, "stopped", "nothing is left of it, and it is deleted");
      turn.actions.push({ do: "forget" });
      break;
    case "start":
      begin(turn, "nothing is left of it; starts again", false);
      break;
    case "policy":
      applyPolicy(turn, cause ?? { what: "ended", success: false, temporary: false, uptime: null });
      break;
    case "complete":
      enter(turn, "completed", "nothing is left of it");
      break;
    case "fail":
      enter(turn, "failed", "nothing is left of it");
      break;
  }
}

/** What does its work and ends is done when it has done it, also where "always" is asked for. */
function policyOf({ type, scheduled, restart }: MachineSpec): RestartPolicy {
  return (type === "oneshot" || scheduled) && restart.when === "always" ? { ...restart, when: "on-failure" } : restart;
}

/** ", the sixth in 5 min (limit 5)" */
function counted(nth: number | null, { limit, window }: RestartPolicy): string {
  if (nth === null || limit === null) return "";
  const within = window === Number.POSITIVE_INFINITY ? "" : ` in ${formatDuration(window)}`;
  return `, the ${ordinal(nth)}${within} (limit ${limit})`;
}
