/** Ways into a process: what it waits for, the hook before it, the spawn. */
import { CLEAN_RECORD } from "./restartPolicy.ts";
import { newSlot } from "./slots.ts";
import { enter, setTimer, type Turn } from "./turn.ts";

/** Somebody wants it up: what it did before is forgiven. */
export function startFresh(turn: Turn, reason: string): void {
  forgive(turn);
  turn.draft.wanted = true;
  turn.draft.dependenciesMet = false;
  begin(turn, reason, false);
}

export function forgive({ draft }: Turn): void {
  draft.record = CLEAN_RECORD;
  draft.restarts = 0;
}

/** Towards a process: through `waiting` where it has to. `due`: its schedule has said so. */
export function begin(turn: Turn, reason: string, due: boolean): void {
  const { draft, spec, actions } = turn;
  if (spec.scheduled && !due) {
    draft.waitsFor = "schedule";
    enter(turn, "waiting", `${reason}; waits for its schedule`);
    return;
  }
  if (spec.dependent && !draft.dependenciesMet) {
    draft.waitsFor = "dependencies";
    enter(turn, "waiting", `${reason}; waits for its dependencies`);
    actions.push({ do: "awaitDependencies" });
    return;
  }
  draft.waitsFor = null;
  draft.attempt += 1;
  draft.probeFailures = 0;
  draft.reloadAgain = false;
  enter(turn, "starting", reason);
  if (spec.hooks.beforeStart === null) spawn(turn);
  else runHookBefore(turn, spec.hooks.beforeStart.timeout);
}

export function runHookBefore(turn: Turn, timeout: number): void {
  const { draft, actions } = turn;
  draft.hook = { name: "beforeStart", attempt: draft.attempt };
  actions.push({ do: "runHook", hook: "beforeStart", attempt: draft.attempt });
  setTimer(turn, "hookTimeout", timeout);
}

/** The process of this attempt. */
export function spawn(turn: Turn): void {
  const { draft, actions } = turn;
  draft.hook = null;
  draft.process = newSlot(draft.attempt);
  openReadiness(turn, draft.attempt);
  actions.push({ do: "spawn", attempt: draft.attempt, successor: false });
  allowReadiness(turn);
}

/** Its time to get ready begins now: with the process, not with the wish for it. */
export function allowReadiness(turn: Turn): void {
  setTimer(turn, "readyTimeout", turn.spec.ready.timeout);
}

export function openReadiness({ spec, actions }: Turn, attempt: number): void {
  if (spec.ready.on !== "started") actions.push({ do: "openReadiness", attempt });
}

export function closeReadiness({ spec, actions }: Turn, attempt: number): void {
  if (spec.ready.on !== "started") actions.push({ do: "closeReadiness", attempt });
}
