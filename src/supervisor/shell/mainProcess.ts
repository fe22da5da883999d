/**
 * Which process a service is, where that is not the one that was started: the daemon that a forking service's launcher
 * left behind, or what MAINPID= of sd_notify(3) names. Init takes it into its table then, so that its end is told as any
 * other's.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { DaemonError } from "../../launch/errors.ts";
import type { Identity } from "../events.ts";
import { isWithoutMain, slotsOf } from "../slots.ts";
import { findTree } from "../tree/findTree.ts";
import { readIdentity } from "../tree/identity.ts";
import { nextSnapshot } from "../tree/snapshot.ts";
import type { Context } from "./context.ts";
import { unlessInitIsGone } from "./endings.ts";
import { composeKey } from "./key.ts";
import type { Attempt, Unit } from "./unit.ts";
import { unlessRefused } from "./unlessRefused.ts";

const FIRST_PAUSE = 10;
const LONGEST_PAUSE = 250;

/** Looks until it is found, or the machine doesn't wait for it any more: its time limit is the machine's. */
export async function lookForMain(context: Context, unit: Unit): Promise<void> {
  if (unit.looksForMain || awaitedAttempt(unit) === undefined) return;
  unit.looksForMain = true;
  try {
    for (let pause = FIRST_PAUSE; ; pause = Math.min(LONGEST_PAUSE, pause * 1.5)) {
      const attempt = awaitedAttempt(unit);
      if (attempt === undefined) return;
      const found = await findMain(context, unit, attempt);
      if (found !== undefined && (await becomeMain(context, unit, attempt, found))) return;
      await sleep(pause);
    }
  } finally {
    unit.looksForMain = false;
  }
}

/** Takes it into init's table and tells the machine. False where it is gone meanwhile. */
export async function becomeMain(context: Context, unit: Unit, attempt: Attempt, identity: Identity): Promise<boolean> {
  const { client, journal, dispatcher, pids, heirlooms } = context;
  if (attempt.identity?.pid !== identity.pid || attempt.ended) {
    try {
      const key = composeKey({ instance: unit.name, attempt: attempt.number });
      const { serial } = await client.adopt({ key, pid: identity.pid, startTime: BigInt(identity.startTime), pipes: [] });
      attempt.serial = serial;
    } catch (error) {
      if (error instanceof DaemonError && error.code === "ESRCH") return false;
      // EEXIST: init knows it already.
      if (!(error instanceof DaemonError && error.code === "EEXIST")) {
        unlessInitIsGone(error);
        return false;
      }
    }
    attempt.identity = identity;
    attempt.ended = false;
    attempt.lingers = false;
    attempt.sessions.add(identity.pid);
    pids.add(identity.pid);
    heirlooms.drop(attempt);
    heirlooms.keep(unit, attempt);
  }
  unlessRefused(() => journal.spawned(unit.name, attempt.number, "process", identity));
  dispatcher.dispatch(unit, { type: "mainProcess", attempt: attempt.number, identity });
  return true;
}

function awaitedAttempt(unit: Unit): Attempt | undefined {
  if (unit.spec.type !== "forking") return undefined;
  const slot = slotsOf(unit.instance).find(isWithoutMain);
  return slot === undefined ? undefined : unit.attempt(slot.attempt);
}

/** By the pid file, where there is one; else the oldest process that the launcher left. */
async function findMain({ homeId, client }: Context, unit: Unit, attempt: Attempt): Promise<Identity | undefined> {
  const { pidFile } = unit.spec;
  const named = pidFile === null ? undefined : readPidFile(pidFile);
  if (pidFile !== null && named === undefined) return undefined;
  const snapshot = await nextSnapshot();
  const mark = { home: homeId, instance: unit.name, attempt: attempt.number };
  const tree = { mark, roots: attempt.left, sessions: [...attempt.sessions] };
  const members = findTree(tree, snapshot);
  if (named !== undefined) {
    const member = members.find(({ pid }) => pid === named);
    // It may have written its title over its mark, and lead a session of its own.
    const hidden = snapshot.unmarkedChildrenOf(client.hello.pid).some(({ pid }) => pid === named);
    return member ?? (hidden ? readIdentity(named) : undefined);
  }
  const pids = new Set(members.map(({ pid }) => pid));
  const roots = members.filter(({ pid }) => !pids.has(snapshot.processes.get(pid)?.parent ?? 0));
  return roots.toSorted((one, other) => one.startTime - other.startTime)[0];
}

function readPidFile(path: string): number | undefined {
  try {
    const text = readFileSync(path, "latin1").slice(0, 32);
    const pid = Number(/^\s*(\d{1,10})\s*$/.exec(text)?.[1] ?? 0);
    return pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}
