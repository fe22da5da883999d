/** The limit of open files that this command was started with. */
import type { DaemonizeOptions } from "../daemon/options.ts";
import { isSystemError } from "../launch/errors.ts";
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
  const resource = resourceNumber("nofile");
  const [, ownHard] = native().limit(resource, 0);
  const [soft, hard] = limitOf(resource, process.ppid) ?? [];
  return soft !== undefined && hard === ownHard && soft < ownHard ? [soft, ownHard] : undefined;
}

/** Undefined where the parent is gone, or another user's. */
function limitOf(resource: number, pid: number): readonly [soft: number, hard: number] | undefined {
  try {
    return native().limit(resource, pid);
  } catch (error) {
    if (isSystemError(error)) return undefined;
    throw error;
  }
}
