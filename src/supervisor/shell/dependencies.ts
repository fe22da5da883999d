/** Who waits for whom. Pure but for the maps that it is given. */
import type { ServiceSpec } from "../../service/specTypes.ts";
import type { State } from "../states.ts";
import type { Unit } from "./unit.ts";

type Until = ServiceSpec["dependsOn"][string];

export interface DependencyStatus {
  readonly service: string;
  readonly until: Until;
  readonly met: boolean;
}

const HAS_PROCESS: ReadonlySet<State> = new Set<State>(["starting", "running", "reloading"]);
const IS_READY: ReadonlySet<State> = new Set<State>(["running", "reloading"]);

/** A service that isn't there, or has no instances, meets nothing. */
export function dependenciesOf(spec: ServiceSpec, unitsOf: (service: string) => readonly Unit[]): readonly DependencyStatus[] {
  return Object.entries(spec.dependsOn).map(([service, until]) => {
    const units = unitsOf(service);
    return { service, until, met: units.length > 0 && units.every((unit) => meets(unit, until)) };
  });
}

function meets({ instance }: Unit, until: Until): boolean {
  switch (until) {
    case "started":
      return HAS_PROCESS.has(instance.state) && instance.process?.identity != null;
    case "ready":
      return IS_READY.has(instance.state);
    case "completed":
      return instance.state === "completed";
  }
}

/** The services, each before those that depend on it; those of a circle in any order. */
export function inOrder(names: readonly string[], specOf: (service: string) => ServiceSpec | undefined): readonly string[] {
  const wanted = new Set(names);
  const done = new Set<string>();
  const order: string[] = [];
  const visit = (name: string) => {
    if (done.has(name)) return;
    done.add(name);
    for (const dependency of Object.keys(specOf(name)?.dependsOn ?? {})) visit(dependency);
    if (wanted.has(name)) order.push(name);
  };
  for (const name of names) visit(name);
  return order;
}

/** All that these depend on, directly or not, themselves left out. */
export function requirementsOf(names: readonly string[], specOf: (service: string) => ServiceSpec | undefined): readonly string[] {
  const found = new Set<string>();
  const visit = (name: string) => {
    for (const dependency of Object.keys(specOf(name)?.dependsOn ?? {})) {
      if (found.has(dependency) || specOf(dependency) === undefined) continue;
      found.add(dependency);
      visit(dependency);
    }
  };
  for (const name of names) visit(name);
  return [...found].filter((name) => !names.includes(name));
}

/** Groups that can be stopped at once, those that nobody else depends on first. */
export function stopStages(names: readonly string[], specOf: (service: string) => ServiceSpec | undefined): readonly (readonly string[])[] {
  const left = new Set(names);
  const stages: string[][] = [];
  while (left.size > 0) {
    const needed = new Set([...left].flatMap((name) => requirementsOf([name], specOf)));
    const stage = [...left].filter((name) => !needed.has(name));
    // A circle: all at once is as good as any.
    const next = stage.length > 0 ? stage : [...left];
    for (const name of next) left.delete(name);
    stages.push(next);
  }
  return stages;
}
