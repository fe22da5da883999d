/**
 * Which processes belong to which instance, and what they use: one pass over /proc for all of them.
 *
 *   const table = new ProcessTable({ ownerOf: (pid) => … });
 *   table.look([{ owner: "web/0", pid, startTime }]);
 *   table.members("web/0");        // the processes of web/0 that live, its children and theirs
 *
 * A process belongs to an instance if it is one of its main processes, descends from one that belongs to it, is in a
 * session that such a one leads, or is claimed by what the caller finds in it (the mark in its environment, its cgroup),
 * which is looked at once. Once it belongs it does for ever, whatever becomes of its parents.
 */
import { closeSync, readdirSync } from "node:fs";
import { parseStat, stat } from "./processStat.ts";
import { openProc, readOpenProc, readProc } from "./procFile.ts";

export interface Root {
  readonly owner: string;
  readonly pid: number;
  /** Clock ticks after boot. */
  readonly startTime: number;
}

export interface TableOptions {
  /** Of a process without kin: whose it is by what it carries; undefined for nobody's. */
  readonly ownerOf: (pid: number) => string | undefined;
  /** Nobody's, whatever they carry: we ourselves, and init. */
  readonly spared?: readonly number[];
}

/** A process, as it was seen last. */
export interface Seen {
  readonly pid: number;
  readonly startTime: number;
  /** "" for nobody's. */
  owner: string;
  /** The first look at it was the last one: what it used before that look is nobody's sample yet. */
  isNew: boolean;
  parent: number;
  session: number;
  ticks: number;
  childTicks: number;
  threads: number;
  pages: number;
  isOver: boolean;
  look: number;
  /** Its stat, kept open; -1 where it isn't. */
  fd: number;
}

/** PF_KTHREAD of the kernel's include/linux/sched.h. */
const KERNEL_THREAD = 0x20_0000;
const ZOMBIE = "Z".charCodeAt(0);
const DEAD = "X".charCodeAt(0);
/** Processes of nobody are looked at in one of so many looks: their numbers may be others' by then. */
const STRANGERS_EACH = 16;
/** Of parents that are looked at. */
const DEEPEST = 1000;

export class ProcessTable {
  readonly #ownerOf: TableOptions["ownerOf"];
  readonly #spared: ReadonlySet<number>;
  readonly #processes = new Map<number, Seen>();
  #members: ReadonlyMap<string, readonly Seen[]> = new Map();
  #living: readonly Seen[] = [];
  /** Nothing has changed that would make other lists of them. */
  #isSorted = true;
  #gone: Seen[] = [];
  /** Those of the look before: whose, pid and start time. */
  #roots: ReadonlySet<string> = new Set();
  #look = 0;
  #kept = 0;
  #mostKept = 0;

  constructor({ ownerOf, spared = [] }: TableOptions) {
    this.#ownerOf = ownerOf;
    this.#spared = new Set([0, 1, ...spared]);
  }

