/** The limit of open files that this command was started with. */
import { readFileSync } from "node:fs";
import type { DaemonizeOptions } from "../daemon/options.ts";
import { native } from "../native/addon.ts";
import { resourceNumber } from "../values/limits.ts";

/**
 * Node raises its own soft limit of open files to the hard one when it starts, and a program that is handed a million of
 * them may close each, or overrun select(2). What the limit was is not to be had any more, but the parent, a shell most
 * often, still has it: it is taken from there where both have the same hard limit.
 */
export function withCallersLimits(options: DaemonizeOptions): DaemonizeOptions {
  const limits = options.limits ?? {};
  const nofile = Object.hasOwn(limits, "nofile") ? undefined : parentsNofile();
  return nofile === undefined ? options : { ...options, limits: { ...limits, nofile } };
}

function parentsNofile(): readonly [soft: number, hard: number] | undefined {
  const [, ownHard] = native().limit(resourceNumber("nofile"));
  const [, soft, hard] = /^Max open files\s+(\d+)\s+(\d+)/m.exec(readLimits(process.ppid)) ?? [];
  return hard !== undefined && Number(hard) === ownHard && Number(soft) < ownHard ? [Number(soft), ownHard] : undefined;
}

function readLimits(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/limits`, "latin1");
  } catch {
    return "";
  }
}
