/**
 * Follows one log: each line once, in order, over rotation, over a file that somebody empties, and over a file that is removed.
 *
 *   const follower = new LogFollower(log, { from: "end" });
 *   const lines = await follower.read();   // those that are there by now
 *   follower.close();
 *
 * It reads when it is asked to, so that who is slow costs no memory.
 */
import { closeSync, fstatSync, lstatSync } from "node:fs";
import { type Block, forwardBlocks, readAt } from "./readBlocks.ts";
import type { LogName, ReadEnd } from "./readLog.ts";
import { currentInode, type OpenSegment, openSegment, type Segment, segmentPath, segmentsOf } from "./readSegments.ts";
import { LineSplitter } from "./readSplitter.ts";

export interface FollowedLine {
  /** Without the line end. Only until the next read. */
  readonly bytes: Buffer;
  /** False for a piece of a line that is longer than `longestLine`: the rest comes next. */
  readonly ended: boolean;
  /** Where to go on behind it. */
  readonly position: ReadEnd;
}

export interface FollowerOptions {
  /** A place that was reached before; the end of what is there; or the beginning of the current segment. */
  readonly from: ReadEnd | "end" | "begin";
  /** Bytes after which a line is given in pieces. Default 16 MiB. */
  readonly longestLine?: number;
  /** What is read into, for followers that are read one after the other. */
  readonly buffer?: Buffer;
}

/** Bytes that are read at once. */
export const CHUNK = 64 * 1024;

export class LogFollower {
  readonly #log: LogName;
  readonly #splitter: LineSplitter;
  readonly #buffer: Buffer;
  #from: FollowerOptions["from"];
  /** What is read before the current segment, from these offsets on. */
  #queue: { readonly segment: Segment; readonly start: number }[] = [];
  #archive: { readonly segment: OpenSegment; readonly blocks: AsyncGenerator<Block, void, undefined> } | undefined;
  #live: OpenSegment | undefined;
  #offset = 0;

  constructor(log: LogName, { from, longestLine, buffer = Buffer.allocUnsafeSlow(CHUNK) }: FollowerOptions) {
    this.#buffer = buffer;
    this.#log = log;
    this.#from = from;
    this.#splitter = new LineSplitter(longestLine);
  }

  /** The lines that came since, at most some 64 KB of them (more where one is longer); none where there is nothing new. */
  async read(): Promise<readonly FollowedLine[]> {
    for (;;) {
      const lines = this.#archive !== undefined || this.#queue.length > 0 ? await this.#readArchive() : await this.#readLive();
      if (lines === undefined || lines.length > 0) return lines ?? [];
    }
  }

  close(): void {
    if (this.#live !== undefined) closeSync(this.#live.fd);
    this.#live = undefined;
    this.#endArchive();
    this.#queue = [];
  }

  async #readArchive(): Promise<readonly FollowedLine[]> {
    if (this.#archive === undefined) {
      const next = this.#queue.shift();
      const segment = next === undefined ? undefined : openSegment(next.segment);
      // Removed to make room, before it could be read.
      if (next === undefined || segment === undefined) return [];
      this.#archive = { segment, blocks: forwardBlocks(segment, next.start, Infinity, CHUNK) };
    }
    const { segment, blocks } = this.#archive;
    const { done, value } = await blocks.next();
    if (done !== true) return this.#split(segment, value.bytes, value.offset);
    this.#endArchive();
    return [];
  }

  #endArchive(): void {
    if (this.#archive === undefined) return;
    const { segment, blocks } = this.#archive;
    this.#archive = undefined;
    // A read that is under way has to end before its descriptor is another file's.
    blocks.return().then(
      () => closeSync(segment.fd),
      () => closeSync(segment.fd),
    );
  }

