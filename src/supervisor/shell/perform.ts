/** The machine's actions, done. Their answers are events. */
import { DaemonError } from "../../launch/errors.ts";
import { monotonicMs } from "../../values/clock.ts";
import { formatDuration } from "../../values/duration.ts";
import type { Action } from "../actions.ts";
import type { Event, HookName, TimerName } from "../events.ts";
import { slotsOf } from "../slots.ts";
import { signalProcess } from "../tree/identity.ts";
import { signalTree } from "../tree/signalTree.ts";
import type { Context } from "./context.ts";
import type { Endings } from "./endings.ts";
import { composeKey } from "./key.ts";
import { launchAttempt, logOf } from "./launching.ts";
import { awaitReadiness, probeReadiness, startHealthChecks, stopAwaiting, stopHealthChecks } from "./probing.ts";
import { treeOf } from "./treeOf.ts";
import type { Unit } from "./unit.ts";
import { unlessRefused } from "./unlessRefused.ts";

/** What setTimeout takes; the machine sets a timer that comes too early again. */
const LONGEST_DELAY = 2 ** 31 - 1;

export interface Performer {
  readonly endings: Endings;
  awaitDependencies(unit: Unit): void;
  forget(unit: Unit): void;
}

export function perform(context: Context, performer: Performer, unit: Unit, action: Action): void {
  switch (action.do) {
    case "spawn":
      void spawn(context, performer, unit, action.attempt);
      return;
    case "signal":
      void signal(context, unit, action);
      return;
    case "killAll":
      void performer.endings.killAll(unit, action.tree);
      return;
    case "setTimer":
      setTimer(context, unit, action.name, action.at);
      return;
    case "clearTimer":
      clearTimer(unit, action.name);
      return;
    case "runHook":
      void runHook(context, unit, action.hook, action.attempt);
      return;
    case "openReadiness":
      awaitReadiness(context, unit, action.attempt);
      return;
    case "closeReadiness":
      stopAwaiting(unit, action.attempt);
      return;
    case "startHealthChecks":
      startHealthChecks(context, unit);
      return;
    case "stopHealthChecks":
      stopHealthChecks(unit);
      return;
    case "awaitDependencies":
      performer.awaitDependencies(unit);
      return;
    case "note": {
      const { from, to, reason } = action.note;
      context.events.append({ type: "state", instance: unit.name, from, to, reason });
      return;
    }
    case "refuse":
      unit.refusal = action.reason;
      return;
    case "forget":
      performer.forget(unit);
      return;
  }
}

async function spawn(context: Context, { endings }: Performer, unit: Unit, number: number): Promise<void> {
  await launchAttempt(context, unit, number);
  const attempt = unit.attempts.get(number);
  if (attempt?.identity !== undefined) probeReadiness(context, unit, attempt);
  // It never began; its cgroup and its socket may be there all the same.
  else if (attempt?.answered === true) endings.release(unit, number);
}

async function signal(
  context: Context,
  unit: Unit,
  { attempt: number, signal: name, to }: Extract<Action, { do: "signal" }>,
): Promise<void> {
  const { problems } = context;
  const attempt = unit.attempts.get(number);
  const identity = attempt?.identity ?? slotsOf(unit.instance).find((slot) => slot.attempt === number)?.identity;
  try {
    if (to === "main") {
      if (identity != null) signalProcess(identity, name);
      return;
    }
    const { refused } = await signalTree(treeOf(context, unit, number), name);
    for (const { error } of refused) problems.tell(unit.name, error.message);
  } catch (error) {
    if (!(error instanceof DaemonError)) throw error;
    problems.tell(unit.name, error.message);
  }
}

function setTimer({ dispatcher }: Context, unit: Unit, name: TimerName, at: number): void {
  clearTimer(unit, name);
  const delay = Math.min(LONGEST_DELAY, Math.max(0, Math.ceil(at - monotonicMs())));
  const timer = setTimeout(() => {
    unit.timers.delete(name);
    dispatcher.dispatch(unit, name === "readyTimeout" ? notReady(unit) : { type: name });
  }, delay);
  unit.timers.set(name, timer);
}

/** Says why, where the last probe told: the machine knows only that time is up. */
function notReady({ instance, lastProbe }: Unit): Event {
  const { timers, other, process } = instance;
  const attempt = (other?.role === "successor" ? other : process)?.attempt;
  const timer = timers.readyTimeout;
  if (lastProbe === null || attempt === undefined || timer === undefined || timer.at > monotonicMs()) return { type: "readyTimeout" };
  return { type: "readinessFailed", attempt, why: `time is up (${formatDuration(timer.after)}): ${lastProbe}` };
}

function clearTimer(unit: Unit, name: TimerName): void {
  clearTimeout(unit.timers.get(name));
  unit.timers.delete(name);
}

async function runHook(context: Context, unit: Unit, hook: HookName, attempt: number): Promise<void> {
  const { commands, journal, dispatcher, homeId, starter } = context;
  const command = unit.spec.hooks[hook];
  const over = new AbortController();
  unit.hook = over;
  unlessRefused(() => journal.spawning(unit.name, attempt, hook));
  let why = "";
  try {
    if (command === null) throw new Error("the specification has no such hook any more");
    const log = await logOf(context, unit);
    const { status, signal: killedBy } = await commands.run(
      unit.spec,
      {
        key: composeKey({ instance: unit.name, attempt, beside: hook }),
        ...{ instance: unit.name, number: unit.number, attempt, hook, command, home: homeId, starter },
        logs: { out: log.out, err: log.err },
        ...{ sockets: [], notifyAddress: null, cgroup: null },
      },
      over.signal,
    );
    if (status !== 0) why = killedBy === null ? `exit status ${status}` : `killed by ${killedBy}`;
  } catch (error) {
    if (context.isInitGone()) return;
    why = error instanceof Error ? error.message : String(error);
  }
  if (unit.hook === over) unit.hook = undefined;
  dispatcher.dispatch(unit, why === "" ? { type: "hookFinished", hook, attempt } : { type: "hookFailed", hook, attempt, why });
}
