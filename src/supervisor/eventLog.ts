/**
 * What happened, numbered: kept in the runtime directory, so that the numbers go on when the supervisor is started again.
 *
 *   const events = EventLog.open(join(home.run, "events"), { report });
 *   events.append({ type: "supervisor", what: "started", detail: "" });     // tells the subscribers, too
 *   events.after(41);                                                       // 42, 43 …
 *
 * Each event is a line and one write(2) with O_APPEND: after `append` returned, it outlasts our death. It need not outlast the
 * machine's. At 1 MiB the file becomes `events.1` and a new one begins; those two are what is kept.
 *
 * Where the disk is full, events go on in memory, and are written once there is room, the latest 2,000 of them. Numbers that were
 * never written are given again if the supervisor dies meanwhile.
 */
import { closeSync, constants, readSync, renameSync, unlinkSync } from "node:fs";
import { DaemonError } from "../launch/errors.ts";
import type { EventContent, EventSource, SupervisorEvent } from "./control.ts";
import { latestOf, readEvents } from "./eventLogFile.ts";
import { faultPoint } from "./faultPoint.ts";
import { LineFile } from "./state/lineFile.ts";
import { codeOf, diskError } from "./state/stateError.ts";
import type { StateReport } from "./state/stateReport.ts";
import { openTrusted } from "./state/trustedFile.ts";
import { setAside } from "./state/wholeFile.ts";

const STEP = "event log";
/** Of every event. */
const FIRST_BYTES = '{"seq":';

export interface EventLogOptions {
  readonly report: (report: StateReport) => void;
  /** Milliseconds since 1970. Default Date.now. */
  readonly now?: () => number;
  /** Bytes at which a new file is begun. Default 1 MiB. */
  readonly rotateAt?: number;
  /** Events in memory. Default 2,000. */
  readonly inMemory?: number;
}

export class EventLog implements EventSource {
  readonly path: string;
  readonly #options: Required<EventLogOptions>;
  readonly #listeners = new Set<(event: SupervisorEvent) => void>();
  /** The latest ones, oldest first. */
  readonly #recent: SupervisorEvent[] = [];
  /** Could not be written yet. */
  readonly #pending: SupervisorEvent[] = [];
  /** The subscribers don't know them yet. */
  readonly #untold: SupervisorEvent[] = [];
  #isWriting = false;
  #isTelling = false;
  #isHeld = false;
  readonly #file: LineFile;
  #latest: number;
  #rotateFrom: number;

  private constructor(file: LineFile, latest: number, options: Required<EventLogOptions>) {
    this.path = file.path;
    this.#file = file;
    this.#latest = latest;
    this.#options = options;
    this.#rotateFrom = options.rotateAt;
  }

  /**
   * Goes on with the log that is there, or begins one. Half a line at the end is cut off, other damage is skipped; a file in
   * which there is no event at all is kept under another name.
   *
   * @throws DaemonError ERR_STATE_FILE for a file that somebody else could have put there, or the errno of what failed
   */
  static open(path: string, { report, now = Date.now, rotateAt = 1024 * 1024, inMemory = 2000 }: EventLogOptions): EventLog {
    if (isNoEventLog(path)) report({ kind: "damaged", path, faults: ["holds no event"], keptAs: putAside(path) });
    const file = LineFile.open(path, STEP, report);
    try {
      const { seq, whole } = latestOf(file.fd);
      file.keep(whole);
      const latest = seq ?? latestBefore(path);
      return new EventLog(file, latest, { report, now, rotateAt, inMemory });
    } catch (error) {
      file.close();
      throw diskError(error, STEP, path);
    }
  }

  get latest(): number {
    return this.#latest;
  }

