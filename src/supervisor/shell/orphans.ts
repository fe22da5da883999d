/**
 * What lives on of an attempt whose main process has ended, without a look at every process there is: whoever lost its
 * parent is a child of init by now, since init is the subreaper of all that it starts.
 *
 *   const orphans = new Orphans(client.hello.pid, homeId, (pid) => mainProcesses.has(pid));
 *   const { ours, unknown } = orphans.of("web/0", 3, [main.pid]);
 *   // unknown: children of init that can't be attributed; take a Snapshot and call findTree
 *
 * Not for an attempt that was adopted: its processes have another parent.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { isOver, type ProcessStat, readProcessStat } from "../../launch/processStat.ts";
import type { Identity } from "../events.ts";
import { identityOf } from "../tree/identity.ts";
import { type Mark, readMark } from "../tree/mark.ts";

export interface Left {
  readonly ours: readonly Identity[];
  /** Children of init of which nobody can say whose they are. */
  readonly unknown: readonly Identity[];
}

interface Marked {
  readonly startTime: number;
  readonly mark: Mark;
}

/** The list may lose an entry to the reader while others end: two equal ones in a row are right. */
const MOST_READS = 5;

export class Orphans {
  readonly #list: string;
  readonly #home: string;
  readonly #isKnown: (pid: number) => boolean;
  /** Marks of processes that were looked at, by pid: an exec may hide a mark, but nobody loses the one he had. */
  #marks = new Map<number, Marked>();
  #ofThisTurn: { readonly list: number[] | undefined } | undefined;

  /**
   * @param home id of the home, see Mark
   * @param isKnown whether it is the main process of an attempt, a hook, or the supervisor: children of init by right
   */
  constructor(initPid: number, home: string, isKnown: (pid: number) => boolean) {
    this.#list = `/proc/${initPid}/task/${initPid}/children`;
    this.#home = home;
    this.#isKnown = isKnown;
  }

  /**
   * @param sessions that the attempt was in until just now
   * @returns undefined where the kernel can't tell of init's children
   */
  of(instance: string, attempt: number, sessions: readonly number[]): Left | undefined {
    const children = this.#children();
    if (children === undefined) return undefined;
    const ours: Identity[] = [];
    const unknown: Identity[] = [];
    const marks = new Map<number, Marked>();
    for (const pid of children) {
      if (this.#isKnown(pid)) continue;
      const found = readProcessStat(pid);
      if (found === undefined || isOver(found)) continue;
      const mark = this.#markOf(found);
      if (mark !== undefined) marks.set(pid, { startTime: found.startTime, mark });
      const is = this.#classify(found, mark, { instance, attempt }, sessions);
      if (is === "ours") ours.push(identityOf(found));
      if (is === "unknown") unknown.push(identityOf(found));
    }
    this.#marks = marks;
    return { ours, unknown };
  }

  #markOf({ pid, startTime }: ProcessStat): Mark | undefined {
    const known = this.#marks.get(pid);
    return known?.startTime === startTime ? known.mark : readMark(pid);
  }

  #classify(
    { session }: ProcessStat,
    mark: Mark | undefined,
    { instance, attempt }: Pick<Mark, "instance" | "attempt">,
    sessions: readonly number[],
  ): "ours" | "another's" | "unknown" {
    if (mark?.home === this.#home) {
      return mark.instance === instance && mark.attempt === attempt && mark.hook === undefined ? "ours" : "another's";
    }
    if (sessions.includes(session)) return "ours";
    // Led by somebody's main process.
    return this.#isKnown(session) ? "another's" : "unknown";
  }

  /**
   * Read once for all exits that are told in one turn of the event loop: all of those processes had been reaped, and their
   * children been given to init, before the first of them was told.
   */
  #children(): number[] | undefined {
    if (this.#ofThisTurn === undefined) {
      this.#ofThisTurn = { list: this.#readChildren() };
      queueMicrotask(() => {
        this.#ofThisTurn = undefined;
      });
    }
    return this.#ofThisTurn.list;
  }

  /** Undefined where the kernel has no such list (CONFIG_PROC_CHILDREN), or it changes faster than it is read. */
  #readChildren(): number[] | undefined {
    let [before, now] = BUFFERS;
    let length = readAll(this.#list, before);
    for (let read = 1; read < MOST_READS && length !== undefined; read += 1) {
      const again = readAll(this.#list, now);
      if (again === length && now.compare(before, 0, length, 0, length) === 0) return numbersIn(now.subarray(0, length));
      length = again;
      [before, now] = [now, before];
    }
    return undefined;
  }
}

/** For some 8,000 children. Two for all instances: one is read before each restart. */
const BUFFERS = [Buffer.allocUnsafe(65_536), Buffer.allocUnsafe(65_536)] as const;
const BLANK = 0x20;
const ZERO = 0x30;

/** The kernel gives a page at a time, so only an empty read is the end of it. Undefined where it can't be read, or not whole. */
function readAll(path: string, buffer: Buffer): number | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, "r");
    for (let length = 0; length < buffer.length; ) {
      const count = readSync(fd, buffer, length, buffer.length - length, null);
      if (count === 0) return length;
      length += count;
    }
    return undefined;
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Each with a blank after it. */
function numbersIn(text: Uint8Array): number[] {
  const numbers: number[] = [];
  let number = 0;
  // By index: this must be fast the first time, too, and an iterator isn't.
  for (let at = 0; at < text.length; at += 1) {
    const byte = text[at] ?? BLANK;
    if (byte !== BLANK) number = number * 10 + byte - ZERO;
    else {
      numbers.push(number);
      number = 0;
    }
  }
  return numbers;
}
