/**
 * The instances and their processes, line by line in the runtime directory: what a new supervisor needs to adopt them.
 *
 *   const journal = Journal.open(home.journalFile, { bootId: bootId(), report });   // the tree's lock is held
 *   for (const { instance, spawns } of journal.entries.values()) …    // the machine's `reconciled`
 *   journal.put(instance);                                            // after each step of the machine, before its actions
 *   journal.spawning("web/0", 3, "process");                          // before the request to init …
 *   journal.spawned("web/0", 3, "process", identity);                 // … and after its answer
 *   journal.gone("web/0", 3);                                         // nothing of the attempt is left, or it never started
 *   journal.forget("web/0");                                          // the action `forget`
 *
 * Each call is one write(2) with O_APPEND: after it returned, the record outlasts our death. It need not outlast the
 * machine's, since no process does, so nothing is synchronised. After a reboot (the directory may be on a disk) an entry
 * still has its instance, with its counters, but no processes; `boot` tells.
 *
 * Where the disk is full, a call throws a DaemonError, but what it said is kept in memory: `catchUp()`, or the next call,
 * writes it once there is room. Meanwhile the file holds what it held.
 */
import { readFileSync } from "node:fs";
import { DaemonError } from "../../launch/errors.ts";
import type { Identity } from "../events.ts";
import type { Instance } from "../instance.ts";
import {
  applyRecord,
  encodeRecord,
  type JournalEntry,
  type JournalRecord,
  readJournal,
  type SpawnNote,
  wholeEntry,
} from "./journalRecords.ts";
import { LineFile } from "./lineFile.ts";
import { diskError } from "./stateError.ts";
import type { StateReport } from "./stateReport.ts";
import { keepDamaged, removeLeftovers, setAside, writeWholeSync } from "./wholeFile.ts";

export type { JournalEntry, SpawnNote } from "./journalRecords.ts";

const STEP = "journal";

/** So many times as large as what it says is too large where there is time to make it smaller. */
const TIDY_AT = 1.25;

export interface JournalOptions {
  readonly bootId: string;
  readonly report: (report: StateReport) => void;
  /** It is written anew when it is so many times as large as what it says. Default 4. */
  readonly compactAt?: number;
  /** Bytes under which that isn't worth while. Default 256 KiB. */
  readonly compactFrom?: number;
}

export class Journal {
  readonly path: string;
  readonly #options: Required<JournalOptions>;
  readonly #entries: Map<string, JournalEntry>;
  /** Bytes that each entry needs in a new file, roughly. */
  readonly #lengths = new Map<string, number>();
  #live = 0;
  readonly #file: LineFile;
  /** Names of which something could not be written. */
  readonly #pending = new Set<string>();
  /** A damaged file that has no second name yet. */
  #damaged = false;
  /** After a compaction that failed: not before this size. */
  #notBefore = 0;

  private constructor(file: LineFile, entries: Map<string, JournalEntry>, options: Required<JournalOptions>) {
    this.path = file.path;
    this.#file = file;
    this.#entries = entries;
    this.#options = options;
    for (const entry of entries.values()) this.#measure(entry.name, encodeRecord(wholeEntry(entry)).length);
  }

  /**
   * Reads the journal, or begins one. Half a line at the end is cut off. Other damaged lines are skipped and reported,
   * and the file is kept under another name.
   *
   * @throws DaemonError ERR_STATE_FILE for a file that somebody else could have put there, or the errno of what failed
   */
  static open(path: string, { compactAt = 4, compactFrom = 256 * 1024, ...options }: JournalOptions): Journal {
    removeLeftovers(path, STEP);
    const file = LineFile.open(path, STEP, options.report);
    try {
      const { entries, faults, whole } = readJournal(readFileSync(file.fd), options.bootId);
      file.keep(whole);
      const journal = new Journal(file, entries, { ...options, compactAt, compactFrom });
      if (faults.length > 0) {
        journal.#damaged = !keepDamaged(path, faults, STEP, options.report);
        journal.#compact();
      }
      return journal;
    } catch (error) {
      file.close();
      throw diskError(error, STEP, path);
    }
  }

  /** By the instance's name, as they are now. */
  get entries(): ReadonlyMap<string, JournalEntry> {
    return this.#entries;
  }

