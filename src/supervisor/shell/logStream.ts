/**
 * A stream of lines: init's log, and the segments on the disk. Init goes on in the next file at a line end; the names follow
 * when it says so. It never writes more than it was granted, so that the budget holds also while we are slow, or dead.
 */
import { closeSync, fstatSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { type Budget, budgetOf, roomIn } from "../../logs/budget.ts";
import type { IndexRecord } from "../../logs/indexWriter.ts";
import { Segments } from "../../logs/segments.ts";
import { removeFile, type StreamFiles } from "../../logs/streamFiles.ts";
import type { LogsSpec } from "../../service/specTypes.ts";
import { faultPoint } from "../faultPoint.ts";
import type { LogEvent, LogState } from "../init/protocol.ts";
import { openLogDirectory, openLogFile } from "./logFile.ts";
import { isUnknownLog, type LogStreamOptions, unlessUnknown } from "./logStreamOptions.ts";

/** Milliseconds until a line that doesn't end is cut: somebody may write one a letter at a time. */
const LINE_PATIENCE = 60_000;
/** Records of the index, after which what is granted is reckoned anew: they are no part of it. */
const INDEX_SHARE = 1024;

export class LogStream {
  /** Init's number, once it is open. */
  log: number | undefined;
  readonly #options: LogStreamOptions;
  readonly #segments: Segments;
  #spec: LogsSpec;
  #streams: number;
  /** Inode of the file that init writes to, and of the one that it is to go on in. */
  #inode: number | undefined;
  #next: number | undefined;
  /** Bytes that went through it, as init said last. */
  #written: number;
  /** Records that were added to the index since the grant was reckoned. */
  #records = 0;
  /** We emptied it; init will say that somebody did. */
  #emptied = false;
  #waiters: (() => void)[] = [];

  /**
   * Also puts the names in order, where a rotation was cut short.
   *
   * @param streams of the instance, which share its budget
   * @param state init's, where it has the log open
   * @throws DaemonError, or what the disk says
   */
  constructor(options: LogStreamOptions, spec: LogsSpec, streams: number, state: LogState | undefined) {
    this.#options = options;
    this.#segments = new Segments(options.directory, options.stream);
    this.#spec = spec;
    this.#streams = streams;
    this.log = state?.log;
    this.#written = state?.written ?? 0;
    const { recovery, files } = this.#segments.recover(state === undefined ? null : { inode: state.inode, next: state.nextInode });
    this.#inode = state?.inode ?? this.#segments.inode;
    if (recovery === "await") this.#next = state?.nextInode;
    this.#prune(files);
  }

  get isSwitching(): boolean {
    return this.#next !== undefined;
  }

  get #budget(): Budget {
    return budgetOf(this.#spec, this.#streams);
  }

  /**
   * Init's number of it, open, in the file that has the path. One that somebody has removed, or moved away, is made anew.
   *
   * @throws DaemonError where the file can't be had, or is none that may be written to
   */
  async open(): Promise<number> {
    // While it goes on to another file, the path is about to be that one's.
    if (this.log !== undefined && (this.isSwitching || this.#inode === this.#segments.inode)) return this.log;
    const fd = this.#openFile(this.#segments.path);
    try {
      this.log = await this.#setLog(fd);
      this.#inode = fstatSync(fd).ino;
      return this.log;
    } finally {
      closeSync(fd);
    }
  }

  isAsAsked(spec: LogsSpec, streams: number): boolean {
    return streams === this.#streams && (spec === this.#spec || JSON.stringify(spec) === JSON.stringify(this.#spec));
  }

  /** What is asked of it is another thing from now on. */
  async follow(spec: LogsSpec, streams: number): Promise<void> {
    if (this.isAsAsked(spec, streams)) return;
    this.#spec = spec;
    this.#streams = streams;
    // It has its mode afterwards.
    if (this.log !== undefined && this.#segments.inode === this.#inode) closeSync(this.#openFile(this.#segments.path));
    await this.grant(this.#prune());
  }

  /**
   * Lets init go on in a new file at the next line end. False where there is nothing to put aside, or it is about to.
   *
   * @throws DaemonError where the new file can't be had
   */
  async rotate(): Promise<boolean> {
    if (this.log === undefined || this.isSwitching || this.#segments.size === 0) return false;
    const files = this.#prune();
    removeFile(this.#segments.nextPath);
    const fd = this.#openFile(this.#segments.nextPath);
    try {
      this.#next = fstatSync(fd).ino;
      faultPoint("before log switch");
      await this.#setLog(fd, files);
      faultPoint("after log switch");
      return true;
    } catch (error) {
      this.#next = undefined;
      throw error;
    } finally {
      closeSync(fd);
    }
  }

  /** Resolves when init goes on in the new file, and the old one is put aside. */
  switched(): Promise<void> {
    return this.isSwitching ? new Promise((resolve) => this.#waiters.push(resolve)) : Promise.resolve();
  }

  /** All that it ever said is gone; what is written from now on stays. */
  async clear(): Promise<void> {
    if (this.#segments.clear()) this.#emptied = this.log !== undefined;
    await this.grant();
  }

  /** What init tells of it. True where somebody else has emptied the file. */
  async heard({ what, written, offset, inode, at }: LogEvent): Promise<boolean> {
    this.#written = Math.max(this.#written, written);
    if (what === "reached") {
      await this.rotate();
    } else if (what === "switched" && inode === this.#next) {
      await this.#switched(at, offset);
    } else if (what === "limited") {
      await this.#makeRoom();
    } else if (what === "truncated") {
      const isOurs = this.#emptied;
      this.#emptied = false;
      this.#segments.index.clear();
      return !isOurs;
    }
    return false;
  }

  /** A look at it, now and then. `before`: when it was looked at last. */
  async look(state: LogState, before: number, now: number): Promise<void> {
    this.#written = Math.max(this.#written, state.written);
    // It goes on in the next file, and the event is on its way.
    if (state.inode !== this.#inode) return;
    const { index } = this.#segments;
    const { offset, time } = index.last;
    const grew = state.offset > offset;
    // Until the last look nothing came: whoever looks for a time needn't read what is older.
    if (grew) this.#note([...(time < before ? [{ time: before, offset }] : []), { time: now, offset: state.offset }]);
    else if (state.offset < offset) index.clear();
    if (grew && !this.isSwitching) await this.open();
    const { segment } = this.#budget;
    if ((segment !== null && state.offset >= segment) || this.#isDue(state.offset, now)) await this.rotate();
    if (state.limited) await this.#makeRoom();
    else if (this.#records > INDEX_SHARE) await this.grant();
  }

  /** Segments that are too old go, whether or not anything is written. */
  pruneByAge(now: number): void {
    if (this.#spec.maxAge !== null && now - this.#segments.oldest > this.#spec.maxAge) this.#prune();
  }

  /** What waits to be compressed, or was half done when a supervisor ended. */
  queueArchives(): void {
    for (const { time, forms } of this.#segments.read().archives) {
      const isDouble = forms.zst !== undefined || forms.gz !== undefined;
      if (forms.plain !== undefined && (isDouble || this.#spec.compress !== false)) this.#queue(time, forms.plain);
    }
  }

  async close(): Promise<void> {
    const { log } = this;
    this.log = undefined;
    this.#next = undefined;
    if (log !== undefined) await this.#options.client.closeLog(log).catch(unlessUnknown);
  }

  /** Tells init how much there may be. `files`: what there is, if somebody has just looked. */
  async grant(files?: StreamFiles): Promise<void> {
    if (this.log !== undefined) await this.#options.client.limitLog(this.log, this.#limits(files)).catch(unlessUnknown);
  }

  /** From what there is on the disk. `written` was told before that was looked at, so it is never too much. */
  #limits(files?: StreamFiles): { tellAt: number; granted: number | null; drops: boolean } {
    const budget = this.#budget;
    this.#records = 0;
    const room = budget.total === null ? null : this.#roomIn(budget, files ?? this.#segments.read());
    return {
      tellAt: budget.segment ?? 0,
      granted: room === null ? null : this.#written + room,
      drops: this.#spec.onDiskFull === "drop",
    };
  }

  #roomIn(budget: Budget, { total, current }: StreamFiles): number | null {
    return roomIn(budget, { total, current: this.isSwitching ? 0 : current }, this.#reserved());
  }

  async #makeRoom(): Promise<void> {
    await this.grant(this.#prune());
    const { segment } = this.#budget;
    // Less than a segment may be granted while a compressor is at work.
    if (segment !== null && this.#segments.size >= segment / 2) await this.rotate();
  }

  async #switched(at: number, offset: number): Promise<void> {
    this.#note([{ time: at, offset }]);
    const archive = this.#segments.putAside(at);
    [this.#inode, this.#next, this.#emptied] = [this.#next, undefined, false];
    for (const waiter of this.#waiters.splice(0)) waiter();
    this.#options.rotated();
    await this.grant(this.#prune());
    if (archive !== null && this.#spec.compress !== false) this.#queue(archive.time, archive.size);
  }

  async #setLog(fd: number, files?: StreamFiles): Promise<number> {
    const { client, name } = this.#options;
    const request = { name, fd, deadline: LINE_PATIENCE };
    if (this.log !== undefined) {
      try {
        return (await client.setLog({ ...request, ...this.#limits(files), log: this.log })).log;
      } catch (error) {
        // Init has closed it meanwhile, since it was asked to and the last of its pipes has ended.
        if (!isUnknownLog(error)) throw error;
      }
    }
    this.#written = 0;
    return (await client.setLog({ ...request, ...this.#limits() })).log;
  }

  #openFile(path: string): number {
    const { directory } = this.#options;
    const fd = openLogDirectory(directory);
    try {
      return openLogFile(fd, path, this.#spec.mode);
    } finally {
      closeSync(fd);
    }
  }

  #reserved(): number {
    return this.#options.archives?.reservedIn(join(this.#options.directory, `${this.#options.stream}.`)) ?? 0;
  }

  #prune(files?: StreamFiles): StreamFiles | undefined {
    return this.#segments.prune(this.#spec, this.#budget, this.#reserved(), files);
  }

  #isDue(offset: number, now: number): boolean {
    const { rotateEvery } = this.#spec;
    return rotateEvery != null && offset > 0 && this.#segments.age(now) >= rotateEvery;
  }

  #note(records: readonly IndexRecord[]): void {
    try {
      this.#segments.index.append(records, this.#spec.mode);
      this.#records += records.length;
    } catch {
      // On a full disk; then those who look for a time have to read more.
    }
  }

  #queue(time: number, size: number): void {
    const path = this.#segments.pathOf({ time });
    this.#options.archives?.add({
      ...{ path, size, compression: this.#spec.compress === "gzip" ? "gzip" : "zstd" },
      begin: () => this.#mayCompress(path),
      over: (error) => {
        if (error !== undefined) this.#options.failed(new Error(`${basename(path)} can't be compressed: ${error}`));
        void this.grant().catch(this.#options.failed);
      },
    });
  }

  /** Not where the budget has no room for both forms. Until it is over, less may be written; init must know that first. */
  async #mayCompress(path: string): Promise<boolean> {
    const { total, segment } = this.#budget;
    const used = () => this.#segments.read().total + this.#reserved();
    if (total !== null && used() > total) this.#prune();
    if (statSync(path, { throwIfNoEntry: false }) === undefined) return false;
    if (total === null) return true;
    if (used() > total) return false;
    await this.grant();
    // What was granted before may have been written meanwhile.
    return used() <= total + (segment ?? 0);
  }
}
