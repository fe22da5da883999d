/** The processes of a home: its tree and its services, as /proc shows them, and their end. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Home } from "../../src/supervisor/state/home.ts";
import { removeCgroup } from "../../src/supervisor/tree/cgroup.ts";
import { ownCgroup } from "../../src/supervisor/tree/findCgroup.ts";
import { allPids, isAlive, readList, readStat } from "./process.ts";
import { until } from "./wait.ts";

const PATIENCE = { timeout: 20_000 };

/** All that have this home in their environment: init, supervisors, and commands. */
export function treeProcesses(path: string): number[] {
  const entry = `DAEMONITOR_HOME=${path}`;
  return others().filter((pid) => environmentOf(pid).includes(entry));
}

/** All that carry the mark of an instance of this home, or of all its instances. */
export function serviceProcesses(home: Home, instance = ""): number[] {
  const id = homeIdOf(home);
  if (id === undefined) return [];
  const prefix = `DAEMONITOR_INSTANCE=${id}/${instance === "" ? "" : `${instance}#`}`;
  return others().filter((pid) => environmentOf(pid).some((variable) => variable.startsWith(prefix)));
}

/**
 * Lists the processes of both kinds that live, each time that it is called: those too that are ending, which have lost
 * their environment before they let go of their files.
 */
export function watchProcesses(home: Home, path: string): () => number[] {
  const seen = new Map<number, bigint | undefined>();
  return () => {
    for (const pid of [...treeProcesses(path), ...serviceProcesses(home)]) seen.set(pid, startTime(pid));
    return [...seen].filter(([pid, time]) => isAlive(pid) && startTime(pid) === time).map(([pid]) => pid);
  };
}

/**
 * SIGKILL to all of it: init and the supervisor first, or they would start again what ends. Their control groups go as
 * well, which the home names as long as its supervisor has not ended.
 */
export async function killProcesses(home: Home, path: string, removeCgroups = cgroupsOf(home)): Promise<void> {
  const left = watchProcesses(home, path);
  let quiet = 0;
  await until(
    "the tree to end",
    () => {
      const tree = treeProcesses(path);
      // All are stopped first: a supervisor that sees its init die starts another one.
      for (const signal of ["SIGSTOP", "SIGKILL"] as const) for (const pid of tree) kill(pid, signal);
      quiet = tree.length === 0 ? quiet + 1 : 0;
      return quiet > 2;
    },
    PATIENCE,
  );
  await until(
    "the services to end",
    () => {
      const pids = left();
      for (const pid of pids) kill(pid, "SIGKILL");
      return pids.length === 0;
    },
    PATIENCE,
  );
  await removeCgroups();
}

/** Removes the control groups of a home whose processes have ended: of a process that is a zombie, threads may not have. */
export function cgroupsOf(home: Home): () => Promise<void> {
  const id = homeIdOf(home);
  const own = ownCgroup(readFileSync("/proc/self/cgroup", "utf8"), readFileSync("/proc/self/mountinfo", "utf8"));
  // Nobody but its supervisor removes it: a machine would have more with each test, and look at all of them in some.
  return async () => {
    if (id === undefined || typeof own !== "string") return;
    await until("its control groups to be empty", () => removeCgroup(join(own, `daemonitor-${id}`)), PATIENCE);
  };
}

/** What the marks of its services begin with, and its control group ends in. */
function homeIdOf(home: Home): string | undefined {
  try {
    return readFileSync(join(home.run, "id"), "latin1").trim();
  } catch {
    return undefined;
  }
}

function others(): number[] {
  return allPids().filter((pid) => pid !== process.pid && isAlive(pid));
}

function environmentOf(pid: number): string[] {
  try {
    return readList(pid, "environ").map(String);
  } catch {
    return [];
  }
}

function startTime(pid: number): bigint | undefined {
  try {
    return readStat(pid).startTime;
  } catch {
    return undefined;
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Ended by itself.
  }
}
