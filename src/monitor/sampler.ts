/**
 * Measures the machine and all instances, when it is told to.
 *
 *   const sampler = new Sampler({ ownerOf, spared: [process.pid], logDirectory: home.log, now: monotonicMs });
 *   await sampler.lookAtDisks();        // asks file systems, which may take long
 *   sampler.look(instances);            // a MonitorSample, at once: what the disks have answered so far, and all of /proc
 */
import { CgroupMeter } from "./cgroupMeter.ts";
import { findDeleted } from "./deletedFiles.ts";
import { Directories } from "./directories.ts";
import { type DiskEntry, directoriesOf, filesOf } from "./diskEntries.ts";
import { type Deleted, FileSystems } from "./fileSystems.ts";
import { Files } from "./files.ts";
import { HostMeter } from "./host.ts";
import { InstanceMeter } from "./instanceMeter.ts";
import { sumOf } from "./instanceSum.ts";
import { LogSizes } from "./logSizes.ts";
import { ProcessDetails } from "./processDetails.ts";
import { ProcessTable, type Root, type TableOptions } from "./processTable.ts";
import { readProcText } from "./procFile.ts";
import type { InstanceSample, MonitorSample } from "./sample.ts";
import { systemUnits } from "./systemUnits.ts";

/** What is known of an instance without measuring. */
export interface InstanceFacts {
  /** "web/0" */
  readonly name: string;
  readonly service: string;
  /** Its main process, and those of its other attempts. The first one is the one that is shown. */
  readonly roots: readonly Omit<Root, "owner">[];
  readonly restarts: number;
  /** Directories of its control groups; none where it has none, or not all of its processes are in them. */
  readonly cgroups: readonly string[];
  /** Its working directory: the file system that it is on is looked at. */
  readonly cwd: string;
}

export interface SamplerOptions extends TableOptions {
  /** Of the home's logs. */
  readonly logDirectory: string;
  /** Directories whose file systems are looked at besides those of disks, services and entries. */
  readonly paths?: readonly string[];
  /** Milliseconds on the monotonic clock. */
  readonly now: () => number;
}

/** Milliseconds between two searches for deleted files that are open. */
const DELETED_EACH = 60_000;

export class Sampler {
  readonly #table: ProcessTable;
  readonly #meter = new InstanceMeter();
  readonly #cgroups = new CgroupMeter();
  readonly #details = new ProcessDetails();
  readonly #host = new HostMeter();
  readonly #fileSystems: FileSystems;
  readonly #directories: Directories;
  readonly #files = new Files();
  readonly #logs: LogSizes;
  readonly #now: () => number;
  #instances: readonly InstanceFacts[] = [];
  #entries: readonly DiskEntry[] = [];
  #deleted: readonly Deleted[] = [];
  #deletedAt = Number.NEGATIVE_INFINITY;
  #searching: Promise<void> | undefined;
  #before: number | null = null;
  #ended = false;

