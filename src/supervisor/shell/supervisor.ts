/**
 * The shell around the machine: instances by name, events in, actions out. It decides nothing that the machine decides,
 * and keeps no truth that it can't recover.
 */
import { UsageMeter } from "../../monitor/processUsage.ts";
import type { ServiceSpec } from "../../service/specTypes.ts";
import { monotonicMs } from "../../values/clock.ts";
import { signalName } from "../../values/signals.ts";
import type { Found } from "../events.ts";
import type { InitEvent, ProcessRecord } from "../init/protocol.ts";
import { newInstance } from "../instance.ts";
import { isWithoutMain, slotsOf } from "../slots.ts";
import { hasTimers } from "../turn.ts";
import type { Context } from "./context.ts";
import { dependenciesOf } from "./dependencies.ts";
import { Endings, unlessInitIsGone } from "./endings.ts";
import { endLogs, followLogs } from "./keepLogs.ts";
import { logEvent } from "./logEvents.ts";
import { lookForMain } from "./mainProcess.ts";
import { MemoryRelease } from "./memoryRelease.ts";
import { Orphans } from "./orphans.ts";
import { perform } from "./perform.ts";
import { heard } from "./probing.ts";
import { Rehearsal } from "./rehearse.ts";
import { Schedules } from "./schedules.ts";
import { instanceName, Unit } from "./unit.ts";
import { unlessRefused } from "./unlessRefused.ts";

/** Timers that were lost are made up for, and the disk is asked again. */
const TICK = 5000;
/** Milliseconds by which the clocks may differ before it is a step of one of them. */
const CLOCK_STEP = 1000;

/** Milliseconds in which more events may come before they are acknowledged. */
const ACKNOWLEDGE_AFTER = 20;

export class Supervisor {
  readonly context: Context;
  readonly endings: Endings;
  readonly schedules: Schedules;
  readonly meter = new UsageMeter();
  /** Units of a service, by number. */
  readonly #byService = new Map<string, Map<number, Unit>>();
  /** By the service that they depend on; undefined when it has to be made anew. */
  #dependents: Map<string, Unit[]> | undefined;
  readonly #enders: (() => void)[] = [];
  readonly #forgotten: ((unit: Unit) => void)[] = [];
  #onSignal: ((signal: string) => void) | undefined;
  #tick: NodeJS.Timeout | undefined;
  #clocks = Date.now() - monotonicMs();
  #acknowledged = 0;
  /** Of instances since the last tick. */
  #changes = 0;
  readonly #release = new MemoryRelease();
  readonly #rehearsal: Rehearsal;
  #followed: Promise<void> = Promise.resolve();

  constructor(context: Context) {
    this.context = context;
    const { client, homeId, pids, commands } = context;
    const isKnown = (pid: number) => pids.has(pid) || pid === process.pid || commands.pids.has(pid);
    this.#rehearsal = new Rehearsal(context);
    this.endings = new Endings(context, new Orphans(client.hello.pid, homeId, isKnown));
    this.schedules = new Schedules(
      (service) => {
        for (const unit of this.unitsOf(service)) context.dispatcher.dispatch(unit, { type: "due" });
      },
      (service, message) => context.problems.report(service, message),
    );
    context.dispatcher.attach({
      perform: (unit, action) => perform(context, this, unit, action),
      changed: (unit) => this.#changed(unit),
    });
  }

  // Instances

