/** What people ask for: start, stop, restart, reload, delete, signal, scale, apply. Each ends when its instances are settled. */
import { needsRestart, planApply } from "../../service/planApply.ts";
import type { ServiceSpec } from "../../service/specTypes.ts";
import {
  type Action,
  type ActionRequest,
  type ActionResult,
  type ApplyRequest,
  type ApplyResult,
  ControlError,
  type InstanceOutcome,
} from "../control.ts";
import { faultPoint } from "../faultPoint.ts";
import { type Selected, selectInstances } from "../selector.ts";
import { signalProcess } from "../tree/identity.ts";
import { signalTree } from "../tree/signalTree.ts";
import { type Awaited, asItIs, staying, toRest } from "./awaited.ts";
import { inOrder, requirementsOf, stopStages } from "./dependencies.ts";
import { actOnLogs } from "./logCommands.ts";
import { type Course, type Patience, settle } from "./outcomes.ts";
import type { Services } from "./services.ts";
import type { Supervisor } from "./supervisor.ts";
import { treeOf } from "./treeOf.ts";
import { instanceName, type Unit } from "./unit.ts";

export class CommandRunner {
  readonly #supervisor: Supervisor;
  readonly #services: Services;

  constructor(supervisor: Supervisor, services: Services) {
    this.#supervisor = supervisor;
    this.#services = services;
  }

