/**
 * The segments of a stream, on the disk: the file that is written to now, the one to come, and those that were put aside.
 *
 *   const segments = new Segments("/var/log/daemonitor/web", "0");
 *   segments.recover(null);               // once, at the start
 *   segments.prune(limits, budget, 0);
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Budget, chooseRemovals, type Limits } from "./budget.ts";
import { faultPoint } from "./faultPoint.ts";
import { IndexWriter } from "./indexWriter.ts";
import { type Found, type Recovery, recoveryOf } from "./recover.ts";
import { archiveName, currentName, nextName } from "./segmentNames.ts";
import { type Archive, readStream, removeArchive, removeFile, type StreamFiles } from "./streamFiles.ts";

export class Segments {
  readonly directory: string;
  readonly stream: string;
  /** Of what is written to now. */
  readonly path: string;
  readonly nextPath: string;
  readonly index: IndexWriter;
  #newest = 0;
  #oldest = Number.POSITIVE_INFINITY;

  constructor(directory: string, stream: string) {
    this.directory = directory;
    this.stream = stream;
    this.path = join(directory, currentName(stream));
    this.nextPath = join(directory, nextName(stream));
    this.index = new IndexWriter(`${this.path}.index`);
  }

  /** When the oldest of those was put aside that are kept; infinity where there is none. */
  get oldest(): number {
    return this.#oldest;
  }

  read(): StreamFiles {
    return readStream(this.directory, this.stream);
  }

  pathOf({ time }: Pick<Archive, "time">): string {
    return join(this.directory, archiveName(this.stream, time));
  }

  /** What a rotation that was cut short left, put in order; the answer says how, and what there is then. `init`: see {@link Found}. */
  recover(init: Found["init"]): { readonly recovery: Recovery; readonly files: StreamFiles } {
    const current = statOf(this.path);
    const next = statOf(this.nextPath);
    const files = this.read();
    const { archives } = files;
    this.#newest = archives.at(-1)?.time ?? 0;
    this.#oldest = archives[0]?.time ?? Number.POSITIVE_INFINITY;
    const recovery = recoveryOf({
      current: current?.ino ?? null,
      next: next === undefined ? null : { inode: next.ino, size: next.size },
      init,
    });
    if (recovery === "forget") removeFile(this.nextPath);
    else if (recovery === "finish") this.putAside(current?.mtimeMs ?? Date.now());
    const isChanged = recovery === "forget" || recovery === "finish";
    return { recovery, files: isChanged ? this.read() : files };
  }

  /**
   * What was written to now is put aside, and the segment to come gets its name. Each step can be the last one: the names
   * that are there then say how to go on.
   *
   * @param at when the last line was written, or later
   * @returns what was put aside; null for an empty one, or one that somebody has removed
   */
  putAside(at: number): { readonly time: number; readonly size: number } | null {
    const size = sizeOf(this.path);
    // Later than all before, whatever the clock says: the order of the names is the order of the lines.
    const time = Math.max(Math.ceil(at), this.#newest + 1);
    if (size > 0) {
      this.#newest = time;
      this.#oldest = Math.min(this.#oldest, time);
      const archive = this.pathOf({ time });
      faultPoint("before archive name");
      renameSync(this.path, archive);
      faultPoint("before archive index");
      this.index.moveTo(`${archive}.index`);
    }
    this.index.clear();
    faultPoint("before log name");
    renameUnlessGone(this.nextPath, this.path);
    faultPoint("after log name");
    return size > 0 ? { time, size } : null;
  }

  /**
   * Removes what is too much.
   *
   * @param reserved bytes that a compressor may still add
   * @returns what is left; undefined where there are no limits, and nobody has looked
   */
  prune(limits: Limits, budget: Budget, reserved: number, seen?: StreamFiles): StreamFiles | undefined {
    const isLimited = limits.maxFiles !== null || limits.maxAge !== null || budget.total !== null;
    const files = seen ?? (isLimited ? this.read() : undefined);
    if (files === undefined) return undefined;
    const removed = chooseRemovals(files, limits, budget, reserved, Date.now());
    for (const archive of removed) removeArchive(this.directory, archive);
    const archives = files.archives.slice(removed.length);
    this.#oldest = archives[0]?.time ?? Number.POSITIVE_INFINITY;
    return { ...files, archives, total: removed.reduce((total, { size }) => total - size, files.total) };
  }

  /** Removes all that was put aside, and empties the rest. True where there was something to empty. */
  clear(): boolean {
    for (const archive of this.read().archives) removeArchive(this.directory, archive);
    this.#oldest = Number.POSITIVE_INFINITY;
    const size = sizeOf(this.path);
    if (size > 0) {
      const fd = openSync(this.path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        if (fstatSync(fd).isFile()) ftruncateSync(fd);
      } finally {
        closeSync(fd);
      }
    }
    this.index.clear();
    return size > 0;
  }

  /** Milliseconds since the file was begun that is written to now; 0 where nobody knows. */
  age(now: number): number {
    return Math.max(0, now - (statOf(this.path)?.birthtimeMs ?? now));
  }

  /** Of the file that is written to now. */
  get size(): number {
    return sizeOf(this.path);
  }

  get inode(): number | undefined {
    return statOf(this.path)?.ino;
  }
}

function statOf(path: string) {
  return statSync(path, { throwIfNoEntry: false });
}

function sizeOf(path: string): number {
  return statOf(path)?.size ?? 0;
}

/** Somebody may have removed it; then there is none, and a new one is made when it is missed. */
function renameUnlessGone(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
}
