/**
 * Where we may make cgroups: the (version 2) cgroup that this process is in, if it can be written. What can't be had
 * comes with the reason, as `doctor` tells it.
 *
 *   const base = findCgroup(home);     // { path: "/sys/fs/cgroup/…/daemonitor-HOME", memory: true, cpu: "… no cpu controller …" }
 *   if ("none" in base) …              // { none: "no cgroup (version 2) file system is mounted" }
 *
 * Under systemd that takes `Delegate=yes` and `DelegateSubgroup=supervisor`: a cgroup that holds processes can't give
 * limits to those below it, so we sit in one of our own beside them.
 */
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { errnoName, isSystemError } from "../../launch/errors.ts";
import { native } from "../../native/addon.ts";
import { unless } from "./cgroup.ts";

/** The leaf that we are in ourselves, by `DelegateSubgroup=`. */
export const OWN_LEAF = "supervisor";
const CONTROLLERS = ["memory", "cpu"] as const;

/** `memory`, `cpu`: true where a limit can be set, else why not. */
export interface CgroupBase {
  /** Directory of this home's cgroups. It need not exist. */
  readonly path: string;
  /** The delegated cgroup that it is in. */
  readonly delegated: string;
  readonly memory: true | string;
  readonly cpu: true | string;
}

export type FoundCgroup = CgroupBase | { readonly none: string };

/** @param home id of the home, see Mark: two of them may be in the same cgroup */
export function findCgroup(home: string): FoundCgroup {
  const own = ownCgroup(readText("/proc/self/cgroup"), readText("/proc/self/mountinfo"));
  if (typeof own !== "string") return own;
  const delegated = own.endsWith(`/${OWN_LEAF}`) ? dirname(own) : own;
  const path = join(delegated, `daemonitor-${home}`);
  const refused = why(() => mkdirSync(path));
  if (refused !== undefined && refused !== "EEXIST") {
    return {
      none: `${delegated} can't be written (${refused}): it is not delegated to us; under systemd, see Delegate= in systemd.resource-control(5)`,
    };
  }
  try {
    const [memory, cpu] = CONTROLLERS.map((controller) => enable(delegated, controller));
    return { path, delegated, memory: memory ?? true, cpu: cpu ?? true };
  } finally {
    if (refused === undefined) unless(["ENOTEMPTY", "EBUSY", "ENOENT"], undefined, () => rmdirSync(path));
  }
}

/** The directory of the cgroup that a process is in, from its /proc files "cgroup" and "mountinfo". */
export function ownCgroup(cgroup: string, mountinfo: string): string | { readonly none: string } {
  const path = /^0::(.*)$/m.exec(cgroup)?.[1];
  const mounts = mountinfo.split("\n").map((line) => line.split(" "));
  const mount = mounts.find((fields) => fields[fields.indexOf("-") + 1] === "cgroup2");
  const [, , , root = "", place = ""] = mount ?? [];
  if (path === undefined || mount === undefined) return { none: "no cgroup (version 2) file system is mounted" };
  const inside = relative(root, path);
  if (inside === ".." || inside.startsWith("../")) return { none: `our cgroup ${path} is outside of what is mounted on ${place}` };
  // proc_pid_mountinfo(5): blanks and the like are octal.
  return join(
    place.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
    inside,
  );
}

/** Hands a controller down to the cgroups below. Returns why not. */
export function enable(cgroup: string, controller: "memory" | "cpu"): string | undefined {
  const words = (file: string) => readText(join(cgroup, file)).split(/\s+/);
  if (words("cgroup.subtree_control").includes(controller)) return undefined;
  if (!words("cgroup.controllers").includes(controller)) {
    return `${cgroup} has no ${controller} controller: it is not delegated, or in use by cgroup version 1`;
  }
  const code = why(() => writeFileSync(join(cgroup, "cgroup.subtree_control"), `+${controller}`));
  if (code === undefined) return undefined;
  if (code === "EBUSY")
    return `${cgroup} has processes in it, so it can't limit those below; under systemd, add DelegateSubgroup=${OWN_LEAF}`;
  return `${cgroup} doesn't hand its ${controller} controller down: ${code}`;
}

function readText(path: string): string {
  return unless(["ENOENT", "EACCES", "ENODEV"], "", () => readFileSync(path, "utf8"));
}

/** The failure of a system call in words, "EEXIST" as it is. */
function why(act: () => void): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const code = errnoName(Math.abs(error.errno));
    return code === "EEXIST" || code === "EBUSY" ? code : `${native().strerror(Math.abs(error.errno))} (${code})`;
  }
}