  /** The services and instances that a selector means. @throws ControlError */
  select(selector: string): readonly Selected[] {
    const services = this.#services.names.map((name) => ({
      name,
      instances: this.#supervisor.unitsOf(name).map(({ number }) => String(number)),
    }));
    return selectInstances(selector, services);
  }

  async act(request: ActionRequest): Promise<ActionResult> {
    const selected = this.select(request.selector);
    const patience = { wait: request.wait ?? null, signal: request.signal };
    const outcomes = await this.#follow(request, selected, patience);
    // Who stops a service may give its port to another at once.
    if (patience.wait !== 0) await this.#supervisor.context.sockets.settled(selected.map(({ name }) => name));
    await this.#saved();
    return { instances: outcomes };
  }

  async apply(request: ApplyRequest): Promise<ApplyResult> {
    const { services, prune = false, dryRun = false, start = false, by } = request;
    const current = this.#services.names.flatMap((name) => this.#supervisor.specOf(name) ?? []);
    const plan = planApply(current, services);
    const { desired } = this.#supervisor.context;
    const { monitor = desired.monitor } = request;
    const monitorChanged = JSON.stringify(monitor) !== JSON.stringify(desired.monitor);
    if (dryRun) return { plan, dryRun, monitorChanged, instances: [] };
    if (monitorChanged) desired.monitor = monitor;
    const specs = new Map(services.map((spec) => [spec.name, spec]));
    const awaited: Awaited[] = [];
    for (const name of plan.added) awaited.push(...this.#add(specs.get(name), by));
    for (const { name, keys, restart } of plan.changed) awaited.push(...this.#change(specs.get(name), keys, restart, by));
    if (start) {
      const names = [...plan.unchanged, ...plan.changed.map(({ name }) => name)];
      awaited.push(...this.#start(this.#stayingOf(names), by, true));
    }
    if (prune) for (const name of plan.removed) awaited.push(...this.#delete(name, by, false));
    const outcomes = await this.#settled(awaited, { wait: request.wait ?? null, signal: request.signal });
    await this.#saved();
    return { plan, dryRun, monitorChanged, instances: outcomes };
  }

  /** Of all, those first that nobody depends on. */
  async stopAll(by: string, force: boolean): Promise<ActionResult> {
    return { instances: await this.#stop(this.#unitsOf(this.#services.names), by, force, { wait: null }) };
  }

  #follow(request: ActionRequest, selected: readonly Selected[], patience: Patience): Promise<readonly InstanceOutcome[]> {
    const { by } = request;
    const units = this.#unitsIn(selected);
    for (const unit of units) unit.refusal = null;
    switch (request.action) {
      case "start":
        return this.#settled(this.#startServices(selected, staying(units, selected), by), patience);
      case "restart":
        return this.#settled(this.#restartServices(selected, staying(units, selected), by), patience);
      case "reload":
        return this.#settled(this.#reload(staying(units, selected), by), patience);
      case "stop":
        this.#want(selected, false);
        return this.#stop(units, by, request.force === true, patience);
      case "delete":
        return this.#settled(
          selected.flatMap((one) => this.#deleteSelected(one, by, request.force === true)),
          patience,
        );
      case "signal":
        return this.#signal(units, request);
      case "rotate":
      case "clear":
        return actOnLogs(this.#supervisor.context, units, request.action, patience);
      case "scale":
        return this.#settled(
          selected.flatMap((one) => this.#scale(one, request.instances, by)),
          patience,
        );
    }
  }

  #restartServices(selected: readonly Selected[], units: readonly Unit[], by: string): readonly Awaited[] {
    this.#want(selected, true);
    return this.#restart(units, by);
  }

  #restart(units: readonly Unit[], by: string): readonly Awaited[] {
    const awaited = units.map((unit): Awaited => [unit, { to: "run anew", since: unit.instance.attempt }]);
    this.#ask(this.#ordered(units), { type: "restartAsked", by });
    return awaited;
  }

  /** A service that has no way to reload is restarted. */
  #reload(units: readonly Unit[], by: string): readonly Awaited[] {
    const kindOf = ({ machine }: Unit) => machine.reload?.by ?? "restart";
    const { rolling = [], signal = [], restart = [] } = Object.groupBy(units, kindOf);
    const told = signal.map((unit): Awaited => [unit, { to: "reload" }]);
    this.#ask(signal, { type: "reloadAsked", by });
    const course: Course = { asked: new Map(), skipped: new Map() };
    for (const instances of Map.groupBy(rolling, ({ service }) => service).values()) void this.#replaceInTurn(instances, by, course);
    const replaced = rolling.map((unit): Awaited => [unit, { to: "be replaced", course }]);
    return [...told, ...replaced, ...this.#restart(restart, by)];
  }

  /** Instances of one service. Where a new one is no good, the others stay as they are. Goes on when nobody waits any more. */
  async #replaceInTurn(units: readonly Unit[], by: string, course: Course): Promise<void> {
    let failed: Unit | undefined;
    for (const unit of units) {
      if (failed !== undefined) {
        course.skipped.set(unit, `${unit.name} goes on as it is, since the reload of ${failed.name} did not work out`);
        unit.changed();
        continue;
      }
      course.asked.set(unit, unit.instance.attempt);
      this.#ask([unit], { type: "reloadAsked", by });
      const [replaced] = await this.#settled([[unit, { to: "be replaced", course }]], { wait: null });
      if (replaced?.outcome === "failed") failed = unit;
    }
  }

  #startServices(selected: readonly Selected[], units: readonly Unit[], by: string): readonly Awaited[] {
    this.#want(selected, true);
    const names = selected.map(({ name }) => name);
    const required = requirementsOf(names, (name) => this.#supervisor.specOf(name));
    for (const name of required) this.#supervisor.context.desired.setWanted(name, true);
    // What it stands on is started, and it is waited for by the machine; what became of it is its own story.
    this.#start(this.#stayingOf(required), `${by} (needed by ${names.join(", ")})`, true);
    return this.#start(units, by, false);
  }

  /** `atRest`: only those that don't run, nor are about to. */
  #start(units: readonly Unit[], by: string, atRest: boolean): readonly Awaited[] {
    const asked = atRest ? units.filter(({ instance }) => !instance.wanted) : units;
    for (const { service } of asked) this.#supervisor.context.desired.setWanted(service, true);
    this.#ask(this.#ordered(asked), { type: "startAsked", by });
    return asked.map((unit): Awaited => [unit, { to: "run" }]);
  }

  #add(spec: ServiceSpec | undefined, by: string): readonly Awaited[] {
    return spec === undefined ? [] : this.#start(this.#services.add(spec, by), by, false);
  }

  #change(spec: ServiceSpec | undefined, keys: readonly string[], restart: boolean, by: string): readonly Awaited[] {
    if (spec === undefined) return [];
    const before = this.#supervisor.unitsOf(spec.name).map((unit) => [unit, unit.instance.attempt] as const);
    const { added, removed } = this.#services.change(spec, keys, restart, by);
    const isWanted = this.#supervisor.context.desired.services.get(spec.name)?.wanted === true;
    const anew = before
      .filter(([unit]) => restart && unit.instance.wanted && !removed.includes(unit) && !added.includes(unit))
      .map(([unit, since]): Awaited => [unit, { to: "run anew", since }]);
    return [...anew, ...(isWanted ? this.#start(added, by, false) : []), ...removed.map((unit): Awaited => [unit, { to: "be forgotten" }])];
  }

  #scale({ name, whole }: Selected, instances: number, by: string): readonly Awaited[] {
    const spec = this.#supervisor.specOf(name);
    if (!whole || spec === undefined) throw new ControlError("ERR_BAD_REQUEST", `${name} is scaled as a whole, not an instance of it`);
    if (spec.instances === instances) return this.#supervisor.unitsOf(name).flatMap(asItIs);
    return this.#change({ ...spec, instances }, ["instances"], needsRestart("instances"), by);
  }

  #deleteSelected({ name, whole }: Selected, by: string, force: boolean): readonly Awaited[] {
    if (!whole) {
      throw new ControlError(
        "ERR_BAD_REQUEST",
        `an instance of ${name} can't be deleted alone`,
        `use "daemonitor scale ${name} N" or stop it`,
      );
    }
    return this.#delete(name, by, force);
  }

  #delete(name: string, by: string, force: boolean): readonly Awaited[] {
    return this.#services.delete(name, by, force).map((unit): Awaited => [unit, { to: "be forgotten" }]);
  }

  #stop(units: readonly Unit[], by: string, force: boolean, patience: Patience): Promise<readonly InstanceOutcome[]> {
    const course: Course = { asked: new Map(), skipped: new Map() };
    void this.#stopInStages(units, by, force, course);
    return this.#settled(toRest(units, course), patience);
  }

  /** Those first that nobody depends on. Goes on when nobody waits any more. */
  async #stopInStages(units: readonly Unit[], by: string, force: boolean, course: Course): Promise<void> {
    const names = [...new Set(units.map(({ service }) => service))];
    for (const stage of stopStages(names, (name) => this.#supervisor.specOf(name))) {
      const now = units.filter(({ service }) => stage.includes(service));
      for (const unit of now) course.asked.set(unit, unit.instance.attempt);
      this.#ask(now, { type: "stopAsked", by, ...(force ? { force } : {}) });
      // An instance that was at rest already has not changed by that.
      for (const unit of now) unit.changed();
      await this.#settled(toRest(now, course), { wait: null });
    }
  }

  async #signal(
    units: readonly Unit[],
    { signalName: name, to = "main" }: Extract<Action, { action: "signal" }>,
  ): Promise<readonly InstanceOutcome[]> {
    const outcomes: InstanceOutcome[] = [];
    for (const unit of units) {
      const identity = unit.instance.process?.identity ?? null;
      const told = (outcome: InstanceOutcome["outcome"], why: string) =>
        outcomes.push({ name: unit.name, state: unit.instance.state, outcome, why, pid: identity?.pid ?? null });
      if (identity === null) {
        told("refused", `${unit.name} is ${unit.instance.state}: there is no process to signal`);
      } else if (to === "main") {
        const sent = signalProcess(identity, name) === "sent";
        told(sent ? "done" : "refused", sent ? `${name} was sent to process ${identity.pid}` : `process ${identity.pid} has just ended`);
      } else {
        const { found, refused } = await signalTree(treeOf(this.#supervisor.context, unit, "all"), name);
        told(refused.length === 0 ? "done" : "failed", refused[0]?.error.message ?? `${name} was sent to ${found.length} processes`);
      }
    }
    return outcomes;
  }

  #ask(units: readonly Unit[], event: Parameters<Supervisor["context"]["dispatcher"]["dispatch"]>[1]): void {
    for (const unit of units) this.#supervisor.context.dispatcher.dispatch(unit, event);
  }

  /** Only whole services: an instance that is stopped alone is started again with its service. */
  #want(selected: readonly Selected[], wanted: boolean): void {
    for (const { name, whole } of selected) if (whole || wanted) this.#supervisor.context.desired.setWanted(name, wanted);
  }

  #unitsIn(selected: readonly Selected[]): readonly Unit[] {
    const names = selected.flatMap(({ name, instances }) => instances.map((number) => instanceName(name, Number(number))));
    return names.flatMap((name) => this.#supervisor.context.units.get(name) ?? []);
  }

  #unitsOf(services: readonly string[]): readonly Unit[] {
    return services.flatMap((name) => this.#supervisor.unitsOf(name));
  }

  /** Without those that a lower count lets go. */
  #stayingOf(services: readonly string[]): readonly Unit[] {
    return this.#unitsOf(services).filter(({ isToStay }) => isToStay);
  }

  #ordered(units: readonly Unit[]): readonly Unit[] {
    if (units.every(({ spec }) => Object.keys(spec.dependsOn).length === 0)) return units;
    const order = inOrder([...new Set(units.map(({ service }) => service))], (name) => this.#supervisor.specOf(name));
    return order.flatMap((name) => units.filter(({ service }) => service === name));
  }

  #settled(awaited: readonly Awaited[], patience: Patience): Promise<readonly InstanceOutcome[]> {
    return Promise.all(awaited.map(([unit, goal]) => settle(unit, goal, patience, (one) => this.#supervisor.blockedBy(one))));
  }

  async #saved(): Promise<void> {
    faultPoint("before desired state");
    await this.#supervisor.context.desired.saved();
    faultPoint("after desired state");
    faultPoint("before answer");
  }
}
