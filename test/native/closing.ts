import { closeSync, readdirSync } from "node:fs";
import type { Tracked } from "../support/cleanup.ts";

/** Closes descriptors when the test is over. */
export function closing(tracked: Tracked, ...fds: readonly number[]): void {
  tracked.defer(() => {
    for (const fd of fds) closeSync(fd);
  });
}

/** How many descriptors this process has open. */
export function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}
