/** Resource limits of a process, read from /proc/PID/limits. */
import { readFileSync } from "node:fs";

/** [soft, hard]; Infinity is unlimited. */
export type Limit = readonly [number, number];

const NAMES: Readonly<Record<string, string>> = {
  "Max cpu time": "cpu",
  "Max file size": "fsize",
  "Max data size": "data",
  "Max stack size": "stack",
  "Max core file size": "core",
  "Max resident set": "rss",
  "Max processes": "nproc",
  "Max open files": "nofile",
  "Max locked memory": "memlock",
  "Max address space": "as",
  "Max file locks": "locks",
  "Max pending signals": "sigpending",
  "Max msgqueue size": "msgqueue",
  "Max nice priority": "nice",
  "Max realtime priority": "rtprio",
  "Max realtime timeout": "rttime",
};

/** Limits by the names that setrlimit(2) gives them, in lower case. */
export function readLimits(pid: number): Record<string, Limit> {
  const limits: Record<string, Limit> = {};
  for (const line of readFileSync(`/proc/${pid}/limits`, "latin1").split("\n")) {
    const match = /^(Max .*?)\s{2,}(\S+)\s+(\S+)/.exec(line);
    const name = NAMES[match?.[1] ?? ""];
    if (match === null || name === undefined) continue;
    limits[name] = [value(match[2]), value(match[3])];
  }
  return limits;
}

function value(text: string | undefined): number {
  return text === "unlimited" ? Number.POSITIVE_INFINITY : Number(text);
}