  constructor({ logDirectory, paths = [], now, ...table }: SamplerOptions) {
    this.#now = now;
    this.#table = new ProcessTable(table);
    this.#logs = new LogSizes(logDirectory);
    this.#directories = new Directories({ now });
    this.#fileSystems = new FileSystems(() => [
      logDirectory,
      ...paths,
      ...this.#instances.map(({ cwd }) => cwd),
      ...this.#entries.map(({ path }) => path),
    ]);
  }

  /** What a configuration wants measured. */
  set disk(entries: readonly DiskEntry[]) {
    this.#entries = entries;
    this.#directories.paths = directoriesOf(entries);
    this.#files.files = filesOf(entries);
  }

  /**
   * Measures everything that is measured at once.
   *
   * @param quick whether the next look comes soon: what it needs stays open
   */
  look(instances: readonly InstanceFacts[], quick = false): MonitorSample {
    this.#instances = instances;
    this.#table.keepOpen(quick ? mostOpen() : 0);
    const now = this.#now();
    const wall = Date.now();
    const over = this.#before === null ? null : now - this.#before;
    this.#before = now;
    const host = this.#host.look(over);
    const table = this.#table;
    table.look(instances.flatMap(({ name, roots }) => roots.map(({ pid, startTime }) => ({ owner: name, pid, startTime }))));
    const ticks = this.#meter.take(table, host.uptime / systemUnits().tickMs);
    const byCgroup = this.#cgroups.look(instances.flatMap(({ cgroups }) => cgroups));
    const { swapTotal, swapFree } = host.memory;
    const heirOf = this.#meter.heirOf.bind(this.#meter);
    this.#details.look({ members: table.all, gone: table.gone, heirOf, now, swapping: swapTotal > swapFree });
    table.settle();
    return {
      at: wall,
      over: over === null ? null : Math.round(over),
      host,
      instances: instances.map((facts) => this.#sample(facts, ticks.get(facts.name), byCgroup, over, host.uptime)),
      fileSystems: this.#fileSystems.sample(now, wall, this.#deleted),
      directories: this.#directories.sample,
      files: this.#files.sample,
    };
  }

  /** Asks what may take long. Resolves when everything has answered, which may be never: nobody should wait for it for long. */
  async lookAtDisks(): Promise<void> {
    if (this.#ended) return;
    this.#directories.tick();
    const now = this.#now();
    if (now - this.#deletedAt >= DELETED_EACH && this.#searching === undefined) {
      this.#deletedAt = now;
      this.#searching = this.#search().finally(() => {
        this.#searching = undefined;
      });
    }
    const services = [...new Set(this.#instances.map(({ service }) => service))];
    await Promise.all([this.#fileSystems.look(now), this.#files.look(), this.#logs.look(services)]);
  }

  forget(instance: string): void {
    this.#logs.forget(instance);
  }

  /** What is under way in the background ends soon. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#directories.end();
    await this.#searching;
  }

  async #search(): Promise<void> {
    this.#deleted = await findDeleted(this.#table.all, () => this.#ended);
  }

  #sample(
    { name, roots, restarts, cgroups }: InstanceFacts,
    ticks: number | undefined,
    byCgroup: ReadonlyMap<string, number>,
    over: number | null,
    uptime: number,
  ): InstanceSample {
    const { tickMs } = systemUnits();
    const members = this.#table.members(name);
    const main = roots.find(({ pid, startTime }) => members.some((one) => one.pid === pid && one.startTime === startTime));
    const usedMs = usedOf(ticks === undefined ? undefined : ticks * tickMs, cgroups, byCgroup);
    return {
      name,
      pid: main?.pid ?? null,
      ...sumOf(members, this.#details),
      cpu: over === null || over <= 0 || usedMs === undefined || members.length === 0 ? null : usedMs / over,
      restarts,
      uptime: main === undefined ? null : Math.max(0, Math.round(uptime - main.startTime * tickMs)),
      logSize: this.#logs.of(name),
    };
  }
}

/** Its control groups know it better, unless processes have left them. */
function usedOf(byProcesses: number | undefined, cgroups: readonly string[], byCgroup: ReadonlyMap<string, number>): number | undefined {
  const known = cgroups.flatMap((path) => byCgroup.get(path) ?? []);
  if (known.length === 0) return byProcesses;
  const sum = known.reduce((total, one) => total + one, 0);
  // Ticks are rounded for each process.
  return byProcesses !== undefined && sum < 0.8 * byProcesses - 50 ? byProcesses : sum;
}

let descriptors: number | undefined;

/** A part of the descriptors that we may have: the supervisor has better use for the others. */
function mostOpen(): number {
  descriptors ??= Number(/^Max open files\s+(\d+)/m.exec(readProcText("/proc/self/limits") ?? "")?.[1] ?? 0);
  return Math.min(2048, Math.max(0, Math.floor((descriptors - 256) / 2)));
}
