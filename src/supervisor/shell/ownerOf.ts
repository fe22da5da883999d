/** Whose a process is that has no kin: by the mark in its environment, else by its control group. */
import { readProcFile } from "../../launch/procFile.ts";
import { readMark } from "../tree/mark.ts";
import type { Context } from "./context.ts";

/** The instance's name, "web/0"; undefined for what is none of ours. */
export function ownerOf({ homeId, units, cgroups }: Pick<Context, "homeId" | "units" | "cgroups">, pid: number): string | undefined {
  const mark = readMark(pid);
  if (mark?.home === homeId && units.has(mark.instance)) return mark.instance;
  if ("none" in cgroups) return undefined;
  const path = cgroupOf(pid);
  if (path === undefined || !path.includes(`/daemonitor-${homeId}/`)) return undefined;
  for (const { name, attempts } of units.values()) {
    // The path begins at what is the root for us, which is mounted somewhere.
    for (const { cgroup } of attempts.values()) if (cgroup !== null && isIn(path, cgroup)) return name;
  }
  return undefined;
}

/** In it, or in one that the service has made below. */
function isIn(path: string, cgroup: string): boolean {
  const marker = cgroup.slice(cgroup.lastIndexOf("/daemonitor-"));
  return path.endsWith(marker) || path.includes(`${marker}/`);
}

function cgroupOf(pid: number): string | undefined {
  const bytes = readProcFile(`/proc/${pid}/cgroup`);
  return typeof bytes === "string" ? undefined : /^0::(\/.*)$/m.exec(bytes.toString("utf8"))?.[1];
}
