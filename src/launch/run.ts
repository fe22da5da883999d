/** Runs plans and turns a step that failed into a DaemonError. */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { native, type PlanOutcome } from "../native/addon.ts";
import { stepName, stepSubject } from "./describe.ts";
import { encode } from "./encode.ts";
import { DaemonError, errnoName } from "./errors.ts";
import type { Plan, Step } from "./steps.ts";

export interface Launched {
  /** Of the process that executed. */
  readonly pid: number;
  /** A pidfd of it, close-on-exec, for the caller to close. */
  readonly pidfd: number;
  /** Nanoseconds that this thread was held up. */
  readonly blocked: bigint;
}

/**
 * Runs a plan that starts with a fork: returns when the program has been executed.
 * Throws the DaemonError of the first step that failed; then nothing is left behind.
 *
 * @example
 * const { pid } = launch(plan(fork(), setsid(), exec("/bin/true", ["true"], [])));
 */
export function launch(plan: Plan): Launched {
  const outcome = run(plan);
  return { pid: outcome.pid, pidfd: outcome.pidfd, blocked: outcome.blocked };
}

/**
 * Runs a plan without fork in this very process. If it ends in exec, it returns only by throwing.
 *
 * @example
 * apply(plan(ignoreSignal("SIGHUP"), dumpable(false)));
 */
export function apply(plan: Plan): void {
  if (plan.length > 0) run(plan);
}

function run(plan: Plan): PlanOutcome {
  const outcome = native().runPlan(encode(plan));
  const step = outcome.step < 0 ? undefined : plan[outcome.step];
  if (step !== undefined) throw stepError(plan, outcome.step, step, outcome.errno);
  return outcome;
}

function stepError(plan: Plan, index: number, step: Step, errno: number): DaemonError {
  const name = stepName(plan, index);
  return DaemonError.fromErrno(name, errno, stepSubject(step), hint(plan, step, errnoName(errno)));
}

function hint(plan: Plan, step: Step, code: string): string | undefined {
  switch (step.op) {
    case "exec":
      return execHint(plan, step, code);
    case "chdir":
      return code === "ENOENT" ? "create the directory or name another one" : undefined;
    case "openAt":
      if (code === "ENODEV") return "it is not the null device (character device 1:3): mend it with mknod";
      if (code === "ENXIO") return "nobody reads from this FIFO: start its reader first";
      return undefined;
    case "setUid":
      return code === "ENOTRECOVERABLE" ? "capabilities survived that would let the program become root again: drop them" : needsRoot(code);
    case "setGid":
    case "setGroups":
    case "chroot":
      return needsRoot(code);
    case "nice":
    case "setLimit":
      return code === "EPERM" || code === "EACCES" ? "only root may go past the hard limit" : undefined;
    case "dup":
      return code === "EBADF" ? "it is not open" : undefined;
    default:
      return undefined;
  }
}

function needsRoot(code: string): string | undefined {
  return code === "EPERM" ? "run as root, or leave it out" : undefined;
}

/** ENOENT for a script that is there means its interpreter is not. */
function execHint(plan: Plan, step: Step & { op: "exec" }, code: string): string | undefined {
  const root = plan.find(({ op }) => op === "chroot");
  const prefix = root?.op === "chroot" ? root.path : "";
  const file = `${prefix}${typeof step.file === "string" ? step.file : Buffer.from(step.file).toString()}`;
  if (code === "ENOENT" || code === "EACCES") {
    const interpreter = interpreterOf(file);
    if (interpreter !== undefined && statOf(`${prefix}${interpreter}`) === undefined) return `its interpreter ${interpreter} is missing`;
    if (code === "ENOENT" && statOf(file) !== undefined) return "the file is there, but the program that must load it is missing";
    if (code === "ENOENT") return "check the name, or give the whole path";
  }
  if (code === "EACCES") return statOf(file)?.isDirectory() === true ? "it is a directory" : "make it executable with chmod +x";
  return undefined;
}

function interpreterOf(file: string): string | undefined {
  const head = firstBytes(file);
  return /^#![ \t]*([^\s]+)/.exec(head)?.[1];
}

function firstBytes(file: string): string {
  const buffer = Buffer.alloc(256);
  try {
    if (statOf(file)?.isFile() !== true) return "";
    const fd = openSync(file, "r");
    try {
      return buffer.toString("latin1", 0, readSync(fd, buffer));
    } finally {
      closeSync(fd);
    }
  } catch {
    return "";
  }
}

function statOf(path: string) {
  return statSync(path, { throwIfNoEntry: false, bigint: false });
}
