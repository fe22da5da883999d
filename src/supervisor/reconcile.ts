/**
 * After the supervisor, init or both began anew: the books, as the journal had them, meet what is really there. The books
 * may be older than the truth (the disk was full), so there may be processes that they don't know.
 */
import { askToEnd, concludeIfOver, end, kill } from "./ending.ts";
import type { EventOf, ExitRecord, Found } from "./events.ts";
import type { ProcessSlot } from "./instance.ts";
import { openReadiness, runHookBefore, spawn } from "./launch.ts";
import { arrive, exitedReloading } from "./reloading.ts";
import { exitedRunning } from "./running.ts";
import { isMainKnown, isUnanswered, isWithoutMain, lastExitOf, newSlot, slotsOf, withMain } from "./slots.ts";
import { exitedStarting } from "./starting.ts";
import { AT_REST } from "./states.ts";
import { thenAsBefore } from "./strays.ts";
import { enter, type Handler, rearmTimers, remark, setTimer, type Turn } from "./turn.ts";

type Alive = Found["alive"][number];

export const reconcile: Handler<EventOf<"reconciled">> = (turn, event) => {
  const { draft } = turn;
  const found = withoutLaunchers(draft, event.found);
  const strangers = found.alive.filter(({ attempt }) => slotsOf(draft).every((slot) => slot.attempt !== attempt));
  draft.attempt = Math.max(
    draft.attempt,
    ...found.alive.map(({ attempt }) => attempt),
    ...found.exits.map(({ attempt }) => attempt),
    ...found.remains,
  );
  rearmTimers(turn);
  if (draft.state === "stopping") reconcileStopping(turn, found, strangers.length > 0);
  else if (strangers.length > 0) meetStrangers(turn, found, strangers);
  else if (draft.process !== null) reconcileProcess(turn, found);
  else reconcileNone(turn, found);
};

/** A launcher that still lives, though its daemon was known, is none of the main processes. */
function withoutLaunchers(draft: Turn["draft"], found: Found): Found {
  const launchers = found.alive.filter(({ identity }) => slotsOf(draft).some(({ launcher }) => launcher === identity.pid));
  if (launchers.length === 0) return found;
  const remains = [...new Set([...found.remains, ...launchers.map(({ attempt }) => attempt)])];
  return { ...found, alive: found.alive.filter((one) => !launchers.includes(one)), remains };
}

function reconcileStopping(turn: Turn, found: Found, strangers: boolean): void {
  const { draft, now } = turn;
  if (draft.ending === null) return;
  for (const slot of slotsOf(draft)) {
    const alive = aliveOf(found, slot.attempt);
    const exit = exitOf(found, slot.attempt, slot.launcher);
    const role = draft.process === slot ? "process" : "other";
    if (alive !== undefined) putIdentity(turn, role, alive);
    else if (slot.launcher === null || slot.identity !== null || !found.remains.includes(slot.attempt)) {
      draft[role] = null;
      if (exit !== undefined || slot.identity !== null)
        draft.lastExit = lastExitOf(exit ?? unknownExit(slot.attempt, slot.identity?.pid), now.wall);
    }
  }
  if (!found.hook) draft.hook = null;
  const ran = draft.ending.ran || found.alive.length > 0 || found.exits.length > 0;
  draft.ending = { ...draft.ending, remains: found.remains.length > 0 || strangers, ran };
  if (strangers || draft.ending.kills > 0) kill(turn);
  // The signal may have been sent or not: twice is better than SIGKILL without a warning.
  else for (const slot of slotsOf(draft)) askToEnd(turn, slot);
  if (draft.timers.stopTimeout === undefined && draft.timers.killTimeout === undefined && draft.hook === null) kill(turn);
  concludeIfOver(turn);
}

/** Processes that our books don't know: the state that told of them could not be saved. */
function meetStrangers(turn: Turn, found: Found, strangers: readonly Alive[]): void {
  const { draft } = turn;
  const [only, second] = strangers;
  const oursLive = slotsOf(draft).some(({ attempt }) => aliveOf(found, attempt) !== undefined);
  if (only === undefined || second !== undefined || oursLive || !draft.wanted || AT_REST.has(draft.state)) {
    end(turn, thenAsBefore(draft), "processes were found that the books don't know", { kill: true, remains: true, ran: true });
    return;
  }
  draft.process = { ...newSlot(only.attempt), identity: only.identity, adopted: true };
  draft.other = null;
  draft.hook = null;
  draft.waitsFor = null;
  killRemains(turn, found);
  enter(turn, "starting", `adopted pid ${only.identity.pid}, which was started after the last state that could be saved`);
  awaitReady(turn, only);
}

