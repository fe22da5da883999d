/**
 * The processor time of an instance between two looks, from its processes that come and go.
 *
 * A process has its own time, and that of the children that it has waited for, which the kernel adds when it does. So where
 * a child is gone that was counted while it lived, what its parent got of it is taken off again: what is left is what the
 * child used since it was seen last, and all that those used that came and went between two looks.
 */
import type { ProcessTable, Seen } from "./processTable.ts";

type Table = Pick<ProcessTable, "all" | "gone" | "get">;

interface Counted {
  ticks: number;
  childTicks: number;
}

/** Clock ticks by which the start of a process may seem to be before a look that it came after. */
const TOLERANCE = 1;

export class InstanceMeter {
  readonly #counted = new Map<Seen, Counted>();
  /** Clock ticks after boot, of the look before; -1 before the first. */
  #before = -1;
  #heirs: ReadonlyMap<Seen, Seen> = new Map();

  /**
   * Clock ticks that each instance used since the look before; those without a figure yet are not in it.
   *
   * @param nowTicks of the look, after boot
   */
  take(table: Table, nowTicks: number): ReadonlyMap<string, number> {
    const heirs = this.#bury(table);
    const inherited = new Map<Seen, number>();
    for (const [, heir, left] of heirs) inherited.set(heir, (inherited.get(heir) ?? 0) + left);
    const used = new Map<string, number>();
    const waited = new Set<Seen>();
    const before = this.#before;
    for (const process of table.all) {
      const { owner, ticks, childTicks, startTime } = process;
      const counted = this.#counted.get(process);
      if (counted === undefined) {
        this.#counted.set(process, { ticks, childTicks });
        // One that began since has all its time within. An older one, seen for the first time, has no figure yet.
        if (before >= 0 && startTime + TOLERANCE >= before) add(used, owner, ticks + childTicks);
        continue;
      }
      // Counters never go back, but for a process that exec made of another thread, and in kernels with mistakes.
      const own = Math.max(0, ticks - counted.ticks);
      const children = Math.max(0, childTicks - counted.childTicks);
      if (children > 0) waited.add(process);
      add(used, owner, own + Math.max(0, children - (inherited.get(process) ?? 0)));
      counted.ticks = ticks;
      counted.childTicks = childTicks;
    }
    this.#before = nowTicks;
    // Who ignores SIGCHLD gets nothing of its children.
    this.#heirs = new Map(heirs.filter(([, heir, left]) => left === 0 || waited.has(heir)).map(([process, heir]) => [process, heir]));
    return used;
  }

  /** Who got what a process did that was gone at the last look; undefined where nobody did. */
  heirOf(process: Seen): Seen | undefined {
    return this.#heirs.get(process);
  }

  /** Those that are gone, who may have got what they did, and the ticks of it that were counted already. */
  #bury(table: Table): (readonly [process: Seen, heir: Seen, counted: number])[] {
    const gone = new Map(table.gone.map((process) => [process.pid, process]));
    const heirs = table.gone.flatMap((process) => {
      const counted = this.#counted.get(process);
      const heir = heirOf(process, gone, table);
      return counted === undefined || heir === undefined ? [] : [[process, heir, counted.ticks + counted.childTicks] as const];
    });
    for (const process of table.gone) this.#counted.delete(process);
    return heirs;
  }
}

/** The parent that lives and is of the same instance, past those that went together with it. */
function heirOf(process: Seen, gone: ReadonlyMap<number, Seen>, table: Table): Seen | undefined {
  let { parent } = process;
  for (let steps = 0; steps < gone.size + 1; steps++) {
    const next = gone.get(parent);
    if (next === undefined || next === process) break;
    parent = next.parent;
  }
  const heir = table.get(parent);
  return heir?.owner === process.owner ? heir : undefined;
}

function add(sums: Map<string, number>, key: string, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value);
}
