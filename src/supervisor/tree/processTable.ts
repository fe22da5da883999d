/** All processes in one pass over /proc. */
import { readdirSync } from "node:fs";
import { isOver, type ProcessStat, readProcessStat } from "../../launch/processStat.ts";
import { readProcFile } from "../../launch/procFile.ts";
import { type Mark, readMark } from "./mark.ts";

export interface MarkedProcess extends ProcessStat {
  readonly mark: Mark | undefined;
}

/** How often it looks for what was started meanwhile, and the most numbers that it tries at a time. */
const MOST_LOOKS = 50;
const MOST_NUMBERS = 2000;

/**
 * Every process that is not over. They are read one after the other, and then those that were forked meanwhile, so that
 * nobody escapes who forks and ends while others are looked at.
 */
export function readProcesses(): Map<number, MarkedProcess> {
  const table = new Map<number, MarkedProcess>();
  let latest = latestPid();
  readListed(table);
  for (let look = 0; look < MOST_LOOKS; look += 1) {
    const now = latestPid();
    if (now === latest) break;
    // Numbers began anew, or these are too many to try each.
    if (now < latest || now - latest > MOST_NUMBERS) readListed(table);
    else for (let pid = latest + 1; pid <= now; pid += 1) if (isProcess(pid)) readInto(table, pid);
    latest = now;
  }
  return table;
}

function readListed(table: Map<number, MarkedProcess>): void {
  for (const entry of readdirSync("/proc")) {
    const first = entry.charCodeAt(0);
    if (first >= 0x30 && first <= 0x39) readInto(table, Number(entry));
  }
}

function readInto(table: Map<number, MarkedProcess>, pid: number): void {
  const found = readProcessStat(pid);
  if (found !== undefined && !isOver(found)) table.set(pid, { ...found, mark: found.kernel ? undefined : readMark(pid) });
}

/** The number that was given out last in this pid namespace, see proc_loadavg(5). */
function latestPid(): number {
  const bytes = readProcFile("/proc/loadavg");
  return typeof bytes === "string" ? 0 : Number(bytes.toString("latin1").trim().split(" ")[4]);
}

/** Threads have numbers as well, and a /proc/TID that no listing shows. */
function isProcess(pid: number): boolean {
  const bytes = readProcFile(`/proc/${pid}/status`);
  return typeof bytes !== "string" && bytes.includes(`\nTgid:\t${pid}\n`);
}