function reconcileProcess(turn: Turn, found: Found): void {
  const { draft } = turn;
  const slot = draft.process;
  if (slot === null) return;
  const alive = aliveOf(found, slot.attempt);
  const other = draft.other;
  if (alive !== undefined) {
    putIdentity(turn, "process", alive);
    killRemains(turn, found);
    if (other !== null) reconcileOther(turn, found, other.attempt);
    if (draft.state === "starting") awaitReady(turn, alive);
    else if (turn.spec.health !== null) turn.actions.push({ do: "startHealthChecks" });
    return;
  }
  const exit = exitOf(found, slot.attempt, slot.launcher);
  const nothing = exit === undefined && found.remains.length === 0;
  if (draft.state === "starting" && isUnanswered(slot) && nothing) {
    spawnAgain(turn);
    return;
  }
  if (isWithoutMain(slot) && isAll(found.remains, slot.attempt) && exit === undefined) {
    if (draft.state === "starting") openReadiness(turn, slot.attempt);
    return;
  }
  if (exit !== undefined) draft.process = handedOver(slot, exit);
  const exited = { type: "exited", ...(exit ?? unknownExit(slot.attempt, slot.identity?.pid)), remains: found.remains.length > 0 } as const;
  if (draft.state === "starting") exitedStarting(turn, exited);
  else exitedRunning(turn, exited);
}

function reconcileOther(turn: Turn, found: Found, attempt: number): void {
  const { draft } = turn;
  const alive = aliveOf(found, attempt);
  if (alive === undefined) {
    const exit = exitOf(found, attempt, draft.other?.launcher ?? null);
    if (exit !== undefined && draft.other !== null) draft.other = handedOver(draft.other, exit);
    exitedReloading(turn, {
      type: "exited",
      ...(exit ?? unknownExit(attempt, draft.other?.identity?.pid)),
      remains: found.remains.includes(attempt),
    });
    return;
  }
  putIdentity(turn, "other", alive);
  if (draft.other?.role === "successor") openReadiness(turn, attempt);
  else if (draft.timers.stopTimeout !== undefined && draft.other !== null) askToEnd(turn, draft.other);
}

function reconcileNone(turn: Turn, found: Found): void {
  const { draft, spec, actions, now } = turn;
  const latest = found.exits.at(-1);
  if (latest !== undefined) draft.lastExit = lastExitOf(latest, now.wall);
  if (found.remains.length > 0) {
    end(turn, thenAsBefore(draft), "processes of it were found", { kill: true, remains: true, ran: true });
  } else if (draft.hook !== null && !found.hook) {
    if (spec.hooks.beforeStart === null) spawn(turn);
    else runHookBefore(turn, spec.hooks.beforeStart.timeout);
  } else if (draft.state === "waiting" && draft.waitsFor === "dependencies") {
    actions.push({ do: "awaitDependencies" });
  }
}

/** What the books took for its main process may have handed over to another since, whose end this is. */
function handedOver<Slot extends ProcessSlot>(slot: Slot, { pid }: ExitRecord): Slot {
  return slot.identity === null || slot.identity.pid === pid ? slot : withMain(slot, { ...slot.identity, pid });
}

/** What an earlier attempt left, beside a process that serves. */
function killRemains({ draft, actions }: Turn, { remains }: Found): void {
  for (const tree of remains) if (slotsOf(draft).every(({ attempt }) => attempt !== tree)) actions.push({ do: "killAll", tree });
}

function isAll(remains: readonly number[], attempt: number): boolean {
  return remains.length === 1 && remains[0] === attempt;
}

/** The crash came between the note of the spawn and the spawn. */
function spawnAgain(turn: Turn): void {
  turn.draft.attempt += 1;
  remark(turn, "its spawn was noted but never happened; it is spawned now");
  spawn(turn);
}

function awaitReady(turn: Turn, { attempt, identity }: Alive): void {
  const { draft, spec } = turn;
  const known = draft.timers.readyTimeout !== undefined;
  // Of a forking service, what lives may still be the launcher.
  const isMain = draft.process !== null && isMainKnown(spec, draft.process);
  if ((spec.ready.on === "started" || draft.process?.readyAt != null) && isMain) {
    arrive(turn, `adopted as pid ${identity.pid}`);
    return;
  }
  if (spec.ready.on !== "started") openReadiness(turn, attempt);
  if (!known) setTimer(turn, "readyTimeout", spec.ready.timeout);
}

function putIdentity({ draft }: Turn, role: "process" | "other", { identity }: Alive): void {
  if (role === "process" && draft.process !== null) draft.process = { ...draft.process, identity, adopted: true };
  if (role === "other" && draft.other !== null) draft.other = { ...draft.other, identity, adopted: true };
}

function aliveOf({ alive }: Found, attempt: number): Alive | undefined {
  return alive.find((one) => one.attempt === attempt);
}

function exitOf({ exits }: Found, attempt: number, launcher: number | null): Found["exits"][number] | undefined {
  return exits.findLast((exit) => exit.attempt === attempt && exit.pid !== launcher);
}

function unknownExit(attempt: number, pid = 0): Found["exits"][number] {
  return { attempt, pid, status: "unknown" };
}
