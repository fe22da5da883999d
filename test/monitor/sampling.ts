/** A sampler of one instance whose main process a test has started. */
import { statSync } from "node:fs";
import type { InstanceSample } from "../../src/monitor/sample.ts";
import { type InstanceFacts, Sampler } from "../../src/monitor/sampler.ts";
import type { Tracked } from "../support/cleanup.ts";
import { readStat } from "../support/process.ts";

export const NAME = "web/0";

export function factsOf(pid: number, more: Partial<InstanceFacts> = {}): InstanceFacts {
  const roots = [{ pid, startTime: Number(readStat(pid).startTime) }];
  return { name: NAME, service: "web", roots, restarts: 0, cgroups: [], cwd: "/", ...more };
}

export function samplerOf(tracked: Tracked, pid: number, more: Partial<InstanceFacts> = {}) {
  const sampler = new Sampler({ ownerOf: () => undefined, spared: [process.pid], logDirectory: "/", now: () => performance.now() });
  tracked.defer(() => sampler.end());
  const facts = [factsOf(pid, more)];
  const look = (): InstanceSample => {
    const [found] = sampler.look(facts).instances;
    if (found === undefined) throw new Error("the instance is not in the sample");
    return found;
  };
  return { sampler, facts, look };
}

/** Whether files of a directory are on a disk, whose bytes the kernel counts. */
export function isOnDisk(path: string): boolean {
  // Anonymous devices, such as those of tmpfs, have the major number 0.
  return Math.floor(statSync(path).dev / 256) % 4096 !== 0;
}
