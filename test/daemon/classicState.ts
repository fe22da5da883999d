/** What the recipe makes of every daemon, whoever launched it: everything that the kernel tells of a process's place in the system. */
import assert from "node:assert/strict";
import { constants } from "node:os";
import { hasSignal, type Inspected, inspect, isAlive, readStat } from "../support/process.ts";

export interface State {
  readonly parent: string;
  readonly session: string;
  readonly ttyNr: number;
  readonly cwd: string;
  readonly root: string;
  readonly umask: number;
  readonly ignored: readonly string[];
  readonly blocked: readonly string[];
  readonly streams: readonly (string | undefined)[];
  /** Descriptors above 2. Node's own are not counted. */
  readonly others: readonly string[];
  readonly limits: Inspected["limits"];
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  readonly groups: readonly number[];
  readonly noNewPrivs: boolean;
  readonly nice: number;
  readonly oomScoreAdj: number;
}

/** Node opens these for itself. */
const NODES_OWN = /^(anon_inode:|pipe:)/;
/** Node ignores these in every program. */
export const IGNORED_BY_NODE = ["SIGPIPE", "SIGXFSZ"];

const RECIPE = {
  parent: "pid 1 or a subreaper",
  session: "another one, which has lost its leader",
  ttyNr: 0,
  cwd: "/",
  root: "/",
  umask: 0,
  ignored: ["SIGHUP"],
  blocked: [],
  streams: ["/dev/null", "/dev/null", "/dev/null"],
  others: [],
  noNewPrivs: false,
} as const satisfies Partial<State>;

/** Compares a daemon with the recipe, and with this process in what a daemon inherits; `differences` are what was asked for. */
export function assertClassic(daemon: Inspected, differences: Partial<State> = {}): void {
  const { limits, uids, gids, groups, nice, oomScoreAdj } = inspect(process.pid);
  assert.deepEqual(stateOf(daemon), { ...RECIPE, limits, uids, gids, groups, nice, oomScoreAdj, ...differences });
}

/** For a Node program. */
export function assertClassicNode(daemon: Inspected, differences: Partial<State> = {}): void {
  const others = stateOf(daemon).others.filter((target) => !NODES_OWN.test(target));
  const fds = new Map([...daemon.fds].filter(([fd, { target }]) => fd <= 2 || others.includes(target)));
  assertClassic({ ...daemon, fds }, { ignored: ["SIGHUP", ...IGNORED_BY_NODE], ...differences });
}

/** The signals in a mask of {@link Inspected}, in the order of their numbers. */
export function signalNames(mask: bigint): string[] {
  const names = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name as NodeJS.Signals]));
  return [...names].sort(([a], [b]) => a - b).flatMap(([, name]) => (hasSignal(mask, name) ? [name] : []));
}

function stateOf(daemon: Inspected): State {
  const { ttyNr, cwd, root, umask, fds, limits, uids, gids, groups, noNewPrivs, nice, oomScoreAdj } = daemon;
  return {
    parent: ancestors(process.pid).includes(daemon.ppid) ? "pid 1 or a subreaper" : `${daemon.ppid}`,
    session: sessionOf(daemon),
    ttyNr,
    cwd,
    root,
    umask,
    ignored: signalNames(daemon.sigIgn),
    blocked: signalNames(daemon.sigBlk),
    streams: [0, 1, 2].map((fd) => fds.get(fd)?.target),
    others: [...fds].flatMap(([fd, { target }]) => (fd > 2 ? [target] : [])),
    limits,
    uids,
    gids,
    groups,
    noNewPrivs,
    nice,
    oomScoreAdj,
  };
}

function sessionOf({ pid, pgrp, sid }: Inspected): string {
  if (pid === pgrp || pid === sid) return "leads it";
  if (sid !== pgrp) return `${sid}, in group ${pgrp}`;
  if (sid === readStat(process.pid).sid) return "the caller's";
  return isAlive(sid) ? `led by ${sid}, which lives` : "another one, which has lost its leader";
}

/** An orphan goes to pid 1, or to an ancestor that asked for it: PR_SET_CHILD_SUBREAPER. */
function ancestors(pid: number): number[] {
  const { ppid } = readStat(pid);
  return ppid === 0 ? [] : [ppid, ...ancestors(ppid)];
}
