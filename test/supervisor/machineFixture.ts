/** A machine at hand: one instance, a clock that the test moves, and everything frozen that must not be changed. */
import type { Action } from "../../src/supervisor/actions.ts";
import type { Event, EventOf, EventType, Identity } from "../../src/supervisor/events.ts";
import { type Instance, newInstance } from "../../src/supervisor/instance.ts";
import { step } from "../../src/supervisor/machine.ts";
import type { MachineSpec } from "../../src/supervisor/machineSpec.ts";
import type { State } from "../../src/supervisor/states.ts";

export const SPEC: MachineSpec = {
  type: "simple",
  ready: { on: "notify", timeout: 30_000 },
  restart: { when: "always", stable: 10_000, backoff: { initial: 100, factor: 2, max: 60_000 }, limit: 5, window: 300_000 },
  stop: { signal: "SIGTERM", timeout: 10_000 },
  reload: { by: "rolling" },
  watchdog: null,
  health: { failures: 3 },
  hooks: { beforeStart: null, afterExit: null },
  scheduled: false,
  dependent: false,
};

export const WALL = Date.UTC(2025, 0, 1, 12);

export class Machine {
  readonly spec: MachineSpec;
  instance: Instance;
  at = 1000;
  random = 0.5;
  /** Of the last event. */
  actions: readonly Action[] = [];

  constructor(change: Partial<MachineSpec> = {}) {
    this.spec = freeze({ ...SPEC, ...change });
    this.instance = freeze(newInstance("web/1", { at: 0, wall: WALL }));
  }

  get state(): State {
    return this.instance.state;
  }

  get reason(): string {
    return this.instance.history.at(-1)?.reason ?? "";
  }

  /** What it did last, by name: "spawn", "signal SIGTERM", "killAll all", "setTimer stopTimeout" … */
  get did(): string[] {
    return this.actions.filter((action) => action.do !== "note").map(describe);
  }

  tell(event: Event): this {
    const now = { at: this.at, wall: WALL + this.at, random: this.random };
    const { instance, actions } = step(this.spec, this.instance, freeze(event), freeze(now));
    this.instance = freeze(instance);
    this.actions = actions;
    return this;
  }

  wait(ms: number): this {
    this.at += ms;
    return this;
  }

  /** Up to the state, as a service gets there that behaves. */
  to(state: State): this {
    switch (state) {
      case "stopped":
        return this;
      case "waiting":
      case "starting":
        return this.tell({ type: "startAsked", by: "alice" });
      case "running":
        return this.to("starting").spawned().ready();
      case "reloading":
        return this.to("running").tell({ type: "reloadAsked", by: "alice" });
      case "stopping":
        return this.to("running").tell({ type: "stopAsked", by: "alice" });
      case "backoff":
        return this.to("running").exited(3);
      case "completed":
        return this.to("running").exited(0);
      case "failed":
        return this.to("running").exited(3);
    }
  }

  spawned(attempt = this.instance.attempt): this {
    return this.tell({ type: "spawned", attempt, identity: identity(attempt) });
  }

  ready(attempt = this.instance.attempt): this {
    return this.tell({ type: "ready", attempt });
  }

  exited(code: number, attempt = this.instance.attempt, remains = false): this {
    return this.tell({ type: "exited", attempt, pid: identity(attempt).pid, status: { code }, remains });
  }
}

/** An instance in each state, with the processes that belong there; the specification decides which are reached by an exit. */
export function machineIn(state: State): Machine {
  const never = { ...SPEC.restart, when: "never" } as const;
  if (state === "waiting") return new Machine({ dependent: true }).to(state);
  if (state === "completed" || state === "failed") return new Machine({ restart: never }).to(state);
  const machine = new Machine().to(state);
  return state === "starting" || state === "reloading" ? machine.spawned() : machine;
}

export function identity(attempt: number): Identity {
  return { pid: 100 + attempt, startTime: attempt, bootId: "boot" };
}

/** An event of each type, about the latest process. */
export function eventFor(type: EventType, { attempt }: Instance): Event {
  const of = <Type extends EventType>(event: EventOf<Type>) => event as Event;
  switch (type) {
    case "startAsked":
    case "stopAsked":
    case "restartAsked":
    case "reloadAsked":
    case "deleteAsked":
      return { type, by: "alice" };
    case "specChanged":
      return { type, keys: ["command"] };
    case "dependencyLost":
      return { type, which: "db" };
    case "spawned":
      return { type, attempt, identity: identity(attempt) };
    case "mainProcess":
      return { type, attempt, identity: { ...identity(attempt), pid: 7 } };
    case "spawnFailed":
      return { type, attempt, step: "exec", code: "ENOENT", strerror: "No such file or directory" };
    case "ready":
      return { type, attempt };
    case "readinessFailed":
      return { type, attempt, why: "no licence" };
    case "exited":
      return { type, attempt, pid: identity(attempt).pid, status: { code: 3 }, remains: false };
    case "gone":
      return { type, tree: "all" };
    case "remains":
      return { type, tree: "all", count: 1 };
    case "hookFinished":
      return { type, hook: "beforeStart", attempt };
    case "hookFailed":
      return { type, hook: "beforeStart", attempt, why: "exit status 1" };
    case "probeFailed":
    case "unhealthy":
      return { type, why: "connection refused" };
    case "extendTimeout":
      return { type, ms: 60_000 };
    case "reconciled":
      return { type, found: { alive: [], exits: [], remains: [], hook: false } };
    default:
      return of({ type });
  }
}

export function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) freeze(inner);
  return value;
}

function describe(action: Action): string {
  switch (action.do) {
    case "signal":
      return `signal ${action.signal} to ${action.to} of ${action.attempt}`;
    case "killAll":
      return `killAll ${action.tree}`;
    case "setTimer":
    case "clearTimer":
      return `${action.do} ${action.name}`;
    case "runHook":
      return `runHook ${action.hook}`;
    case "spawn":
      return action.successor ? "spawn successor" : "spawn";
    default:
      return action.do;
  }
}
