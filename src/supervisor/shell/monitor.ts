/**
 * Measures the machine and the instances as time goes by: each 5 s (less often where that would take more than a tenth of a
 * percent of a core, and no check needs it), and each second while somebody looks. Nothing here is
 * waited for by anything else, and what fails is only not measured.
 */

import type { DiskEntry } from "../../monitor/diskEntries.ts";
import { History } from "../../monitor/history.ts";
import type { HistoryRequest, MonitorSample, Series } from "../../monitor/sample.ts";
import { type InstanceFacts, Sampler } from "../../monitor/sampler.ts";
import { monotonicMs } from "../../values/clock.ts";
import type { MonitorSource } from "../control.ts";
import type { Identity } from "../events.ts";
import { slotsOf } from "../slots.ts";
import { bootId } from "../tree/identity.ts";
import { ownerOf } from "./ownerOf.ts";
import type { Supervisor } from "./supervisor.ts";
import type { Unit } from "./unit.ts";

/** Milliseconds between two samples when nobody looks, and when somebody does. */
const UNWATCHED = 5000;
const FASTEST = 1000;
/** Milliseconds that the file systems get to answer, so that a sample shows them as they are now. */
const PATIENCE = 200;
/** The share of a core that measuring may take when nobody looks and nothing depends on it, and the longest pause for that. */
const MODEST = 1 / 1000;
const LONGEST = 30_000;

type Listener = (sample: MonitorSample) => void;

interface Watcher {
  readonly interval: number;
  readonly listener: Listener;
  /** When it was told last, on the monotonic clock. */
  told: number;
}

