/** Init and the processes: they start, become ready, hang, ignore signals, leave children, and die. */
import type { Action } from "../../src/supervisor/actions.ts";
import type { Event, ExitRecord, Found, HookName } from "../../src/supervisor/events.ts";
import type { ExitStatus } from "../../src/values/exitStatus.ts";
import { randomGarbage } from "./commands.ts";
import { checkSpawn, Violation } from "./invariants.ts";
import { type FakeProcess, leftovers, living, mainOf, type Service } from "./service.ts";
import type { World } from "./world.ts";

export class Kernel {
  readonly #world: World;
  #nextPid = 2;
  /** Each restart of init is another life: what it knew and was told is lost. */
  #initLife = 0;

  constructor(world: World) {
    this.#world = world;
  }

  spawn(service: Service, attempt: number, successor: boolean): void {
    const { random, faults } = this.#world;
    const life = this.#initLife;
    service.spawning += 1;
    this.#world.after(random.between(0.1, 3), () => {
      if (life !== this.#initLife) return;
      service.spawning -= 1;
      const problem = checkSpawn(service, attempt, successor);
      if (problem !== null) throw new Violation(problem, service, this.#world.events);
      service.spawns.push(this.#world.at);
      const temporary = random.chance(faults.spawnTemporary);
      if (temporary || random.chance(faults.spawnMissing)) {
        const code = temporary ? random.pick(["EAGAIN", "ENOMEM"]) : "ENOENT";
        this.#tell(service, { type: "spawnFailed", attempt, step: temporary ? "fork" : "exec", code, strerror: "…" });
      } else if (service.spec.type === "forking") this.#startForking(service, attempt);
      else this.#startMain(service, this.#born(service, attempt, "main"));
    });
  }

  signal(service: Service, { attempt, signal, to }: Extract<Action, { do: "signal" }>): void {
    const { random, faults } = this.#world;
    if (random.chance(faults.signalLost)) return;
    const main = mainOf(service, attempt);
    const targets = to === "all" ? living(service, attempt) : main === undefined ? [] : [main];
    for (const target of targets) {
      if (signal === "SIGHUP") this.#hangup(service, target);
      else if (signal === "SIGABRT" || !target.ignoresTerm) {
        const status: ExitStatus = signal === "SIGTERM" && random.chance(0.5) ? { code: 0 } : { signal };
        this.#world.after(random.between(0.5, 500), () => this.#die(service, target, status));
      }
    }
  }

  killAll(service: Service, tree: number | "all"): void {
    const { random, faults } = this.#world;
    const life = this.#initLife;
    this.#world.after(random.between(0.1, 2), () => {
      for (const target of living(service, tree)) {
        const delay = random.chance(faults.unkillable) ? random.between(1000, 30_000) : 0;
        if (delay === 0) this.#die(service, target, { signal: "SIGKILL" });
        else this.#world.after(delay, () => this.#die(service, target, { signal: "SIGKILL" }));
      }
      if (tree === "all" && service.hook?.running) service.hook = null;
      if (life === this.#initLife) this.#tellWhatIsLeft(service, tree);
    });
  }

