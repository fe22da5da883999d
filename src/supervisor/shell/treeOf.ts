/** What belongs to an attempt, or to an instance with all of its attempts, by all that this supervisor knows of it. */
import { slotsOf } from "../slots.ts";
import type { Tree } from "../tree/findTree.ts";
import type { Context } from "./context.ts";
import type { Unit } from "./unit.ts";

/** Of an instance without what is begun after this call: who looks again and again must not take that along. */
export function treeOf({ homeId }: Pick<Context, "homeId">, unit: Unit, tree: number | "all"): Tree {
  const isMeant = ({ number }: { readonly number: number }) => tree === "all" || number === tree;
  const attempts = [...unit.attempts.values()].filter(isMeant);
  const slots = slotsOf(unit.instance).filter(({ attempt }) => isMeant({ number: attempt }));
  const latest = Math.max(unit.instance.attempt, ...unit.attempts.keys());
  return {
    mark: { home: homeId, instance: unit.name, ...(tree === "all" ? { latest } : { attempt: tree }) },
    roots: [
      ...attempts.flatMap(({ identity, left }) => (identity === undefined ? left : [identity, ...left])),
      ...slots.flatMap(({ identity }) => identity ?? []),
    ],
    sessions: attempts.flatMap(({ sessions }) => [...sessions]),
    cgroups: attempts.flatMap(({ cgroup }) => cgroup ?? []),
  };
}
