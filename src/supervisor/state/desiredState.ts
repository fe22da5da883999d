/**
 * What is meant to be: the services, and which of them are meant to be up. Saved on every change, without a command to forget.
 *
 *   const desired = DesiredState.open(home.desiredStateFile, { problem: report });   // the tree's lock is held
 *   for (const { spec, wanted } of desired.services.values()) …
 *   desired.set(spec, true);  desired.delete("old");      // changes of one turn of the event loop are one save
 *   await desired.saved();                                // before the command is answered
 *
 * A save that fails rejects `saved()` and is reported once; the supervisor goes on with what it has in memory, and it is
 * tried again until it succeeds. Specifications hold secrets: the file has mode 0600.
 *
 * A copy, in the runtime directory, is there as long as anything runs: a file that is damaged or gone is no reason to lose
 * services that run.
 */
import { existsSync, rmSync } from "node:fs";
import { DaemonError } from "../../launch/errors.ts";
import type { ServiceSpec } from "../../service/specTypes.ts";
import { type MonitorConfig, NO_MONITOR, readMonitorConfig } from "./monitorShape.ts";
import { type DesiredService, readDesiredService } from "./serviceShape.ts";
import { isObject } from "./shape.ts";
import { stateError } from "./stateError.ts";
import type { StateReport } from "./stateReport.ts";
import { keepDamaged, readWhole, removeLeftovers, setAside, writeWhole } from "./wholeFile.ts";

export type { DesiredService } from "./serviceShape.ts";

const STEP = "desired state";
const VERSION = 1;

export interface DesiredStateOptions {
  /** Called for each report. */
  readonly report: (report: StateReport) => void;
  /** Path of the copy; default: none. */
  readonly copy?: string;
  /** Milliseconds until a failed save is tried again: the first, doubling up to the second. Default [250, 10 000]. */
  readonly retry?: readonly [first: number, most: number];
}

interface Waiter {
  readonly change: number;
  resolve(): void;
  reject(error: DaemonError): void;
}

export class DesiredState {
  readonly path: string;
  /** Whether all that was saved is known. Not where the file was damaged, or gone, and there was no copy. */
  readonly isWhole: boolean;
  readonly #report: (report: StateReport) => void;
  readonly #copy: string | undefined;
  readonly #retry: readonly [first: number, most: number];
  readonly #services: Map<string, DesiredService>;
  #monitor: MonitorConfig;
  /** A damaged file that has no second name yet. */
  #damaged = false;
  #change = 0;
  #saved = 0;
  #waiters: Waiter[] = [];
  #saving = false;
  #scheduled: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;

  private constructor(path: string, { services, monitor, faults }: Parsed, { report, copy, retry = [250, 10_000] }: DesiredStateOptions) {
    this.path = path;
    this.isWhole = faults.length === 0;
    this.#copy = copy;
    this.#services = new Map(services);
    this.#monitor = monitor;
    this.#report = report;
    this.#retry = retry;
  }

  /**
   * Reads the file, if there is one. A damaged one is set aside and reported; those of its services that are whole are kept.
   *
   * @throws DaemonError ERR_STATE_FILE for a file that somebody else could have put there, or the errno of what failed
   */
  static open(path: string, options: DesiredStateOptions): DesiredState {
    const { copy } = options;
    removeLeftovers(path, STEP);
    if (copy !== undefined) removeLeftovers(copy, STEP);
    const bytes = readWhole(path, STEP);
    const parsed = bytes === undefined ? GONE : parse(bytes);
    const isWhole = parsed.faults.length === 0;
    const spare = copy === undefined || isWhole ? undefined : readCopy(copy);
    // Somebody has gone back to an older version, and would lose all services by that.
    if (parsed.newer !== undefined && spare === undefined) throw isNewer(path, parsed.newer);
    const desired = new DesiredState(path, spare ?? parsed, options);
    if (bytes !== undefined && !isWhole) {
      desired.#damaged = !keepDamaged(path, parsed.faults, STEP, options.report);
      // What could be read replaces it.
      desired.#changed();
    }
    if (copy !== undefined && spare !== undefined) desired.#replaceBy(copy);
    // It had no copy yet.
    else if (copy !== undefined && isWhole && !existsSync(copy)) desired.#changed();
    return desired;
  }

  /** By name, in the order in which they were added. */
  get services(): ReadonlyMap<string, DesiredService> {
    return this.#services;
  }

  get monitor(): MonitorConfig {
    return this.#monitor;
  }

  set monitor(monitor: MonitorConfig) {
    this.#monitor = monitor;
    this.#changed();
  }

  /** Adds or replaces a service. */
  set(spec: ServiceSpec, wanted: boolean): void {
    this.#services.set(spec.name, { spec, wanted });
    this.#changed();
  }

  /** False where there is no such service. */
  setWanted(name: string, wanted: boolean): boolean {
    const service = this.#services.get(name);
    if (service !== undefined && service.wanted !== wanted) this.set(service.spec, wanted);
    return service !== undefined;
  }

  /** False where there is no such service. */
  delete(name: string): boolean {
    const was = this.#services.delete(name);
    if (was) this.#changed();
    return was;
  }

  /** Whether something is not on disk yet. */
  get isDirty(): boolean {
    return this.#saved < this.#change;
  }