  runHook(service: Service, name: HookName, attempt: number): void {
    const { random } = this.#world;
    const hook = { name, attempt, running: true };
    service.hook = hook;
    if (random.chance(0.05)) return;
    this.#world.after(random.wait(300), () => {
      if (service.hook !== hook) return;
      hook.running = false;
      this.#tellHook(service);
    });
  }

  /** Ports and the like are asked again whenever readiness is opened; what a service says, it says once. */
  probeReadiness(service: Service, attempt: number): void {
    const main = mainOf(service, attempt);
    const probed = service.spec.ready.on !== "notify" && service.spec.ready.on !== "line";
    if (probed && main !== undefined) this.#world.after(service.temper.readyAfter, () => this.#becomeReady(service, main));
  }

  garbage(service: Service): void {
    const event = randomGarbage(this.#world.random, service);
    if (event !== null) this.#world.afterInThisLife(0, () => this.#world.deliver(service, event));
  }

  /** Init dies: exit records, orders on their way, and what it held for the supervisor. */
  crash(): void {
    this.#initLife += 1;
    for (const service of this.#world.services) {
      service.exits = [];
      service.heard = [];
      service.spawning = 0;
    }
  }

  reconcile(service: Service): void {
    const { hook, instance } = service;
    const isKnown = hook !== null && instance.hook?.name === hook.name && instance.hook.attempt === hook.attempt;
    if (hook !== null && !isKnown && !hook.running) service.hook = null;
    const mains = [...new Set(living(service).map(({ attempt }) => attempt))].flatMap((attempt) => mainOf(service, attempt) ?? []);
    const orphans = living(service).filter(({ attempt }) => mains.every((main) => main.attempt !== attempt));
    const strayHook = hook?.running === true && !isKnown ? [hook.attempt] : [];
    const found: Found = {
      alive: mains.map((main) => ({ attempt: main.attempt, identity: identityOf(main) })),
      exits: [...service.exits],
      remains: [...new Set([...orphans.map(({ attempt }) => attempt), ...strayHook])],
      hook: isKnown,
    };
    service.channel = this.#world.at;
    service.excuses.push(this.#world.at);
    service.heard = [...service.exits];
    this.#world.deliver(service, { type: "reconciled", found });
    if (isKnown && hook?.running === false) this.#tellHook(service);
    // The pid file is read again.
    for (const main of mains) {
      if (service.spec.type === "forking" && main.role === "main") {
        this.#tell(service, { type: "mainProcess", attempt: main.attempt, identity: identityOf(main) });
      }
    }
  }

  #startForking(service: Service, attempt: number): void {
    const { random } = this.#world;
    const launcher = this.#born(service, attempt, "launcher");
    this.#tell(service, { type: "spawned", attempt, identity: identityOf(launcher) });
    this.#world.after(random.wait(100), () => {
      if (!launcher.alive) return;
      if (random.chance(0.9)) {
        const daemon = this.#born(service, attempt, "main");
        this.#world.after(random.wait(20), () => {
          if (daemon.alive) this.#tell(service, { type: "mainProcess", attempt, identity: identityOf(daemon) });
        });
        this.#live(service, daemon);
      }
      this.#world.after(random.wait(20), () => this.#die(service, launcher, { code: random.chance(0.95) ? 0 : 1 }));
    });
  }

  #startMain(service: Service, main: FakeProcess): void {
    this.#tell(service, { type: "spawned", attempt: main.attempt, identity: identityOf(main) });
    this.#live(service, main);
  }

  #live(service: Service, main: FakeProcess): void {
    const { random } = this.#world;
    const { temper, spec } = service;
    for (let child = 0; child < temper.children; child++) this.#born(service, main.attempt, "child");
    if (!random.chance(temper.neverReady)) this.#world.after(random.wait(temper.readyAfter), () => this.#becomeReady(service, main));
    if (temper.life !== Number.POSITIVE_INFINITY) {
      const status = random.chance(temper.success) ? { code: 0 } : random.pick([{ code: 3 }, { signal: "SIGSEGV" }]);
      this.#world.after(random.wait(temper.life), () => this.#die(service, main, status));
    }
    if (spec.watchdog !== null) this.#ping(service, main, spec.watchdog / 2);
  }

  #ping(service: Service, main: FakeProcess, every: number): void {
    this.#world.after(every, () => {
      if (!main.alive || this.#world.random.chance(0.005)) return;
      this.#tell(service, { type: "watchdogPing" });
      this.#ping(service, main, every);
    });
  }

  #becomeReady(service: Service, main: FakeProcess): void {
    if (main.alive) this.#tell(service, { type: "ready", attempt: main.attempt });
  }

  #hangup(service: Service, target: FakeProcess): void {
    const { random } = this.#world;
    if (random.chance(0.05)) this.#die(service, target, { signal: "SIGHUP" });
    else if (random.chance(0.8)) {
      this.#world.after(random.wait(300), () => {
        if (target.alive) this.#tell(service, { type: "reloaded" });
      });
    }
  }

  #born(service: Service, attempt: number, role: FakeProcess["role"]): FakeProcess {
    const ignoresTerm = this.#world.random.chance(service.temper.ignoresTerm);
    const pid = this.#nextPid++;
    const made: FakeProcess = { pid, attempt, role, ignoresTerm, startTime: Math.floor(this.#world.at / 10), alive: true };
    service.processes.push(made);
    return made;
  }

  #die(service: Service, dying: FakeProcess, status: ExitStatus): void {
    if (!dying.alive) return;
    dying.alive = false;
    service.processes = service.processes.filter(({ alive }) => alive);
    if (dying.role === "child") {
      const nobodyTells = living(service, dying.attempt).length > 0;
      if (!nobodyTells) this.#tellWhatIsLeft(service, dying.attempt);
      return;
    }
    const exit: ExitRecord = { attempt: dying.attempt, pid: dying.pid, status };
    service.exits.push(exit);
    service.deaths.set(dying.pid, JSON.stringify(status));
    this.#send(service, () => {
      service.heard.push(exit);
      this.#world.deliver(service, { type: "exited", ...exit, remains: leftovers(service).length > 0 });
    });
    if (dying.role === "main" && !this.#world.random.chance(service.temper.orphans)) {
      for (const child of living(service, dying.attempt)) if (child.role === "child") this.#die(service, child, status);
    }
  }

  #tellWhatIsLeft(service: Service, tree: number | "all"): void {
    const count = living(service, tree).length;
    this.#tell(service, count === 0 ? { type: "gone", tree } : { type: "remains", tree, count });
    const all = living(service).length === 0 && service.spawning === 0 && !service.hook?.running;
    if (tree !== "all" && all) this.#tell(service, { type: "gone", tree: "all" });
  }

  #tellHook(service: Service): void {
    const { hook } = service;
    if (hook === null) return;
    const { name, attempt } = hook;
    const event: Event = this.#world.random.chance(0.15)
      ? { type: "hookFailed", hook: name, attempt, why: "exit status 1" }
      : { type: "hookFinished", hook: name, attempt };
    this.#send(service, () => {
      if (service.hook !== hook) return;
      service.hook = null;
      this.#world.deliver(service, event);
    });
  }

  #tell(service: Service, event: Event): void {
    this.#send(service, () => this.#world.deliver(service, event));
  }

  /** From init to the supervisor, in order; lost when either dies. */
  #send(service: Service, run: () => void): void {
    const life = this.#initLife;
    service.channel = Math.max(service.channel, this.#world.at + this.#world.random.between(0.05, 2));
    this.#world.afterInThisLife(service.channel - this.#world.at, () => {
      if (life === this.#initLife) run();
    });
  }
}

function identityOf({ pid, startTime }: FakeProcess) {
  return { pid, startTime, bootId: "simulated" };
}
