/** The recipe, as a launch plan: everything that happens between the caller and the daemon's first instruction. */
import { type AskedResources, resourceSteps } from "../launch/resources.ts";
import {
  chdir,
  chroot,
  closeFdsFrom,
  defaultSignals,
  dup,
  fork,
  ignoreSignal,
  type Plan,
  pidVariable,
  plan,
  type Step,
  setsid,
  signalMask,
  umask,
  writePid,
} from "../launch/steps.ts";
import type { CheckedSharedOptions } from "./options.ts";

export interface PlanParts {
  readonly detach: boolean;
  /** Steps for descriptors 0 to 2, and the caller's descriptors that they need. */
  readonly streams: { readonly steps: readonly Step[]; readonly sources: readonly number[] };
  /** Descriptors above 2 that the program keeps, under their own numbers. */
  readonly keep: readonly number[];
  /** Copies to make at the end: [from, to]. */
  readonly hand?: readonly (readonly [from: number, to: number])[];
  readonly pidFile?: { readonly fd: number; readonly path: string } | undefined;
  /** Root, directory and user; createDaemon changes those in the daemon itself, where Node has read its modules. */
  readonly place: readonly Step[];
  readonly pidVariables?: readonly string[];
  readonly exec: Step;
}

type Asked = Pick<CheckedSharedOptions, "umask" | "hangup"> & AskedResources;

/**
 * The order is the recipe's; what needs privileges comes before they are given up, files are opened before the root
 * changes, and limits come last but for the user, so that none of them stands in the way of a step.
 */
export function composePlan(options: Asked, parts: PlanParts): Plan {
  const { detach, streams, keep, hand = [], pidFile, place, pidVariables = [] } = parts;
  const handed = hand.map(([from]) => from);
  const kept = [...keep, ...(pidFile === undefined ? [] : [pidFile.fd])];
  return plan(
    detach && [fork(), setsid(), ignoreSignal("SIGHUP"), fork()],
    defaultSignals(),
    options.hangup === "ignore" && ignoreSignal("SIGHUP"),
    signalMask([]),
    umask(options.umask),
    // Without a fork this very process would lose them, and could not even say that exec failed.
    closeFdsFrom(detach ? 0 : 3, { except: [...streams.sources, ...kept, ...handed], onExec: !detach }),
    streams.steps,
    hand.map(([from, to]) => dup(from, to)),
    kept.map((fd) => dup(fd, fd)),
    pidFile !== undefined && writePid(pidFile.fd, pidFile.path),
    resourceSteps(options),
    place,
    pidVariables.map(pidVariable),
    parts.exec,
  );
}

/** Root, then directory: the other way round the old root would stay reachable. */
export function placeSteps({ chroot: root, cwd }: Pick<CheckedSharedOptions, "chroot" | "cwd">): Plan {
  return plan(root !== undefined && chroot(root), chdir(cwd));
}
