/**
 * Ends all that is left of an attempt or an instance: the machine's `killAll`.
 *
 *   const { remaining } = await killTree({ mark, roots: [main], sessions: [main.pid] });
 *   // none: the event `gone`; else `remains`, with remaining.length
 *
 * All of it is stopped (SIGSTOP) before anything is killed, again until a fresh snapshot shows nothing new: whoever forks
 * faster than we look has to fork before it is seen once, and nobody loses the parent by which it is found. Then SIGKILL,
 * and fresh snapshots until nothing is left. Where the tree has cgroups with `cgroup.kill`, that comes first.
 *
 * If this process dies in between, what it stopped stays so until it is killed by the next one.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Identity } from "../events.ts";
import { killCgroup } from "./cgroup.ts";
import { findTree, inCgroup, startOf, type Tree } from "./findTree.ts";
import { signalEach } from "./signalTree.ts";
import { nextSnapshot, type Snapshot } from "./snapshot.ts";

export interface KillOptions {
  /** Milliseconds until it gives up waiting for their end. Default 2000. */
  readonly timeout?: number;
}

export interface Killed {
  /** What lives on: not ours to kill, in the kernel (state D), or too fast. */
  readonly remaining: readonly Remaining[];
  /** How many were found, those that remain included. */
  readonly found: number;
}

export interface Remaining extends Identity {
  /** A sentence, where the signal was refused. */
  readonly why?: string;
}

/** The most passes that stop, and the most that kill. */
const MOST_ROUNDS = 100;
const LONGEST_PAUSE = 20;

/** @throws DaemonError where /proc or the cgroup can't be read; not for a process that can't be killed */
export async function killTree(tree: Tree, { timeout = 2000 }: KillOptions = {}): Promise<Killed> {
  const deadline = Date.now() + timeout;
  const hunt = new Hunt(tree);
  let snapshot = await nextSnapshot();
  // With one of ours in it, the kernel would kill us as well.
  for (const cgroup of tree.cgroups ?? []) if (inCgroup(cgroup, snapshot) !== undefined) killCgroup(cgroup);
  for (let round = 0; round < MOST_ROUNDS && hunt.freeze(snapshot) > 0 && Date.now() < deadline; round += 1)
    snapshot = await nextSnapshot();
  let left = hunt.kill(snapshot);
  for (let round = 0, pause = 1; left.length > 0 && round < MOST_ROUNDS && Date.now() < deadline; round += 1) {
    await sleep(pause);
    pause = Math.min(LONGEST_PAUSE, pause * 2);
    left = hunt.kill(await nextSnapshot());
  }
  return { remaining: left.map((identity) => hunt.explain(identity)), found: hunt.found };
}

/** What was seen of a tree in all passes: who is dead by now still tells which session was the tree's. */
class Hunt {
  readonly #tree: Tree;
  readonly #seen = new Map<string, Identity>();
  readonly #stopped = new Set<string>();
  readonly #refused = new Map<string, string>();
  readonly #sessions: Set<number>;

  constructor(tree: Tree) {
    // Fixed now, since what is seen becomes a root.
    this.#tree = { ...tree, notBefore: startOf(tree) };
    this.#sessions = new Set(tree.sessions);
  }

  get found(): number {
    return this.#seen.size;
  }

  /** Stops those that were not stopped yet. Returns how many of them there were. */
  freeze(snapshot: Snapshot): number {
    const fresh = this.#look(snapshot).filter((identity) => !this.#stopped.has(keyOf(identity)));
    for (const identity of fresh) this.#stopped.add(keyOf(identity));
    this.#signal(fresh, "SIGSTOP");
    return fresh.length;
  }

  /** Returns those that were there. */
  kill(snapshot: Snapshot): Identity[] {
    const members = this.#look(snapshot);
    this.#signal(members, "SIGKILL");
    return members;
  }

  explain(identity: Identity): Remaining {
    const why = this.#refused.get(keyOf(identity));
    return why === undefined ? identity : { ...identity, why };
  }

  #look(snapshot: Snapshot): Identity[] {
    const roots = [...(this.#tree.roots ?? []), ...this.#seen.values()];
    const members = findTree({ ...this.#tree, roots, sessions: [...this.#sessions] }, snapshot);
    for (const identity of members) {
      this.#seen.set(keyOf(identity), identity);
      // Its members outlive it by a moment, in which nobody else gets the number.
      if (snapshot.processes.get(identity.pid)?.session === identity.pid) this.#sessions.add(identity.pid);
    }
    return members;
  }

  #signal(members: readonly Identity[], signal: string): void {
    for (const { identity, error } of signalEach(members, signal)) this.#refused.set(keyOf(identity), error.message);
  }
}

function keyOf({ pid, startTime }: Identity): string {
  return `${pid}@${startTime}`;
}