  /** The boot that it was opened in. */
  get bootId(): string {
    return this.#options.bootId;
  }

  /** Whether something could not be written yet. */
  get isBehind(): boolean {
    return this.#pending.size > 0;
  }

  put(instance: Instance): void {
    this.#append({ is: "instance", ...this.#head(instance.name), instance });
  }

  /** A process is about to be started. */
  spawning(name: string, attempt: number, what: SpawnNote["what"], outputAt?: SpawnNote["outputAt"]): void {
    this.#append({ is: "spawn", ...this.#head(name), attempt, what, identity: null, ...(outputAt === undefined ? {} : { outputAt }) });
  }

  /** It was started; again, for one whose main process is another by now. */
  spawned(name: string, attempt: number, what: SpawnNote["what"], identity: Identity): void {
    this.#append({ is: "spawn", ...this.#head(name), attempt, what, identity });
  }

  /** Nothing is left of an attempt's processes, or of all. */
  gone(name: string, tree: number | "all"): void {
    const spawns = this.#entries.get(name)?.spawns ?? [];
    if (!spawns.some(({ attempt }) => tree === "all" || attempt === tree)) return;
    this.#append({ is: "gone", ...this.#head(name), tree });
  }

  forget(name: string): void {
    this.#append({ is: "forgotten", ...this.#head(name) });
  }

  /** Makes the file small, for a moment in which nothing else happens: the next supervisor reads all of it before it answers. */
  tidy(): void {
    if (this.#file.size > Math.max(this.#options.compactFrom, TIDY_AT * this.#live, this.#notBefore)) this.#compact();
  }

  /** Makes the file anew where somebody has removed it; call it now and then. */
  restore(): void {
    if (this.#file.isRemoved) this.#compact();
  }

  /** Writes what could not be written; call it now and then while {@link isBehind}. False where that fails again. */
  catchUp(): boolean {
    try {
      this.#writePending();
      return true;
    } catch (error) {
      if (error instanceof DaemonError) return false;
      throw error;
    }
  }

  close(): void {
    this.#file.close();
  }

  #head(name: string): { readonly boot: string; readonly name: string } {
    return { boot: this.#options.bootId, name };
  }

  #append(record: JournalRecord): void {
    const { name } = record;
    const entry = applyRecord(this.#entries.get(name), record);
    if (entry === undefined) this.#entries.delete(name);
    else this.#entries.set(name, entry);
    if (this.isBehind) {
      this.#pending.add(name);
      this.#writePending();
    } else {
      this.#tryWrite(name, record);
    }
    if (this.#file.size > Math.max(this.#options.compactFrom, this.#options.compactAt * this.#live, this.#notBefore)) this.#compact();
  }

  #writePending(): void {
    for (const name of this.#pending) {
      const entry = this.#entries.get(name);
      this.#tryWrite(name, entry === undefined ? { is: "forgotten", ...this.#head(name) } : wholeEntry(entry));
      this.#pending.delete(name);
    }
    this.#file.recovered();
  }

  #tryWrite(name: string, record: JournalRecord): void {
    const bytes = encodeRecord(record);
    try {
      this.#file.append(bytes);
    } catch (error) {
      this.#pending.add(name);
      throw this.#file.failed(error);
    }
    if (record.is === "forgotten") this.#measure(name, 0);
    else if (record.is === "instance" || record.is === "entry") this.#measure(name, bytes.length);
  }

  /** What is in memory becomes the file; where that fails, the old one goes on. */
  #compact(): void {
    try {
      if (this.#damaged) setAside(this.path, Date.now(), STEP);
      this.#damaged = false;
      const content = [...this.#entries.values()].map((entry) => String(encodeRecord(wholeEntry(entry)))).join("");
      writeWholeSync(this.path, content, STEP, { durable: false });
      this.#file.reopen();
      this.#notBefore = 0;
      this.#file.recovered();
    } catch (error) {
      this.#notBefore = this.#file.size * 2;
      this.#file.failed(error);
    }
  }

  #measure(name: string, length: number): void {
    this.#live += length - (this.#lengths.get(name) ?? 0);
    if (length === 0) this.#lengths.delete(name);
    else this.#lengths.set(name, length);
  }
}