  /** Undefined where there is nothing new. */
  async #readLive(): Promise<readonly FollowedLine[] | undefined> {
    const live = this.#live ?? this.#begin();
    if (this.#queue.length > 0) return [];
    if (live === undefined) return undefined;
    const { size } = fstatSync(live.fd);
    if (size < this.#offset) {
      // Somebody emptied it.
      this.#splitter.drop();
      this.#offset = 0;
    }
    if (size === this.#offset) return this.#goOn(live) ? [] : undefined;
    const count = await readAt(live.fd, this.#buffer.subarray(0, Math.min(this.#buffer.length, size - this.#offset)), this.#offset);
    const offset = this.#offset;
    this.#offset += count;
    return this.#split(live, this.#buffer.subarray(0, count), offset);
  }

  #split(segment: OpenSegment, bytes: Buffer, offset: number): readonly FollowedLine[] {
    const { inode, begunAt } = segment;
    return this.#splitter.feed(bytes).map(({ bytes: line, ended, end }) => {
      return { bytes: line, ended, position: { inode, begunAt, offset: offset + end } };
    });
  }

  #begin(): OpenSegment | undefined {
    const { archives, current } = segmentsOf(this.#log.directory, this.#log.stream);
    const from = this.#from;
    if (typeof from === "object" && from.inode !== current?.inode) this.#queue = leftSince(from, archives);
    this.#live = current;
    if (current === undefined) return undefined;
    this.#offset = from === "end" ? current.size : typeof from === "object" && from.inode === current.inode ? from.offset : 0;
    // Whatever comes where there was nothing is new.
    this.#from = "begin";
    return current;
  }

  /** Whether there is something behind the segment that was read to its end. Init writes to the next one only when it is done with this one. */
  #goOn(live: OpenSegment): boolean {
    const { directory, stream } = this.#log;
    const inode = currentInode(directory, stream);
    if (inode === undefined || inode === live.inode) return false;
    const { archives, current } = segmentsOf(directory, stream);
    if (current === undefined) return false;
    const grew = fstatSync(live.fd).size > this.#offset;
    const later = archives.filter(({ closedAt }) => (closedAt ?? 0) > live.begunAt);
    const behind = later.slice(indexOf(later, live) + 1);
    const next = current.inode === live.inode || grew ? undefined : current.size > 0 ? current : this.#unfinished(behind, current);
    if (next !== current) closeSync(current.fd);
    if (next === undefined) return grew;
    this.#queue = behind.filter(({ closedAt }) => closedAt !== next.closedAt).map((segment) => ({ segment, start: 0 }));
    closeSync(live.fd);
    this.#live = next;
    this.#offset = 0;
    return true;
  }

  /** Init may not have come to an empty segment yet: then it still writes to the one before. */
  #unfinished(behind: readonly Segment[], empty: OpenSegment): OpenSegment | undefined {
    const last = behind.at(-1);
    const open = last === undefined ? undefined : openSegment(last);
    if (open === undefined || open.packing === "plain") return open;
    // Packed, it is complete.
    closeSync(open.fd);
    return empty;
  }
}

/** Which of the archives a segment is now; -1 where it was removed. */
function indexOf(archives: readonly Segment[], live: OpenSegment): number {
  const plain = archives.findIndex((segment) => segment.packing === "plain" && inodeOf(segment) === live.inode);
  // Packed already: then the oldest one is what it became.
  return plain === -1 && archives[0]?.packing !== "plain" && archives.length > 0 ? 0 : plain;
}

function leftSince({ inode, offset, begunAt }: ReadEnd, archives: readonly Segment[]): { segment: Segment; start: number }[] {
  const later = archives.filter(({ closedAt }) => (closedAt ?? 0) > begunAt);
  return later.map((segment, index) => {
    const isIt = index === 0 && (segment.packing !== "plain" || inodeOf(segment) === inode);
    return { segment, start: isIt ? offset : 0 };
  });
}

function inodeOf(segment: Segment): number | undefined {
  return lstatSync(segmentPath(segment), { throwIfNoEntry: false })?.ino;
}
