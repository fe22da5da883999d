/** When a command is done with an instance, and how it went. Pure decisions, and the wait for them. */
import type { InstanceOutcome } from "../control.ts";
import { RELOAD_FAILED } from "../reloading.ts";
import { AT_REST } from "../states.ts";
import { why } from "../story.ts";
import type { Unit } from "./unit.ts";

/** `since`: the number of its latest process when the command came. */
export type Goal =
  | { readonly to: "run" }
  | { readonly to: "run anew"; readonly since: number }
  | { readonly to: "reload" }
  | { readonly to: "be replaced"; readonly course: Course }
  | { readonly to: "rest"; readonly course: Course }
  | { readonly to: "be forgotten" };

/** Of a command that doesn't ask all its instances at once. */
export interface Course {
  /** With the number of its latest process at that moment. */
  readonly asked: Map<Unit, number>;
  /** Those that won't be asked any more, and why. */
  readonly skipped: Map<Unit, string>;
}

export interface Judged {
  readonly outcome: InstanceOutcome["outcome"];
  /** Instead of the machine's sentence. */
  readonly why?: string;
}

/** Undefined while it isn't settled. `blockedBy`: a dependency that won't be met by itself. */
export function judge(unit: Unit, goal: Goal, blockedBy: string | undefined): Judged | undefined {
  const { instance, refusal } = unit;
  const { state } = instance;
  if (refusal !== null) return { outcome: "refused", why: refusal };
  switch (goal.to) {
    case "be forgotten":
      if (unit.isForgotten) return { outcome: "done", why: `${unit.name} is deleted` };
      return instance.wanted ? startedAgain(unit) : undefined;
    case "rest":
      if (unit.isForgotten) return { outcome: "done" };
      if (!goal.course.asked.has(unit)) return undefined;
      if (instance.wanted) return startedAgain(unit);
      return AT_REST.has(state) ? { outcome: "done" } : undefined;
    case "run":
      return unit.isForgotten ? deleted(unit) : towardsRunning(unit, blockedBy);
    case "run anew":
      if (unit.isForgotten) return deleted(unit);
      if (instance.attempt <= goal.since && state !== "waiting" && state !== "stopped" && state !== "failed") return undefined;
      return towardsRunning(unit, blockedBy);
    case "reload":
      if (unit.isForgotten) return deleted(unit);
      return isReloading(unit) ? undefined : towardsRunning(unit, blockedBy);
    case "be replaced": {
      if (unit.isForgotten) return deleted(unit);
      const skipped = goal.course.skipped.get(unit);
      if (skipped !== undefined) return { outcome: "failed", why: skipped };
      const since = goal.course.asked.get(unit);
      if (since === undefined || isReloading(unit)) return undefined;
      const judged = towardsRunning(unit, blockedBy);
      const isSame = (instance.process?.attempt ?? since) <= since;
      return judged?.outcome === "done" && isSame ? notReplaced(unit) : judged;
    }
  }
}

function isReloading({ instance }: Unit): boolean {
  return instance.state === "reloading" || instance.reloadAgain || instance.other !== null;
}

/** Its state tells that it runs, and not what became of its successor. */
function notReplaced({ name, instance }: Unit): Judged {
  const told = instance.history.findLast(({ reason }) => reason.startsWith(RELOAD_FAILED));
  return told === undefined ? { outcome: "failed" } : { outcome: "failed", why: `${name}: ${told.reason}` };
}

function towardsRunning({ instance, name }: Unit, blockedBy: string | undefined): Judged | undefined {
  switch (instance.state) {
    case "running":
    case "completed":
    case "reloading":
      return { outcome: "done" };
    case "failed":
    case "backoff":
      return { outcome: "failed" };
    case "stopped":
      return { outcome: "failed", why: `${name} was stopped meanwhile` };
    case "waiting":
      if (instance.waitsFor === "schedule") return { outcome: "done" };
      return blockedBy === undefined ? undefined : { outcome: "failed", why: `${name} waits for ${blockedBy}` };
    case "starting":
    case "stopping":
      return undefined;
  }
}

function deleted({ name }: Unit): Judged {
  return { outcome: "failed", why: `${name} was deleted meanwhile` };
}

/** The last command counts. */
function startedAgain({ name }: Unit): Judged {
  return { outcome: "failed", why: `${name} was started again meanwhile` };
}

export interface Patience {
  /** Milliseconds; null for ever, 0 not at all. */
  readonly wait: number | null;
  readonly signal?: AbortSignal | undefined;
}

/** Resolves when it is settled, or when nobody wants to wait any more. */
export function settle(
  unit: Unit,
  goal: Goal,
  { wait, signal }: Patience,
  blockedBy: (unit: Unit) => string | undefined,
): Promise<InstanceOutcome> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const finish = (judged: Judged) => {
      clearTimeout(timer);
      unit.watchers.delete(look);
      signal?.removeEventListener("abort", giveUp);
      resolve({
        name: unit.name,
        state: unit.instance.state,
        outcome: judged.outcome,
        why: judged.why ?? why(unit.instance, Date.now()),
        pid: unit.instance.process?.identity?.pid ?? null,
      });
    };
    const look = () => {
      const judged = judge(unit, goal, blockedBy(unit));
      if (judged !== undefined) finish(judged);
      return judged !== undefined;
    };
    const giveUp = () => finish({ outcome: "pending" });
    if (look()) return;
    if (wait === 0 || signal?.aborted) return giveUp();
    unit.watchers.add(look);
    signal?.addEventListener("abort", giveUp, { once: true });
    if (wait !== null) timer = setTimeout(giveUp, Math.min(wait, 2 ** 31 - 1));
  });
}
