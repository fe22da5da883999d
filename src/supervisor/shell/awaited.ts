/** Whose outcome a command waits for. Pure. */
import { ControlError } from "../control.ts";
import type { Selected } from "../selector.ts";
import type { Course, Goal } from "./outcomes.ts";
import type { Unit } from "./unit.ts";

export type Awaited = readonly [unit: Unit, goal: Goal];

/** Whom it makes sense to start: not those that a lower count of instances ends. @throws ControlError where such a one was named */
export function staying(units: readonly Unit[], selected: readonly Selected[]): readonly Unit[] {
  const leaving = units.find(({ isToStay, service }) => !isToStay && !selected.some(({ name, whole }) => whole && name === service));
  if (leaving === undefined) return units.filter(({ isToStay }) => isToStay);
  const { name, service, spec } = leaving;
  throw new ControlError(
    "ERR_BAD_REQUEST",
    `${name} is being deleted: ${service} has ${spec.instances} instance${spec.instances === 1 ? "" : "s"} now`,
    `use "daemonitor scale ${service} N" to have more of them`,
  );
}

/** The count is what it was: those on their way out since an earlier command are waited for like the others. */
export function asItIs(unit: Unit): readonly Awaited[] {
  if (!unit.isToStay) return [[unit, { to: "be forgotten" }]];
  return unit.instance.wanted ? [[unit, { to: "run" }]] : [];
}

export function toRest(units: readonly Unit[], course: Course): readonly Awaited[] {
  return units.map((unit): Awaited => [unit, { to: "rest", course }]);
}
