/** What the services are meant to be, by the commands that were answered: the model that reality is compared with. */
import type { ServiceSpec } from "../../src/service/specTypes.ts";
import type { CrashService, Kind } from "./services.ts";

export interface Expected {
  readonly name: string;
  readonly kind: Kind;
  readonly base: ServiceSpec;
  exists: boolean;
  wanted: boolean;
  instances: number;
  /** Of CRASH_VALUE in the environment. */
  value: number;
  /** A command is under way: nobody else may give it another one. */
  busy: boolean;
}

export class Model {
  readonly services: readonly Expected[];

  constructor(services: readonly CrashService[]) {
    this.services = services.map(({ name, kind, spec }) => {
      return { name, kind, base: spec, exists: true, wanted: true, instances: spec.instances, value: 0, busy: false };
    });
  }

  /** Of those that exist. */
  get specs(): readonly ServiceSpec[] {
    return this.services.filter(({ exists }) => exists).map(specOf);
  }

  /** By the instance's name. */
  get running(): ReadonlyMap<string, Expected> {
    const all = new Map<string, Expected>();
    for (const service of this.services) {
      if (service.exists && service.wanted) for (const name of instancesOf(service)) all.set(name, service);
    }
    return all;
  }
}

export function specOf({ base, instances, value }: Pick<Expected, "base" | "instances" | "value">): ServiceSpec {
  return { ...base, instances, env: { ...base.env, CRASH_VALUE: String(value) } };
}

export function instancesOf({ name, instances }: Pick<Expected, "name" | "instances">): string[] {
  return Array.from({ length: instances }, (_, number) => `${name}/${number}`);
}
