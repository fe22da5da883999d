/**
 * Which processes belong to an attempt, or to an instance with all its attempts and hooks.
 *
 *   findTree({ mark: { home, instance: "web/0", attempt: 3 }, roots: [main], sessions: [main.pid] })
 *
 * A process belongs to the tree if it
 * - is in its cgroup, is one of the roots, or carries the mark;
 * - descends from one that belongs to it (all parents were seen in the same snapshot);
 * - is in a session that is the tree's: led by one that belongs to it; or without a leader by now, and vouched for by the
 *   caller or with one in it that belongs to the tree. Only descendants of a session's leader can be in it.
 * It doesn't if, outside of the cgroup, it started before the tree did, or carries the mark of another attempt or instance
 * of the same home. This process, its parents, pid 1 and the kernel's threads never belong to a tree.
 *
 * A process that left its session, lost its parent and cleared its environment can't be found without a cgroup, unless
 * it was seen before: pass what an earlier call found as `roots`.
 */
import { isOver, readProcessStat } from "../../launch/processStat.ts";
import type { Identity } from "../events.ts";
import { processesIn } from "./cgroup.ts";
import { bootId, identityOf } from "./identity.ts";
import type { Mark } from "./mark.ts";
import type { MarkedProcess } from "./processTable.ts";
import { Snapshot } from "./snapshot.ts";

export interface Tree {
  /** Without an attempt, the whole instance; `latest`: without attempts after that one. */
  readonly mark: Pick<Mark, "home" | "instance"> & { readonly attempt?: number; readonly latest?: number };
  /** Main processes, the launcher of a forking service, and others that are known to belong to it. They may be gone. */
  readonly roots?: readonly Identity[];
  /**
   * Sessions of which the caller knows that the tree was in them until just now: that of a main process whose exit was
   * just told. Not from a journal that may be old: another session may have got the number, and lost its leader.
   */
  readonly sessions?: readonly number[];
  /** Clock ticks after boot: nothing that started earlier is in it. Default for an attempt: the start of its earliest root. */
  readonly notBefore?: number;
  /** Directories in a cgroup file system that hold nothing but parts of the tree. */
  readonly cgroups?: readonly string[];
}

/** The processes that live now, as a snapshot has them. */
export function findTree(tree: Tree, snapshot: Snapshot = Snapshot.take()): Identity[] {
  const contained = (tree.cgroups ?? []).flatMap((cgroup) => inCgroup(cgroup, snapshot) ?? []);
  return search(tree, snapshot, contained).map(identityOf);
}

/** Undefined where it holds one of ours, or a parent: then it isn't the tree's alone. */
export function inCgroup(cgroup: string, snapshot: Snapshot): MarkedProcess[] | undefined {
  const pids = processesIn(cgroup);
  if (pids.some((pid) => snapshot.isSpared(pid))) return undefined;
  return pids.flatMap((pid) => snapshot.processes.get(pid) ?? readLater(pid));
}

/** What was forked since the snapshot was taken. It needs no mark: its cgroup tells whose it is. */
function readLater(pid: number): MarkedProcess[] {
  const found = readProcessStat(pid);
  return found === undefined || isOver(found) ? [] : [{ ...found, mark: undefined }];
}

/** The earliest that a process of it can have started, in clock ticks after boot; 0 where nobody knows. */
export function startOf({ mark, roots = [], notBefore }: Tree): number {
  if (notBefore !== undefined) return notBefore;
  const starts = ofThisBoot(roots).map(({ startTime }) => startTime);
  return mark.attempt === undefined || starts.length === 0 ? 0 : Math.min(...starts);
}

function search(tree: Tree, snapshot: Snapshot, contained: readonly MarkedProcess[]): MarkedProcess[] {
  const { mark, roots = [], sessions = [] } = tree;
  const earliest = startOf(tree);
  const members = new Map<number, MarkedProcess>();
  const queue: MarkedProcess[] = [];

  const add = (process: MarkedProcess) => {
    if (members.has(process.pid) || snapshot.isSpared(process.pid)) return;
    members.set(process.pid, process);
    queue.push(process);
  };
  const addKin = (process: MarkedProcess) => {
    if (!belongsToAnother(process.mark, mark)) add(process);
  };
  const addSession = (session: number) => {
    if (!snapshot.isOwnSession(session)) snapshot.inSession(session).filter(isLateEnough).forEach(addKin);
  };
  const isLateEnough = ({ startTime }: MarkedProcess) => startTime >= earliest;

  for (const process of [...contained, ...livingRoots(roots, snapshot)]) add(process);
  for (const process of snapshot.markedAs(mark.home, mark.instance)) {
    if (isLateEnough(process) && !belongsToAnother(process.mark, mark)) add(process);
  }
  for (const session of sessions) if (!snapshot.processes.has(session)) addSession(session);

  for (let process = queue.pop(); process !== undefined; process = queue.pop()) {
    const { pid, startTime, session } = process;
    // One that started before its parent was read of an earlier process of that number.
    for (const child of snapshot.childrenOf(pid)) if (child.startTime >= startTime) addKin(child);
    if (session === pid || !snapshot.processes.has(session)) addSession(session);
  }
  return [...members.values()];
}

function livingRoots(roots: readonly Identity[], snapshot: Snapshot): MarkedProcess[] {
  return ofThisBoot(roots).flatMap(({ pid, startTime }) => {
    const process = snapshot.processes.get(pid);
    return process?.startTime === startTime ? [process] : [];
  });
}

function ofThisBoot(identities: readonly Identity[]): Identity[] {
  return identities.filter((identity) => identity.bootId === bootId());
}

/** Another home's may be a supervisor's that runs as a service: it goes with its parents. */
function belongsToAnother(found: Mark | undefined, wanted: Tree["mark"]): boolean {
  if (found === undefined || found.home !== wanted.home) return false;
  if (found.instance !== wanted.instance) return true;
  if (wanted.latest !== undefined && found.attempt > wanted.latest) return true;
  return wanted.attempt !== undefined && (found.attempt !== wanted.attempt || found.hook !== undefined);
}
