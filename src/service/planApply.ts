/** What `apply` would do. */
import { difference } from "./difference.ts";
import type { Change, Table } from "./kind.ts";
import { SERVICE_KEYS } from "./serviceTable.ts";
import type { ServiceSpec } from "./specTypes.ts";

export interface ChangedService {
  readonly name: string;
  /** As {@link difference} names them. */
  readonly keys: readonly string[];
  /** Whether its processes have to be started again; otherwise a supervisor that knows is enough. */
  readonly restart: boolean;
}

export interface ApplyPlan {
  readonly added: readonly string[];
  readonly changed: readonly ChangedService[];
  /** In the current state, but not in the wanted one. */
  readonly removed: readonly string[];
  readonly unchanged: readonly string[];
}

/**
 * Compares what is with what is wanted. Pure.
 *
 * @example
 * planApply(running, config.services).changed; // [{ name: "web", keys: ["env.PORT"], restart: true }]
 */
export function planApply(current: readonly ServiceSpec[], wanted: readonly ServiceSpec[]): ApplyPlan {
  const before = new Map(current.map((spec) => [spec.name, spec]));
  const after = new Set(wanted.map(({ name }) => name));
  const added: string[] = [];
  const changed: ChangedService[] = [];
  const unchanged: string[] = [];
  for (const spec of wanted) {
    const old = before.get(spec.name);
    const keys = old === undefined ? undefined : difference(old, spec);
    if (keys === undefined) added.push(spec.name);
    else if (keys.length === 0) unchanged.push(spec.name);
    else changed.push({ name: spec.name, keys, restart: keys.some(needsRestart) });
  }
  return { added, changed, removed: current.map(({ name }) => name).filter((name) => !after.has(name)), unchanged };
}

/** Whether a change of this key, named as {@link difference} does, reaches only processes that are started after it. */
export function needsRestart(key: string): boolean {
  let table: Table | undefined = SERVICE_KEYS;
  let change: Change = "restart";
  for (const name of key.split(".")) {
    const row: Table[string] | undefined = table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
    if (row === undefined) break;
    change = row.change ?? change;
    table = row.kind.keys;
  }
  return change === "restart";
}
