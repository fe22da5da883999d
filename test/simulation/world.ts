/**
 * The world of the simulation: virtual time, services, a supervisor around the machine that crashes at any point, and
 * (in kernel.ts) init and the processes. Nothing in it knows the real time: a seed replays it event by event.
 */
import type { Action } from "../../src/supervisor/actions.ts";
import type { Event } from "../../src/supervisor/events.ts";
import type { Instance } from "../../src/supervisor/instance.ts";
import type { step as machineStep } from "../../src/supervisor/machine.ts";
import type { Coverage } from "./coverage.ts";
import { FAULTS, type Faults } from "./faults.ts";
import { checkStep, Violation } from "./invariants.ts";
import { Kernel } from "./kernel.ts";
import { Queue } from "./queue.ts";
import { Random } from "./random.ts";
import { newService, type Service, type Told } from "./service.ts";
import { randomSpec, randomTemper } from "./services.ts";

const TOLD_LENGTH = 30;

export interface WorldOptions {
  readonly seed: number;
  readonly services: number;
  readonly step: typeof machineStep;
  readonly coverage: Coverage;
}

export class World {
  readonly random: Random;
  readonly queue = new Queue();
  readonly services: readonly Service[];
  readonly kernel: Kernel;
  faults: Faults = FAULTS;
  at = 0;
  /** Events that the machine was told. */
  events = 0;
  /** Each restart is another life: what was on its way to the old one is lost. */
  supervisorLife = 0;
  supervisorUp = true;
  crashes = 0;
  #wallOffset = 1_700_000_000_000;
  #diskFullUntil = 0;
  readonly #step: typeof machineStep;
  readonly #coverage: Coverage;

  constructor({ seed, services, step, coverage }: WorldOptions) {
    this.random = new Random(seed);
    this.#step = step;
    this.#coverage = coverage;
    this.kernel = new Kernel(this);
    this.services = Array.from({ length: services }, (_, index) => {
      const spec = randomSpec(this.random);
      return newService(index, spec, randomTemper(this.random, spec));
    });
  }

  after(ms: number, run: () => void): void {
    this.queue.add(this.at + ms, run);
  }

  /** The same, unless the supervisor dies meanwhile. */
  afterInThisLife(ms: number, run: () => void): void {
    const life = this.supervisorLife;
    this.after(ms, () => {
      if (life === this.supervisorLife) run();
    });
  }

  /** Moves on to the next thing that happens. */
  next(): void {
    const entry = this.queue.take();
    if (entry === undefined) throw new Error("the simulation has run out of things to happen");
    this.at = Math.max(this.at, entry.at);
    entry.run();
  }

  /** One event to the machine, as the shell does it. */
  deliver(service: Service, event: Event): void {
    if (!this.supervisorUp) return;
    const before = service.instance;
    this.events += 1;
    this.#coverage.count(before.state, event.type);
    const now = { at: this.at, wall: this.at + this.#wallOffset, random: this.random.next() };
    const { instance, actions } = this.#step(service.spec, before, event, now);
    remember(service, { number: this.events, at: this.at, event, from: before.state, to: instance.state });
    const problem = checkStep(service, before, instance, event, actions);
    if (problem !== null) throw new Violation(problem, service, this.events);
    // A supervisor of many services has as many events in a restart alone: it must get beyond that now and then.
    if (this.random.chance(Math.min(1, 50 / this.services.length) * this.faults.crash)) {
      this.#crashAmid(service, instance, actions);
      return;
    }
    service.instance = instance;
    this.#save(service, instance);
    for (const action of actions) this.#perform(service, action);
    if (this.random.chance(this.faults.garbage)) this.kernel.garbage(service);
  }

  stepClock(): void {
    this.#wallOffset += this.random.between(-3_600_000, 3_600_000);
    for (const service of this.services) this.deliver(service, { type: "clockStepped" });
  }

  fillDisk(): void {
    this.#diskFullUntil = this.at + this.random.between(10, 20_000);
  }

  reconcileAll(): void {
    const life = this.supervisorLife;
    for (const service of this.services) {
      if (life === this.supervisorLife) this.kernel.reconcile(service);
    }
  }

  #crashAmid(service: Service, instance: Instance, actions: readonly Action[]): void {
    const cut = this.random.integer(-1, actions.length);
    if (cut >= 0) {
      service.instance = instance;
      this.#save(service, instance);
      for (const action of actions.slice(0, cut)) this.#perform(service, action);
    }
    this.#crash(this.random.pick(["supervisor", "supervisor", "supervisor", "both"]));
  }

  #crash(victim: "supervisor" | "both"): void {
    this.crashes += 1;
    this.supervisorUp = false;
    this.supervisorLife += 1;
    if (victim === "both") this.kernel.crash();
    for (const service of this.services) {
      service.timers.clear();
      service.heard = [];
    }
    this.after(this.random.between(50, 3000), () => {
      this.supervisorUp = true;
      for (const service of this.services) service.instance = JSON.parse(JSON.stringify(service.journal)) as Instance;
      this.reconcileAll();
    });
  }

  #save(service: Service, instance: Instance): void {
    if (this.random.chance(this.faults.diskFull)) this.fillDisk();
    if (this.at < this.#diskFullUntil) return;
    service.journal = instance;
    // What is saved now knows of them: init may forget them.
    service.exits = service.exits.filter((exit) => !service.heard.includes(exit));
    service.heard = [];
  }

  #perform(service: Service, action: Action): void {
    switch (action.do) {
      case "spawn":
        this.kernel.spawn(service, action.attempt, action.successor);
        break;
      case "signal":
        this.kernel.signal(service, action);
        break;
      case "killAll":
        this.kernel.killAll(service, action.tree);
        break;
      case "runHook":
        this.kernel.runHook(service, action.hook, action.attempt);
        break;
      case "openReadiness":
        this.kernel.probeReadiness(service, action.attempt);
        break;
      case "setTimer":
        this.#setTimer(service, action);
        break;
      case "clearTimer":
        service.timers.delete(action.name);
        break;
      case "awaitDependencies":
        this.afterInThisLife(this.random.wait(500), () => this.deliver(service, { type: "dependenciesMet" }));
        break;
    }
  }

  #setTimer(service: Service, { name, at }: Extract<Action, { do: "setTimer" }>): void {
    const { faults, random } = this;
    const token = {};
    service.timers.set(name, token);
    if (random.chance(faults.timerLost)) return;
    const evenWhenCleared = random.chance(faults.timerAfterClear);
    const fire = () => {
      if (service.timers.get(name) === token || evenWhenCleared) this.deliver(service, { type: name });
    };
    const late = random.chance(faults.timerLate) ? random.wait(1000) : 0;
    this.afterInThisLife(Math.max(0, at - this.at) + late, fire);
    if (random.chance(faults.timerTwice)) this.afterInThisLife(Math.max(0, at - this.at) + late + random.wait(10), fire);
  }
}

function remember({ told }: Service, one: Told): void {
  told.push(one);
  if (told.length > 4 * TOLD_LENGTH) told.splice(0, told.length - TOLD_LENGTH);
}
