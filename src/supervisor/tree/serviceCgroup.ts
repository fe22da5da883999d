/**
 * The cgroups of services: one for each attempt, since two run side by side in a rolling reload. Where nothing is limited
 * it is only there to tell what belongs to the attempt, BASE/tracked/web:0:3. Limits are those of the instance, so that
 * both attempts share them: BASE/limited/web:0/3. The two kinds are kept apart since whoever has a limit beside it is
 * given the controller as well, which costs memory and time.
 *
 *   const cgroup = createCgroup(base, "web/0", 3, { memory: 2 ** 29, cpu: 1.5 });
 *   plan(…, joinCgroup(cgroup.path), …)                    // cgroup.unlimited: what could not be set, and why
 *   findTree({ mark, cgroups: [cgroup.path] });
 *   findServiceCgroup(base, "web/0", 3);                   // of an attempt that another supervisor has started
 *   releaseCgroup(base, cgroup.path)                       // when it is gone
 *
 * None is used twice: to make one takes 30 µs and to remove it as long, and what an earlier attempt left in it would be
 * taken for the next one's.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
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

/**
 * Makes an attempt's cgroup and sets the limits of its instance.
 *
 * @throws DaemonError EACCES, ENOSPC (cgroup.max.descendants)
 */
export function createCgroup(base: CgroupBase, instance: string, number: number, { memory, cpu }: Resources): ServiceCgroup {
  const isLimited = memory !== null || cpu !== null;
  const path = isLimited ? limitedPath(base, instance, number) : trackedPath(base, instance, number);
  explain("cgroup", path, () => mkdirSync(path, { recursive: true }));
  if (!isLimited) return { path, unlimited: [] };
  const quota = (processors: number) => `${Math.max(LEAST_QUOTA, Math.round(processors * PERIOD))} ${PERIOD}`;
  const whole = dirname(path);
  const reasons = [
    { controller: "memory", reason: limit(base, whole, "memory", memory === null ? null : String(memory)) },
    { controller: "cpu", reason: limit(base, whole, "cpu", cpu === null ? null : quota(cpu)) },
  ];
  return {
    path,
    unlimited: reasons.flatMap(({ controller, reason }) =>
      reason === undefined ? [] : [`${instance} runs without its ${controller} limit: ${reason}`],
    ),
  };
}

/** The directory of an attempt's cgroup; null where it has none. */
export function findServiceCgroup(base: CgroupBase, instance: string, number: number): string | null {
  return [trackedPath(base, instance, number), limitedPath(base, instance, number)].find((path) => existsSync(path)) ?? null;
}

/** Removes an attempt's cgroup, and its parents as far as nothing else is in them. False while a process is in it. */
export function releaseCgroup(base: CgroupBase, path: string): boolean {
  if (!removeCgroup(path)) return false;
  for (let parent = dirname(path); parent !== base.delegated; parent = dirname(parent)) if (!removeEmpty(parent)) break;
  return true;
}

/** Names of the kernel's own files have no ":" in them, and no number after it. */
function trackedPath(base: CgroupBase, instance: string, number: number): string {
  return join(base.path, "tracked", `${instance.replace("/", ":")}:${number}`);
}

function limitedPath(base: CgroupBase, instance: string, number: number): string {
  return join(base.path, "limited", instance.replace("/", ":"), String(number));
}

/** Returns why it can't be had, if it is wanted. Null takes away the limit that the instance had before. */
function limit(base: CgroupBase, whole: string, controller: "memory" | "cpu", value: string | null): string | undefined {
  const file = join(whole, `${controller}.max`);
  if (value === null) {
    // Without a limit there may be no controller either.
    if (existsSync(file)) explain("cgroup", file, () => unless(["EACCES"], undefined, () => writeFileSync(file, "max")));
    return undefined;
  }
  const reason = base[controller] === true ? handDown(base, whole, controller) : base[controller];
  if (reason === undefined) explain("cgroup", file, () => writeFileSync(file, value));
  return reason;
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
