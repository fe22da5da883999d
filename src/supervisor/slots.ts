/** The processes in an instance's books. */
import type { ExitRecord, Identity } from "./events.ts";
import { isSuccess } from "./exit.ts";
import type { Instance, LastExit, ProcessSlot } from "./instance.ts";
import type { MachineSpec } from "./machineSpec.ts";

export function newSlot(attempt: number): ProcessSlot {
  return { attempt, identity: null, readyAt: null, launcher: null, adopted: false };
}

/** Its spawn was asked for and nobody has said yet what became of it. */
export function isUnanswered(slot: ProcessSlot): boolean {
  return slot.identity === null && slot.launcher === null;
}

export function slotsOf({ process, other }: Pick<Instance, "process" | "other">): ProcessSlot[] {
  return [process, other].filter((slot) => slot !== null);
}

/** A forking service's launcher has done its work, and its daemon lives: whoever that is. */
export function leavesDaemon(
  { type }: Pick<MachineSpec, "type">,
  slot: ProcessSlot,
  exit: ExitRecord & { readonly remains: boolean },
): boolean {
  return type === "forking" && slot.launcher === null && exit.remains && isSuccess(exit.status);
}

/** Only then can its end be told from that of its launcher. */
export function isMainKnown({ type }: Pick<MachineSpec, "type">, { identity, launcher }: ProcessSlot): boolean {
  return identity !== null && (type !== "forking" || launcher !== null);
}

/** Its daemon is looked for. */
export function isWithoutMain({ identity, launcher }: ProcessSlot): boolean {
  return identity === null && launcher !== null;
}

/** The same process with another main one. */
export function withMain<Slot extends ProcessSlot>(slot: Slot, identity: Identity): Slot {
  const before = slot.launcher ?? slot.identity?.pid ?? 0;
  return { ...slot, identity, launcher: before === identity.pid ? 0 : before };
}

/** Which of them ended. Null for a process that is none of the instance's main ones: a forking service's launcher, or one long gone. */
export function whoseExit(instance: Pick<Instance, "process" | "other">, exit: ExitRecord): "process" | "other" | null {
  const is = (slot: ProcessSlot | null) =>
    slot?.attempt === exit.attempt && exit.pid !== slot.launcher && (slot.identity === null || slot.identity.pid === exit.pid);
  if (is(instance.process)) return "process";
  return is(instance.other) ? "other" : null;
}

export function lastExitOf({ attempt, pid, status, usage }: ExitRecord, wall: number): LastExit {
  return { attempt, pid: pid === 0 ? null : pid, status, wall, usage: usage ?? null };
}

export function describeIdentity({ pid }: Identity): string {
  return `pid ${pid}`;
}