export class Monitor implements MonitorSource {
  readonly #supervisor: Supervisor;
  readonly #sampler: Sampler;
  readonly #history = new History(monotonicMs);
  readonly #listeners = new Set<Listener>();
  readonly #watchers = new Set<Watcher>();
  #latest: { readonly sample: MonitorSample; readonly at: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = 0;
  /** Milliseconds of the processor that the latest sample took. */
  #cost = 0;
  #begun = false;
  #disk: readonly DiskEntry[] | undefined;

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
    const { context } = supervisor;
    const { home, client } = context;
    this.#sampler = new Sampler({
      ownerOf: (pid) => ownerOf(context, pid),
      spared: [process.pid, client.hello.pid],
      logDirectory: home.log,
      paths: [home.state, home.run],
      now: monotonicMs,
    });
    supervisor.onForgotten(({ name }) => {
      this.#history.forget(name);
      this.#sampler.forget(name);
    });
  }

  begin(): void {
    this.#begun = true;
    // Those who wait for services to start come first.
    this.#schedule(FASTEST);
  }

  end(): void {
    this.#begun = false;
    clearTimeout(this.#timer);
    void this.#sampler.end();
  }

  sample(): MonitorSample {
    const { sample, at } = this.#latest ?? this.#take();
    return monotonicMs() - at < FASTEST ? sample : this.#take().sample;
  }

  history(request: HistoryRequest = {}): readonly Series[] {
    return this.#history.read(request, Date.now());
  }

  onSample(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  watch(interval: number, listener: Listener): () => void {
    const watcher = { interval: Math.max(FASTEST, interval), listener, told: Number.NEGATIVE_INFINITY };
    this.#watchers.add(watcher);
    this.#hurry();
    return () => this.#watchers.delete(watcher);
  }

  get #interval(): number {
    let interval = this.#isNeeded() ? UNWATCHED : Math.min(LONGEST, Math.max(UNWATCHED, this.#cost / MODEST));
    for (const watcher of this.#watchers) interval = Math.min(interval, watcher.interval);
    return interval;
  }

  /** By checks and the like, which count samples. */
  #isNeeded(): boolean {
    const { desired, units } = this.#supervisor.context;
    if (desired.monitor.disk.length > 0) return true;
    for (const { spec } of units.values()) if (spec.checks.length > 0) return true;
    return false;
  }

  /** Somebody wants it sooner than it would come. */
  #hurry(): void {
    const dueIn = (this.#latest?.at ?? 0) + this.#interval - monotonicMs();
    if (this.#begun && this.#dueAt > monotonicMs() + dueIn) this.#schedule(dueIn);
  }

  #schedule(delay: number): void {
    clearTimeout(this.#timer);
    const after = Math.max(0, delay);
    this.#dueAt = monotonicMs() + after;
    // It is no reason for a supervisor to live on.
    this.#timer = setTimeout(() => void this.#pass(), after).unref();
  }

  async #pass(): Promise<void> {
    const due = this.#dueAt;
    this.#followConfig();
    try {
      await Promise.race([this.#sampler.lookAtDisks(), new Promise((resolve) => setTimeout(resolve, PATIENCE).unref())]);
      // Where somebody has just asked for one, there is none to make: rates over a moment are chance.
      if (this.#begun && monotonicMs() - (this.#latest?.at ?? 0) >= this.#interval / 2) this.#take();
    } catch (error) {
      this.#supervisor.context.problems.tell("monitor", `can't measure: ${error instanceof Error ? error.message : error}`);
    }
    // From when it was due, so that the pace doesn't drift; anew where it was late by a whole turn.
    if (this.#begun) this.#schedule(Math.max(due + this.#interval, monotonicMs() + this.#interval / 2) - monotonicMs());
  }

  /** Somebody may have applied another one. */
  #followConfig(): void {
    const { disk } = this.#supervisor.context.desired.monitor;
    if (disk !== this.#disk) this.#sampler.disk = disk;
    this.#disk = disk;
  }

  #take(): { readonly sample: MonitorSample; readonly at: number } {
    const at = monotonicMs();
    const watched = this.#watchers.size > 0;
    const before = process.cpuUsage();
    const sample = this.#sampler.look(this.#facts(), watched);
    const { user, system } = process.cpuUsage(before);
    this.#cost = (user + system) / 1000;
    const latest = { sample, at };
    this.#latest = latest;
    this.#history.add(sample, watched);
    for (const listener of [...this.#listeners]) this.#tell(listener, sample);
    for (const watcher of [...this.#watchers]) {
      // A timer may be early or late by some milliseconds.
      if (at - watcher.told < watcher.interval * 0.9) continue;
      watcher.told = at;
      this.#tell(watcher.listener, sample);
    }
    return latest;
  }

  /** A mistake of one who listens is no reason for the others to hear nothing. */
  #tell(listener: Listener, sample: MonitorSample): void {
    try {
      listener(sample);
    } catch (error) {
      this.#supervisor.context.problems.tell("monitor", `a sample can't be told: ${error instanceof Error ? error.message : error}`);
    }
  }

  #facts(): readonly InstanceFacts[] {
    return [...this.#supervisor.context.units.values()].map(factsOf);
  }
}

function factsOf(unit: Unit): InstanceFacts {
  const { name, service, instance, spec, attempts } = unit;
  const roots: Identity[] = [];
  const add = (identity: Identity | null | undefined) => {
    if (identity?.bootId === bootId() && !roots.some(({ pid }) => pid === identity.pid)) roots.push(identity);
  };
  for (const { identity } of [...slotsOf(instance), ...attempts.values()]) add(identity);
  return { name, service, roots, restarts: instance.restarts, cgroups: cgroupsOf(unit), cwd: spec.cwd };
}

/**
 * Those that are asked what they used; each is a file more to read. They know best what processes used that came and went between two looks, which counts most
 * where it is limited, or nobody else knows what belongs to it.
 */
function cgroupsOf({ spec, attempts }: Unit): readonly string[] {
  if (spec.resources.memory === null && spec.resources.cpu === null && spec.type !== "forking") return [];
  const cgroups = [...attempts.values()].map(({ cgroup }) => cgroup);
  return cgroups.every((cgroup) => cgroup !== null) ? cgroups : [];
}