  unitsOf(service: string): readonly Unit[] {
    return [...(this.#byService.get(service)?.values() ?? [])].sort((one, other) => one.number - other.number);
  }

  specOf(service: string): ServiceSpec | undefined {
    return this.context.desired.services.get(service)?.spec;
  }

  /** Makes the instance known; as the journal had it, or new. */
  addUnit(service: string, number: number, spec: ServiceSpec): Unit {
    const { units, journal } = this.context;
    const name = instanceName(service, number);
    const entry = journal.entries.get(name);
    const now = { at: monotonicMs(), wall: Date.now() };
    const isOfThisBoot = entry !== undefined && entry.boot === journal.bootId;
    const unit = new Unit(service, number, spec, (isOfThisBoot ? entry.instance : null) ?? newInstance(name, now));
    units.set(name, unit);
    if (Object.keys(spec.dependsOn).length > 0) this.#dependents = undefined;
    const siblings = this.#byService.get(service) ?? new Map<number, Unit>();
    this.#byService.set(service, siblings.set(number, unit));
    return unit;
  }

  /** From now on its specification is another one; what runs keeps what it was started with. */
  follow(unit: Unit, spec: ServiceSpec): void {
    unit.follow(spec);
    this.#dependents = undefined;
    followLogs(this.context, unit);
  }

  /** Called for each instance that is deleted, when nothing is left of it. */
  onForgotten(listener: (unit: Unit) => void): void {
    this.#forgotten.push(listener);
  }

  // What the machine asks for, besides processes

  awaitDependencies(unit: Unit): void {
    unit.awaitsDependencies = true;
    this.#lookAtDependencies(unit);
  }

  forget(unit: Unit): void {
    const { units, journal, logs } = this.context;
    const { name, service } = unit;
    unit.isForgotten = true;
    units.delete(name);
    if (Object.keys(unit.spec.dependsOn).length > 0) this.#dependents = undefined;
    const siblings = this.#byService.get(service);
    siblings?.delete(unit.number);
    if (siblings?.size === 0) this.#byService.delete(service);
    for (const timer of unit.timers.values()) clearTimeout(timer);
    unlessRefused(() => journal.forget(name));
    logs.close(name).catch(unlessInitIsGone);
    for (const listener of this.#forgotten) listener(unit);
  }

  /** Called for each signal that was sent to init. */
  onInitSignal(listener: (signal: string) => void): void {
    this.#onSignal = listener;
  }

  // What init tells

  exited(record: ProcessRecord): void {
    this.endings.exited(record);
    const unit = this.context.units.get(record.key.slice(0, Math.max(0, record.key.lastIndexOf("#"))));
    if (unit?.spec.type === "forking") void lookForMain(this.context, unit).catch(unlessInitIsGone);
  }

  event(event: InitEvent): void {
    // One after the other, and acknowledged when it was followed: what comes after it must not acknowledge it before.
    this.#followed = this.#followed.then(() => this.#follow(event)).then(() => this.#acknowledgeSoon(event.sequence), unlessInitIsGone);
  }

  async #follow(event: InitEvent): Promise<void> {
    switch (event.kind) {
      case "orphan":
        return this.endings.orphanEnded();
      case "notify":
        return heard(this.context, event);
      case "signal":
        return this.#onSignal?.(signalName(event.signal));
      case "log":
        return logEvent(this.context, event);
    }
  }

  // The beginning, and the passing of time

  /** After a restart: each instance is told what is there of it. */
  reconcile(stock: ReadonlyMap<Unit, Found>): void {
    const { dispatcher } = this.context;
    for (const [unit, found] of stock) {
      dispatcher.dispatch(unit, { type: "reconciled", found });
      // Its signs of life could not be heard: that is not its fault.
      dispatcher.dispatch(unit, { type: "watchdogPing" });
      if (unit.spec.type !== "forking") continue;
      for (const { attempt, identity } of found.alive) {
        const slot = slotsOf(unit.instance).find((one) => one.attempt === attempt);
        if (slot !== undefined && slot.launcher !== null && slot.launcher !== identity.pid) {
          dispatcher.dispatch(unit, { type: "mainProcess", attempt, identity });
        }
      }
      if (slotsOf(unit.instance).some(isWithoutMain)) void lookForMain(this.context, unit).catch(unlessInitIsGone);
    }
  }

  begin(): void {
    this.#tick = setInterval(() => this.#pass(), TICK);
  }

  /** Called when it ends in order. */
  atEnd(listener: () => void): void {
    this.#enders.push(listener);
  }

  end(): void {
    for (const ender of this.#enders) ender();
    clearInterval(this.#tick);
    endLogs(this.context);
  }

  /** What an instance waits for that won't come by itself; undefined where it waits for nothing such. */
  blockedBy(unit: Unit): string | undefined {
    if (unit.instance.waitsFor !== "dependencies") return undefined;
    for (const { service, met } of dependenciesOf(unit.spec, (name) => this.unitsOf(name))) {
      if (met) continue;
      const units = this.unitsOf(service);
      if (units.length === 0) return `${service}, which isn't there`;
      const hopeless = units.find(({ instance }) => ["stopped", "failed", "backoff"].includes(instance.state));
      if (hopeless !== undefined) return `${hopeless.name}, which is ${hopeless.instance.state}`;
    }
    return undefined;
  }

  #changed(unit: Unit): void {
    unit.changed();
    this.#changes += 1;
    if (unit.instance.state === "stopped") this.#closeSockets(unit);
    // Those that wait for it, and those that don't have to any more.
    for (const other of this.#dependentsOf(unit.service)) this.#lookAtDependencies(other);
  }

  /** Nobody is meant to serve them: a client learns that sooner from a port that is closed. */
  #closeSockets({ service, spec }: Unit): void {
    if (Object.keys(spec.sockets).length === 0 || this.unitsOf(service).some(({ instance }) => instance.state !== "stopped")) return;
    this.context.sockets.close(service).catch(unlessInitIsGone);
  }

  #dependentsOf(service: string): readonly Unit[] {
    this.#dependents ??= this.#indexDependents();
    return this.#dependents.get(service) ?? [];
  }

  #indexDependents(): Map<string, Unit[]> {
    const index = new Map<string, Unit[]>();
    for (const unit of this.context.units.values()) {
      for (const service of Object.keys(unit.spec.dependsOn)) index.set(service, [...(index.get(service) ?? []), unit]);
    }
    return index;
  }

  #lookAtDependencies(unit: Unit): void {
    const { dispatcher } = this.context;
    if (!unit.awaitsDependencies && !unit.instance.dependenciesMet) return;
    const missing = dependenciesOf(unit.spec, (name) => this.unitsOf(name)).find(({ met }) => !met);
    if (missing === undefined && unit.awaitsDependencies) {
      unit.awaitsDependencies = false;
      dispatcher.dispatch(unit, { type: "dependenciesMet" });
    } else if (missing !== undefined && unit.instance.dependenciesMet) {
      dispatcher.dispatch(unit, { type: "dependencyLost", which: missing.service });
    } else {
      // Who waits for it to start may have to be told that it won't.
      unit.changed();
    }
  }

  #pass(): void {
    const { journal, events, dispatcher, units } = this.context;
    journal.restore();
    events.restore();
    if (journal.isBehind) journal.catchUp();
    events.catchUp();
    this.endings.settle();
    if (this.#changes === 0) journal.tidy();
    this.#rehearsal.go();
    this.#release.after(this.#changes);
    this.#changes = 0;
    const clocks = Date.now() - monotonicMs();
    const stepped = Math.abs(clocks - this.#clocks) > CLOCK_STEP;
    this.#clocks = clocks;
    for (const unit of [...units.values()]) {
      if (stepped) dispatcher.dispatch(unit, { type: "clockStepped" });
      if (hasTimers(unit.instance)) dispatcher.dispatch(unit, { type: "tick" });
    }
  }

  /** One answer to all that come together: the end of a process's output comes a moment before its own. */
  #acknowledgeSoon(sequence: number): void {
    if (this.#acknowledged === 0) {
      setTimeout(() => {
        const latest = this.#acknowledged;
        this.#acknowledged = 0;
        this.context.client.acknowledgeEvents(latest).catch(unlessInitIsGone);
      }, ACKNOWLEDGE_AFTER);
    }
    this.#acknowledged = Math.max(this.#acknowledged, sequence);
  }
}
