/**
 * The cgroups of services: BASE/SERVICE/N, and below it one for each attempt, since two run side by side in a rolling
 * reload. Limits are those of the instance.
 *
 *   const cgroup = createCgroup(base, "web/0", 3, { memory: 2 ** 29, cpu: 1.5 });
 *   plan(…, joinCgroup(cgroup.path), …)                    // cgroup.unlimited: what could not be set, and why
 *   findTree({ mark, cgroup: cgroup.path });               // the attempt; the whole instance: cgroupOf(base, "web/0")
 *   releaseCgroup(base, "web/0", 3)                        // when it is gone
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { explain, removeCgroup, removeEmpty, unless } from "./cgroup.ts";
import { type CgroupBase, enable } from "./findCgroup.ts";

export interface Resources {
  /** Bytes. */
  readonly memory: number | null;
  /** Processors. */
  readonly cpu: number | null;
}

export interface ServiceCgroup {
  readonly path: string;
  /** Limits that were asked for and can't be had here, each with its reason. */
  readonly unlimited: readonly string[];
}

/** Microseconds, the kernel's default; and the least that it takes of them. */
const PERIOD = 100_000;
const LEAST_QUOTA = 1000;

/** Directory of an instance's cgroup, or of one attempt's. */
export function cgroupOf(base: CgroupBase, instance: string, attempt?: number): string {
  const path = join(base.path, ...instance.split("/").map(nameOf));
  return attempt === undefined ? path : join(path, String(attempt));
}

/**
 * Makes an attempt's cgroup and sets the limits of its instance.
 *
 * @throws DaemonError EACCES, ENOSPC (cgroup.max.descendants)
 */
export function createCgroup(base: CgroupBase, instance: string, number: number, { memory, cpu }: Resources): ServiceCgroup {
  const path = cgroupOf(base, instance, number);
  const whole = dirname(path);
  explain("cgroup", path, () => mkdirSync(path, { recursive: true }));
  const limit = (controller: "memory" | "cpu", wanted: number | null, text: (value: number) => string) => {
    const reason = base[controller] === true ? handDown(base, whole, controller) : base[controller];
    const file = join(whole, `${controller}.max`);
    if (reason === undefined) {
      const value = wanted === null ? "max" : text(wanted);
      // Without a limit there may be no controller either.
      explain("cgroup", file, () =>
        wanted === null ? unless(["ENOENT", "EACCES"], undefined, () => writeFileSync(file, value)) : writeFileSync(file, value),
      );
      return [];
    }
    return wanted === null ? [] : [`${instance} runs without its ${controller} limit: ${reason}`];
  };
  const quota = (processors: number) => `${Math.max(LEAST_QUOTA, Math.round(processors * PERIOD))} ${PERIOD}`;
  return { path, unlimited: [...limit("memory", memory, String), ...limit("cpu", cpu, quota)] };
}

/** Removes an attempt's cgroup, and its parents as far as nothing else is in them. False while a process is in it. */
export function releaseCgroup(base: CgroupBase, instance: string, number: number): boolean {
  const path = cgroupOf(base, instance, number);
  if (!removeCgroup(path)) return false;
  for (let parent = dirname(path); parent !== base.delegated; parent = dirname(parent)) if (!removeEmpty(parent)) break;
  return true;
}

/** From the delegated cgroup down to the instance's parent, so that the instance has the controller's files. */
function handDown(base: CgroupBase, whole: string, controller: "memory" | "cpu"): string | undefined {
  const above: string[] = [];
  for (let path = dirname(whole); path !== dirname(base.delegated); path = dirname(path)) above.unshift(path);
  for (const path of above) {
    const reason = enable(path, controller);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** Names of the kernel's own files have a dot in them, and never begin with "_". */
function nameOf(name: string): string {
  return name.includes(".") || name.startsWith("_") ? `_${name}` : name;
}