  /** For looks in quick succession: files of so many processes stay open between them. 0, as it is at first, closes all. */
  keepOpen(most: number): void {
    this.#mostKept = most;
    if (most === 0 && this.#kept > 0) for (const process of this.#processes.values()) this.#close(process);
  }

  /** Looks at all of them. */
  look(roots: readonly Root[]): void {
    this.#look += 1;
    this.#askAgain(roots);
    const fresh: Seen[] = [];
    for (const entry of readdirSync("/proc")) {
      const first = entry.charCodeAt(0);
      if (first < 0x30 || first > 0x39) continue;
      const found = this.#read(Number(entry), entry);
      if (found !== undefined) fresh.push(found);
    }
    for (const { owner, pid, startTime } of roots) {
      const root = this.#processes.get(pid);
      if (root?.startTime !== startTime || root.owner === owner) continue;
      root.owner = owner;
      this.#isSorted = false;
    }
    for (const process of fresh) this.#adopt(process);
    this.#sort();
  }

  /** Those of an instance that live, zombies not among them. */
  members(owner: string): readonly Seen[] {
    return this.#members.get(owner) ?? [];
  }

  /** All that belong to some instance, zombies not among them. */
  get all(): readonly Seen[] {
    return this.#living;
  }

  /** Those that belonged to an instance at the look before, and are gone now. */
  get gone(): readonly Seen[] {
    return this.#gone;
  }

  get(pid: number): Seen | undefined {
    return this.#processes.get(pid);
  }

  /** A main process that was seen before anybody said whose it is, and what it has started since, are asked again. */
  #askAgain(roots: readonly Root[]): void {
    const now = new Set<string>();
    let since = Number.POSITIVE_INFINITY;
    for (const { owner, pid, startTime } of roots) {
      const key = `${owner} ${pid} ${startTime}`;
      now.add(key);
      if (!this.#roots.has(key)) since = Math.min(since, startTime);
    }
    this.#roots = now;
    if (since === Number.POSITIVE_INFINITY) return;
    for (const [pid, { owner, startTime }] of this.#processes) if (owner === "" && startTime >= since) this.#processes.delete(pid);
  }

  /** Returns the process where it was not known. */
  #read(pid: number, name: string): Seen | undefined {
    const known = this.#processes.get(pid);
    if (known !== undefined && known.owner === "" && pid % STRANGERS_EACH !== this.#look % STRANGERS_EACH) {
      known.look = this.#look;
      return undefined;
    }
    const length = this.#readStat(known, `/proc/${name}/stat`);
    if (length <= 0 || !parseStat(length)) return undefined;
    const isSame = known !== undefined && known.startTime === stat.startTime;
    if (known !== undefined && !isSame) this.#leave(known);
    const process = isSame ? known : fresh(pid);
    // A zombie has its time, which its parent gets when it is waited for. One with threads left is none.
    const isOver = (stat.state === ZOMBIE && stat.threads <= 1) || stat.state === DEAD;
    if (!isSame || isOver !== process.isOver) this.#isSorted = false;
    process.isOver = isOver;
    process.parent = stat.parent;
    process.session = stat.session;
    process.ticks = stat.ticks;
    process.childTicks = stat.childTicks;
    process.threads = stat.threads;
    process.pages = stat.residentPages;
    process.look = this.#look;
    if (isSame) return undefined;
    this.#processes.set(pid, process);
    return (stat.flags & KERNEL_THREAD) === 0 && !this.#spared.has(pid) ? process : undefined;
  }

  #readStat(known: Seen | undefined, path: string): number {
    if (known === undefined || known.owner === "" || (known.fd === -1 && this.#kept >= this.#mostKept)) return readProc(path);
    if (known.fd === -1) {
      known.fd = openProc(path);
      if (known.fd !== -1) this.#kept += 1;
    }
    const length = known.fd === -1 ? -1 : readOpenProc(known.fd);
    if (length > 0) return length;
    this.#close(known);
    // Its number may be another process's by now.
    return readProc(path);
  }

  #leave(process: Seen): void {
    this.#isSorted = false;
    this.#close(process);
    if (process.owner !== "") this.#gone.push(process);
  }

  #close(process: Seen): void {
    if (process.fd === -1) return;
    closeSync(process.fd);
    process.fd = -1;
    this.#kept -= 1;
  }

  #adopt(process: Seen): void {
    if (process.owner !== "") return;
    const path: Seen[] = [];
    let owner = "";
    for (let one: Seen | undefined = process; one !== undefined && path.length < DEEPEST; one = this.#parentOf(one)) {
      owner = one.owner === "" ? this.#leaderOf(one) : one.owner;
      path.push(one);
      if (owner !== "") break;
    }
    if (owner === "") owner = this.#ownerOf(process.pid) ?? "";
    // Its parents are asked for themselves: theirs may be another answer.
    process.owner = owner;
  }

  #parentOf({ parent, startTime }: Seen): Seen | undefined {
    if (this.#spared.has(parent)) return undefined;
    const found = this.#processes.get(parent);
    // A process that started before its parent has lost the one that it had.
    return found === undefined || found.startTime > startTime ? undefined : found;
  }

  #leaderOf({ session, pid }: Seen): string {
    if (session === pid || this.#spared.has(session)) return "";
    return this.#processes.get(session)?.owner ?? "";
  }

  #sort(): void {
    for (const process of this.#processes.values()) {
      if (process.look === this.#look) continue;
      this.#processes.delete(process.pid);
      this.#leave(process);
    }
    if (this.#isSorted) return;
    this.#isSorted = true;
    this.#living = [...this.#processes.values()].filter(({ owner, isOver }) => owner !== "" && !isOver);
    this.#members = Map.groupBy(this.#living, ({ owner }) => owner);
  }

  /** The look is taken in: those that are new are not any more, those that are gone are forgotten. */
  settle(): void {
    this.#gone = [];
    for (const process of this.#living) process.isNew = false;
  }
}

function fresh(pid: number): Seen {
  return {
    ...{ pid, startTime: stat.startTime, owner: "", isNew: true, parent: 0, session: 0 },
    ...{ ticks: 0, childTicks: 0, threads: 0, pages: 0, isOver: false, look: 0, fd: -1 },
  };
}
