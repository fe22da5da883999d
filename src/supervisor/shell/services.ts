/** Services as they are meant to be: added, changed, scaled and deleted, with their instances. */
import type { ServiceSpec } from "../../service/specTypes.ts";
import { unlessInitIsGone } from "./endings.ts";
import type { Supervisor } from "./supervisor.ts";
import { instanceName, type Unit } from "./unit.ts";
import { unlessRefused } from "./unlessRefused.ts";

export class Services {
  readonly #supervisor: Supervisor;
  /** Deleted, but something of them is left. */
  readonly #leaving = new Set<string>();

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
    supervisor.onForgotten((unit) => this.#forgotten(unit));
  }

  get names(): readonly string[] {
    return [...this.#supervisor.context.desired.services.keys()].filter((name) => !this.#leaving.has(name));
  }

  isLeaving(name: string): boolean {
    return this.#leaving.has(name);
  }

  /** A new service. Returns its instances, which are to be started; some may still be on their way out, if it was deleted a moment ago. */
  add(spec: ServiceSpec, by: string): readonly Unit[] {
    const { context, schedules } = this.#supervisor;
    this.#leaving.delete(spec.name);
    context.desired.set(spec, true);
    context.events.append({ type: "service", service: spec.name, what: "added", keys: [], by });
    schedules.follow(spec);
    for (const unit of this.#supervisor.unitsOf(spec.name)) {
      this.#supervisor.follow(unit, spec);
      context.problems.resolve(unit.name, "is of a service that is known again");
    }
    return this.#fill(spec);
  }

  /**
   * A service as it is from now on. Those of its instances that must be started anew for that are being so.
   *
   * @returns the instances that come to it, and those that go
   */
  change(
    spec: ServiceSpec,
    keys: readonly string[],
    restart: boolean,
    by: string,
  ): { readonly added: readonly Unit[]; readonly removed: readonly Unit[] } {
    const { context, schedules } = this.#supervisor;
    const wanted = context.desired.services.get(spec.name)?.wanted ?? true;
    context.desired.set(spec, wanted);
    context.events.append({ type: "service", service: spec.name, what: "changed", keys, by });
    schedules.follow(spec);
    const removed: Unit[] = [];
    for (const unit of this.#supervisor.unitsOf(spec.name)) {
      this.#supervisor.follow(unit, spec);
      if (unit.number >= spec.instances) removed.push(unit);
      else if (restart) context.dispatcher.dispatch(unit, { type: "specChanged", keys });
    }
    for (const unit of removed) context.dispatcher.dispatch(unit, { type: "deleteAsked", by });
    return { added: this.#fill(spec), removed };
  }

  /** Its instances are ended; then it is forgotten. */
  delete(name: string, by: string, force: boolean): readonly Unit[] {
    const { context, schedules } = this.#supervisor;
    const units = this.#supervisor.unitsOf(name);
    this.#leaving.add(name);
    schedules.drop(name);
    // At once: if we die meanwhile, the next supervisor finds instances of no service, and ends them.
    context.desired.delete(name);
    context.events.append({ type: "service", service: name, what: "deleted", keys: [], by });
    if (units.length === 0) this.#gone(name);
    for (const unit of units) {
      if (force) context.dispatcher.dispatch(unit, { type: "stopAsked", by, force });
      context.dispatcher.dispatch(unit, { type: "deleteAsked", by });
    }
    return units;
  }

  #fill(spec: ServiceSpec): readonly Unit[] {
    const { units } = this.#supervisor.context;
    const added: Unit[] = [];
    for (let number = 0; number < spec.instances; number++) {
      const there = units.get(instanceName(spec.name, number));
      // What is being deleted is started instead, once it is gone.
      if (there?.instance.ending?.then === "delete") added.push(there);
      if (there !== undefined) continue;
      const unit = this.#supervisor.addUnit(spec.name, number, spec);
      unlessRefused(() => this.#supervisor.context.journal.put(unit.instance));
      added.push(unit);
    }
    return added;
  }

  #forgotten({ service }: Unit): void {
    if (this.#leaving.has(service) && this.#supervisor.unitsOf(service).length === 0) this.#gone(service);
  }

  #gone(name: string): void {
    const { desired, sockets } = this.#supervisor.context;
    this.#leaving.delete(name);
    desired.delete(name);
    sockets.close(name).catch(unlessInitIsGone);
  }
}
