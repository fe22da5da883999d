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
  return DaemonError.fromErrno(name, errno, stepSubject(step), step.op === "exec" ? execHint(plan, step, errnoName(errno)) : undefined);
}

/** ENOENT for a script that is there means its interpreter is not. */
function execHint(plan: Plan, step: Step & { op: "exec" }, code: string): string | undefined {
  if (code !== "ENOENT" && code !== "EACCES") return undefined;
  const root = plan.find(({ op }) => op === "chroot");
  const prefix = root?.op === "chroot" ? root.path : "";
  const file = `${prefix}${typeof step.file === "string" ? step.file : Buffer.from(step.file).toString()}`;
  const interpreter = interpreterOf(file);
  if (interpreter !== undefined && statOf(`${prefix}${interpreter}`) === undefined) return `its interpreter ${interpreter} is missing`;
  if (code === "ENOENT" && statOf(file) !== undefined) return "the file is there, but the program that must load it is missing";
  return code === "EACCES" && statOf(file)?.isDirectory() === true ? "it is a directory" : undefined;
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