  after(seq: number): readonly SupervisorEvent[] {
    if (seq >= this.#latest) return [];
    const oldest = this.#recent[0]?.seq ?? this.#latest + 1;
    if (seq + 1 < oldest) return [...readEvents(this.path, seq, oldest), ...this.#recent];
    // Mostly the last few are asked for.
    let from = this.#recent.length;
    while (from > 0 && (this.#recent[from - 1]?.seq ?? 0) > seq) from -= 1;
    return this.#recent.slice(from);
  }

  subscribe(listener: (event: SupervisorEvent) => void): () => void {
    // One of its own for each call, so that the same function can subscribe twice.
    const own = (event: SupervisorEvent) => listener(event);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Never throws for the disk: that is reported, once, and once when it is well again. */
  append(content: EventContent): SupervisorEvent {
    const event: SupervisorEvent = { seq: this.#latest + 1, at: this.#options.now(), ...content };
    this.#latest = event.seq;
    this.#remember(event);
    this.#pending.push(event);
    this.#untold.push(event);
    if (!this.#isHeld) this.#letGo();
    return event;
  }

  /**
   * What `act` appends is written and told after it, in the same turn of the event loop: what is urgent needn't wait for the
   * disk. Who dies in between leaves events out.
   */
  holdDuring(act: () => void): void {
    if (this.#isHeld) {
      act();
      return;
    }
    this.#isHeld = true;
    try {
      act();
    } finally {
      this.#isHeld = false;
      this.#letGo();
    }
  }

  /** Writes what could not be written; `append` does this too. False where that fails again. */
  catchUp(): boolean {
    // A report may be appended as an event: the one that is writing takes that along.
    if (this.#isWriting) return false;
    this.#isWriting = true;
    try {
      for (let event = this.#pending[0]; event !== undefined; event = this.#pending[0]) {
        faultPoint("before event");
        this.#write(event);
        faultPoint("after event");
        this.#pending.shift();
      }
      if (this.#file.size >= this.#rotateFrom) this.#rotate();
    } catch (error) {
      this.#pending.splice(0, this.#pending.length - this.#options.inMemory);
      this.#file.failed(error);
      return false;
    } finally {
      this.#isWriting = false;
    }
    // Not while the file is too large for want of a new one.
    if (this.#file.size < this.#options.rotateAt) this.#file.recovered();
    return true;
  }

  /** Makes the file anew where somebody has removed it, with the latest events; call it now and then. */
  restore(): void {
    if (!this.#file.isRemoved) return;
    try {
      this.#file.reopen();
      this.#pending.splice(0, this.#pending.length, ...this.#recent);
    } catch (error) {
      this.#file.failed(error);
      return;
    }
    this.catchUp();
  }

  close(): void {
    this.#listeners.clear();
    this.#file.close();
  }

  #letGo(): void {
    this.catchUp();
    this.#tell();
  }

  /** In order, also where a subscriber or a report appends another one. */
  #tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      for (let event = this.#untold.shift(); event !== undefined; event = this.#untold.shift()) {
        for (const listener of this.#listeners) listener(event);
      }
    } finally {
      this.#isTelling = false;
    }
  }

  #remember(event: SupervisorEvent): void {
    this.#recent.push(event);
    // Not one by one: that would move all the others each time.
    if (this.#recent.length > this.#options.inMemory * 1.25) this.#recent.splice(0, this.#recent.length - this.#options.inMemory);
  }

  #write(event: SupervisorEvent): void {
    // Where no new file can be begun, this one doesn't grow for ever.
    if (this.#file.size > 2 * this.#options.rotateAt) this.#rotate();
    if (this.#file.size > 2 * this.#options.rotateAt) throw Object.assign(new Error("no new file"), { errno: 28 });
    this.#file.append(Buffer.from(`${JSON.stringify(event)}\n`));
  }

  /** Killed between the two steps, the next supervisor finds only `events.1`, and goes on from there. */
  #rotate(): void {
    try {
      renameUnlessGone(this.path, `${this.path}.1`);
      this.#file.reopen();
      this.#rotateFrom = this.#options.rotateAt;
    } catch (error) {
      this.#rotateFrom = this.#file.size + this.#options.rotateAt / 16;
      this.#file.failed(error);
    }
  }
}

/** Half of a first line is no damage: its writer died. */
function isNoEventLog(path: string): boolean {
  const fd = openTrusted(path, constants.O_RDONLY, STEP);
  if (fd === undefined) return false;
  try {
    const beginning = Buffer.alloc(FIRST_BYTES.length);
    const count = readSync(fd, beginning, 0, beginning.length, 0);
    const { seq, whole } = latestOf(fd);
    return seq === undefined && (whole > 0 || !FIRST_BYTES.startsWith(beginning.toString("latin1", 0, count)));
  } catch (error) {
    throw diskError(error, STEP, path);
  } finally {
    closeSync(fd);
  }
}

/** Its new name. */
function putAside(path: string): string {
  const keptAs = setAside(path, Date.now(), STEP);
  unlinkSync(path);
  return keptAs;
}

/** The last number in the file before the current one; 0 where there is none that can be trusted. */
function latestBefore(path: string): number {
  try {
    const fd = openTrusted(`${path}.1`, constants.O_RDONLY, STEP);
    if (fd === undefined) return 0;
    try {
      return latestOf(fd).seq ?? 0;
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof DaemonError || codeOf(error) !== undefined) return 0;
    throw error;
  }
}

function renameUnlessGone(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    // The last attempt got this far.
    if (codeOf(error) !== "ENOENT") throw error;
  }
}
