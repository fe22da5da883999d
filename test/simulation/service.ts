/** One simulated instance: what the supervisor believes, what it saved, and what is really there. */
import type { Event, ExitRecord, HookName } from "../../src/supervisor/events.ts";
import { type Instance, newInstance } from "../../src/supervisor/instance.ts";
import type { MachineSpec } from "../../src/supervisor/machineSpec.ts";
import type { State } from "../../src/supervisor/states.ts";
import type { Temper } from "./services.ts";

export interface FakeProcess {
  readonly pid: number;
  readonly attempt: number;
  readonly startTime: number;
  /** A launcher's daemon becomes main when the launcher is gone. */
  readonly role: "main" | "launcher" | "child";
  readonly ignoresTerm: boolean;
  alive: boolean;
}

export interface Told {
  readonly number: number;
  readonly at: number;
  readonly event: Event;
  readonly from: State;
  readonly to: State;
}

export interface Service {
  spec: MachineSpec;
  temper: Temper;
  /** In the supervisor's memory. */
  instance: Instance;
  /** As it was written last. */
  journal: Instance;
  processes: FakeProcess[];
  /** Exit records in init that nobody acknowledged. */
  exits: ExitRecord[];
  /** Of these, what the supervisor has heard in this life. */
  heard: ExitRecord[];
  /** How each of its processes really ended, by pid. */
  readonly deaths: Map<number, string>;
  /** Spawns that init has been told to do. */
  spawning: number;
  hook: { readonly name: HookName; readonly attempt: number; running: boolean } | null;
  readonly timers: Map<string, object>;
  /** When the last message from init arrives: they don't overtake each other. */
  channel: number;
  /** Times of processes started, and of reasons to start one that are no fault of the policy. */
  spawns: number[];
  excuses: number[];
  /** Until when the service asked for more time. */
  extended: number;
  readonly told: Told[];
}

export function newService(index: number, spec: MachineSpec, temper: Temper): Service {
  const instance = newInstance(`service/${index}`, { at: 0, wall: 0 });
  return {
    spec,
    temper,
    instance,
    journal: instance,
    processes: [],
    exits: [],
    heard: [],
    deaths: new Map(),
    spawning: 0,
    hook: null,
    timers: new Map(),
    channel: 0,
    spawns: [],
    excuses: [],
    extended: 0,
    told: [],
  };
}

/** Attempts of which something lives without a main process that the supervisor's books know. */
export function leftovers(service: Service): number[] {
  const { process, other } = service.instance;
  const slots = [process, other].filter((slot) => slot !== null);
  const isKnown = (attempt: number) =>
    slots.some(
      (slot) =>
        slot.attempt === attempt &&
        (slot.identity === null ? slot.launcher === null : service.processes.some(({ pid, alive }) => alive && pid === slot.identity?.pid)),
    );
  return [...new Set(living(service).map(({ attempt }) => attempt))].filter((attempt) => !isKnown(attempt));
}

export function living(service: Service, tree: number | "all" = "all"): FakeProcess[] {
  return service.processes.filter(({ alive, attempt }) => alive && (tree === "all" || attempt === tree));
}

/** The process that stands for an attempt: its main one, or the launcher while there is no other. */
export function mainOf(service: Service, attempt: number): FakeProcess | undefined {
  const live = living(service, attempt);
  return live.find(({ role }) => role === "main") ?? live.find(({ role }) => role === "launcher");
}
