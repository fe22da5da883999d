/** An instance at work: what the machine knows of it, and what only this supervisor has in its hands. */
import type { ServiceSpec } from "../../service/specTypes.ts";
import type { Identity, TimerName } from "../events.ts";
import type { Instance } from "../instance.ts";
import type { MachineSpec } from "../machineSpec.ts";
import type { Probe } from "../probes/probe.ts";
import type { OutputAt } from "../state/journalRecords.ts";
import type { OpenLogs } from "./instanceLogs.ts";
import { machineSpecOf } from "./machineSpecOf.ts";

/** A process of an instance, from the decision to start it until nothing is left of it. */
export interface Attempt {
  readonly number: number;
  /** Init's name of the main process, once it has one. */
  serial: number | undefined;
  /** The main process. */
  identity: Identity | undefined;
  /** Whether the machine has heard what became of the spawn. */
  answered: boolean;
  /** Sessions that its processes are in, by what was started. */
  readonly sessions: Set<number>;
  /** Init's record of the end of its main process was taken in. */
  ended: boolean;
  /** Its main process has ended, and something of it lived on then. */
  lingers: boolean;
  /** Found then: its own for certain, though they may have written their title over their mark since. */
  left: readonly Identity[];
  /** Found then: perhaps its own. */
  suspects: readonly Identity[];
  /** Directory of its cgroup. */
  cgroup: string | null;
  notifies: boolean;
  /** Where its output begins in the logs, where that is known. */
  outputAt: OutputAt | undefined;
}

export class Unit {
  readonly name: string;
  readonly service: string;
  readonly number: number;
  instance: Instance;
  spec: ServiceSpec;
  machine: MachineSpec;
  readonly attempts = new Map<number, Attempt>();
  readonly timers = new Map<TimerName, NodeJS.Timeout>();
  /** Attempts whose readiness is waited for. */
  readonly awaited = new Map<number, Probe | undefined>();
  /** Why it was not ready yet when it was asked last. */
  lastProbe: string | null = null;
  health: Probe | undefined;
  hook: AbortController | undefined;
  awaitsDependencies = false;
  looksForMain = false;
  /** STATUS= of sd_notify(3). */
  statusText: string | null = null;
  degraded: readonly string[] = [];
  log: OpenLogs | undefined;
  /** Why its log can't be written to, while it can't. */
  logTrouble: string | null = null;
  /** Of its output, while a disk was full: as far as this supervisor and its init know. */
  logDropped = { lines: 0, bytes: 0 };
  /** Why the last command could not be followed. */
  refusal: string | null = null;
  isForgotten = false;
  /** Called after each change; those who wait for something. */
  readonly watchers = new Set<() => void>();

  constructor(service: string, number: number, spec: ServiceSpec, instance: Instance) {
    this.name = instanceName(service, number);
    this.service = service;
    this.number = number;
    this.spec = spec;
    this.machine = machineSpecOf(spec);
    this.instance = instance;
  }

  /** From now on it is another one; what runs keeps what it was started with. */
  follow(spec: ServiceSpec): void {
    this.spec = spec;
    this.machine = machineSpecOf(spec);
  }

  /** False where the service has fewer instances now: it is on its way out. */
  get isToStay(): boolean {
    return this.number < this.spec.instances;
  }

  /** The record of an attempt, made where there is none. */
  attempt(number: number): Attempt {
    const known = this.attempts.get(number);
    if (known !== undefined) return known;
    const attempt: Attempt = {
      number,
      serial: undefined,
      identity: undefined,
      answered: false,
      sessions: new Set(),
      ended: false,
      lingers: false,
      left: [],
      suspects: [],
      cgroup: null,
      notifies: false,
      outputAt: undefined,
    };
    this.attempts.set(number, attempt);
    return attempt;
  }

  changed(): void {
    for (const watcher of [...this.watchers]) watcher();
  }
}

export function instanceName(service: string, number: number): string {
  return `${service}/${number}`;
}

/** "web/0" → ["web", 0] */
export function splitInstanceName(name: string): readonly [service: string, number: number] {
  const slash = name.lastIndexOf("/");
  return [name.slice(0, slash), Number(name.slice(slash + 1))];
}
