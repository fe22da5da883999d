/** How a process ended that nobody has reaped yet: field 52 of /proc/PID/stat, see proc_pid_stat(5). */
import { readlinkSync } from "node:fs";
import type { Identity } from "../events.ts";
import { readProcFile } from "../tree/readProcess.ts";

/** A wait status; null where it is no zombie any more, or where the kernel doesn't let us know. */
export function zombieStatus({ pid, startTime }: Identity): number | null {
  const bytes = readProcFile(`/proc/${pid}/stat`);
  if (typeof bytes === "string") return null;
  const fields = bytes.toString("latin1", bytes.lastIndexOf(")") + 2).split(" ");
  if (fields[0] !== "Z" || Number(fields[22 - 3]) !== startTime || !mayKnow(pid)) return null;
  return Number(fields[52 - 3]);
}

/** To those who may not, the kernel shows 0; this link asks for the same permission. */
function mayKnow(pid: number): boolean {
  try {
    readlinkSync(`/proc/${pid}/ns/user`);
    return true;
  } catch {
    return false;
  }
}
