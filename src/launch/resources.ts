/** Priorities and limits of a program, as steps of its plan. */
import { native } from "../native/addon.ts";
import { resourceNumber } from "../values/limits.ts";
import { ioPriority, nice, oomScore, type Plan, plan, type Step, setLimit } from "./steps.ts";

/** What isn't given stays as it is. */
export interface AskedResources {
  /** Resources by number, -1 is unlimited: values/limits.ts. */
  readonly limits: readonly (readonly [resource: number, soft: number, hard: number])[];
  /** False: never dump core. True: as much as the hard limit of this process allows. */
  readonly coreDump?: boolean | undefined;
  readonly nice?: number | undefined;
  /** Class and level of ioprio_set(2). */
  readonly ioPriority?: readonly [ioClass: number, level: number] | undefined;
  readonly oomScore?: number | undefined;
}

/** Limits come last: a low one must not stand in the way of what needs a descriptor. */
export function resourceSteps({ limits, coreDump, nice: niceness, ioPriority: io, oomScore: score }: AskedResources): Plan {
  return plan(
    niceness !== undefined && nice(niceness),
    io !== undefined && ioPriority(...io),
    score !== undefined && oomScore(score),
    coreDump !== undefined && coreLimit(coreDump),
    limits.map(([resource, soft, hard]) => setLimit(resource, soft, hard)),
  );
}

function coreLimit(wanted: boolean): Step {
  const [, hard] = native().limit(resourceNumber("core"), 0);
  return wanted ? setLimit(resourceNumber("core"), hard, hard) : setLimit(resourceNumber("core"), 0, 0);
}
