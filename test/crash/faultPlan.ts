/**
 * Who is killed when, told to the supervisor under test by a file: whoever takes it away has done it.
 *
 *   arm(directory, { point: "after spawn", occurrence: 3, victims: ["init", "supervisor"] });
 *   const fired = readFired(directory);      // once it happened
 */
import { readFileSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Identity } from "../../src/supervisor/events.ts";
import type { FaultPoint } from "../../src/supervisor/faultPoint.ts";
import { readIdentity } from "../../src/supervisor/tree/identity.ts";

export interface FaultPlan {
  readonly point: FaultPoint;
  /** Counted from 1 by each supervisor. */
  readonly occurrence: number;
  /**
   * In this order. Whoever comes after the process that is at the point, the supervisor or its compressor, is killed by the
   * crash run itself.
   */
  readonly victims: readonly ("supervisor" | "compressor" | "init")[];
}

export interface Fired {
  /** Who was there then. */
  /** Where a compressor came to it, that one. */
  readonly supervisor: Identity;
  readonly init: Identity;
  /** Nanoseconds on the monotonic clock. */
  readonly at: bigint;
}

export function arm(directory: string, plan: FaultPlan): void {
  rmSync(firedFile(directory), { force: true });
  writeWhole(planFile(directory), JSON.stringify(plan));
}

/** False where it has fired already. */
export function disarm(directory: string): boolean {
  return removed(planFile(directory));
}

export function readFired(directory: string): Fired | undefined {
  try {
    const { supervisor, init, at } = JSON.parse(readFileSync(firedFile(directory), "utf8"));
    return { supervisor, init, at: BigInt(at) };
  } catch {
    return undefined;
  }
}

/** In the supervisor and in a compressor, both children of init: what each of its fault points calls. */
export function faultHook(directory: string): (name: string) => void {
  const path = planFile(directory);
  let counted = { ino: 0, count: 0 };
  return (name) => {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return;
    const plan: FaultPlan = JSON.parse(readFileSync(path, "utf8"));
    if (plan.point !== name) return;
    counted = { ino: found.ino, count: counted.ino === found.ino ? counted.count + 1 : 1 };
    if (counted.count < plan.occurrence || !removed(path)) return;
    const [supervisor, init] = [readIdentity(process.pid), readIdentity(process.ppid)];
    writeWhole(firedFile(directory), JSON.stringify({ supervisor, init, at: String(process.hrtime.bigint()) }));
    for (const victim of plan.victims) process.kill(victim === "init" ? process.ppid : process.pid, "SIGKILL");
  };
}

function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

function removed(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch {
    return false;
  }
}

function planFile(directory: string): string {
  return join(directory, "plan.json");
}

function firedFile(directory: string): string {
  return join(directory, "fired.json");
}