  /** Resolves when all changes up to now are on disk. Rejects with the DaemonError of the next save that fails, which is tried again by itself. */
  saved(): Promise<void> {
    if (!this.isDirty) return Promise.resolve();
    // Somebody waits: a retry that is due later may as well come now.
    if (this.#timer !== undefined) this.#schedule();
    return new Promise((resolve, reject) => {
      this.#waiters.push({ change: this.#change, resolve, reject });
    });
  }

  /** A last attempt to save; after it nothing is tried again. */
  async close(): Promise<void> {
    try {
      await this.saved();
    } finally {
      this.#stopTimers();
    }
  }

  #changed(): void {
    this.#change++;
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#scheduled ??= setImmediate(() => {
      this.#scheduled = undefined;
      void this.#save();
    });
  }

  async #save(): Promise<void> {
    if (this.#saving || !this.isDirty) return;
    this.#saving = true;
    const change = this.#change;
    try {
      if (this.#damaged) setAside(this.path, Date.now(), STEP);
      this.#damaged = false;
      const content = serialize(this.#services, this.#monitor);
      await writeWhole(this.path, content, STEP);
      // Before anybody is told: a copy that is older would bring back what was deleted.
      await this.#writeCopy(content);
      this.#succeeded(change);
    } catch (error) {
      this.#failed(DaemonError.from(error, STEP, this.path));
    } finally {
      this.#saving = false;
    }
    if (this.isDirty && this.#timer === undefined) this.#schedule();
  }

  #succeeded(change: number): void {
    this.#saved = change;
    const served = this.#waiters.filter((waiter) => waiter.change <= change);
    this.#waiters = this.#waiters.filter((waiter) => waiter.change > change);
    if (this.#failures > 0) this.#report({ kind: "recovered", path: this.path });
    this.#failures = 0;
    for (const waiter of served) waiter.resolve();
  }

  #failed(error: DaemonError): void {
    const [first, most] = this.#retry;
    if (this.#failures === 0) this.#report({ kind: "failing", path: this.path, error });
    const delay = Math.min(most, first * 2 ** Math.min(this.#failures++, 30));
    // It is no reason for a supervisor to live on.
    this.#timer = setTimeout(() => this.#schedule(), delay).unref();
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
  }

  #stopTimers(): void {
    clearImmediate(this.#scheduled);
    clearTimeout(this.#timer);
    this.#scheduled = undefined;
    this.#timer = undefined;
  }

  #replaceBy(copy: string): void {
    this.#report({ kind: "replaced", path: this.path, copy });
    this.#changed();
  }

  /** None at all is better than an old one: that would bring back what was deleted. */
  async #writeCopy(content: string): Promise<void> {
    if (this.#copy === undefined) return;
    try {
      await writeWhole(this.#copy, content, STEP, { durable: false });
    } catch {
      removeIfPossible(this.#copy);
    }
  }
}

interface Parsed {
  readonly services: readonly (readonly [string, DesiredService])[];
  readonly monitor: MonitorConfig;
  readonly faults: readonly string[];
  /** The version that it is of, where that is one to come. */
  readonly newer?: number;
}

const GONE: Parsed = { services: [], monitor: NO_MONITOR, faults: ["is gone"] };

function isNewer(path: string, version: number): DaemonError {
  const what = `a newer daemonitor has written it (version ${version}; this one knows ${VERSION})`;
  return stateError("ERR_STATE_FILE", STEP, path, what, "install that one again, or move the file away and begin without services");
}

/** Undefined where there is none that is whole and can be trusted. */
function readCopy(path: string): Parsed | undefined {
  try {
    const bytes = readWhole(path, STEP);
    const parsed = bytes === undefined ? GONE : parse(bytes);
    return parsed.faults.length === 0 ? parsed : undefined;
  } catch (error) {
    if (error instanceof DaemonError) return undefined;
    throw error;
  }
}

function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Nothing can be written there: the journal, which is beside it, tells of that.
  }
}

function serialize(services: ReadonlyMap<string, DesiredService>, monitor: MonitorConfig): string {
  return `${JSON.stringify({ version: VERSION, services: [...services.values()], ...(monitor === NO_MONITOR ? {} : { monitor }) }, null, 1)}\n`;
}

function parse(bytes: Uint8Array): Parsed {
  const damaged = (fault: string): Parsed => ({ ...GONE, faults: [fault] });
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return damaged("is no JSON");
  }
  if (!isObject(content) || !Array.isArray(content.services)) return damaged("services: is no list");
  if (typeof content.version === "number" && content.version > VERSION) return { ...damaged("is newer"), newer: content.version };
  if (content.version !== VERSION) return damaged(`version: is ${JSON.stringify(content.version)}, and this version knows ${VERSION}`);
  const services = new Map<string, DesiredService>();
  const faults: string[] = [];
  for (const [index, entry] of content.services.entries()) {
    const read = readDesiredService(entry, `services[${index}]`);
    if ("fault" in read) faults.push(read.fault);
    else if (services.has(read.service.spec.name)) faults.push(`services[${index}].spec.name: is there twice`);
    else services.set(read.service.spec.name, read.service);
  }
  const read = readMonitorConfig(content.monitor, "monitor");
  if ("fault" in read) faults.push(read.fault);
  return { services: [...services], monitor: "fault" in read ? NO_MONITOR : read.monitor, faults };
}
