/** Prints plans as they would be written down, a step a line. */
import { resourceName } from "../values/limits.ts";
import type { Plan, Step, Text } from "./steps.ts";

/** The plan as text, one numbered step a line, each with what it is for. */
export function describePlan(plan: Plan): string {
  const lines = plan.map((step, index) => [String(index + 1).padStart(String(plan.length).length), call(step), why(plan, index)] as const);
  const width = Math.min(48, Math.max(...lines.map(([, text]) => text.length)));
  return lines.map(([number, text, reason]) => `${number}  ${text.padEnd(width)}  ${reason}`.trimEnd()).join("\n");
}

/** Name of a step as errors give it: the second fork is "fork again". */
export function stepName(plan: Plan, index: number): string {
  const step = plan[index];
  if (step === undefined) return "plan";
  const before = plan.slice(0, index).filter(({ op }) => op === "fork").length;
  return step.op === "fork" && before > 0 ? "fork again" : step.op;
}

/** The path, name or value that a step is about. */
export function stepSubject(step: Step): string | undefined {
  switch (step.op) {
    case "chdir":
    case "chroot":
    case "joinCgroup":
    case "openAt":
    case "writePid":
      return step.path;
    case "exec":
      return shown(step.file);
    case "setLimit":
      return `${resourceName(step.resource)}=${limit(step.soft)}:${limit(step.hard)}`;
    case "nice":
    case "oomScore":
      return String(step.value);
    case "setUid":
    case "setGid":
      return String(step.id);
    case "setGroups":
      return step.gids.join(",");
    case "dup":
      return `descriptor ${step.from}`;
    case "ignoreSignal":
    case "parentDeathSignal":
      return step.signal;
    default:
      return undefined;
  }
}

function call(step: Step): string {
  return `${step.op}(${parameters(step)})`;
}

function parameters(step: Step): string {
  switch (step.op) {
    case "fork":
    case "setsid":
    case "defaultSignals":
    case "noNewPrivileges":
      return "";
    case "setpgid":
      return String(step.group);
    case "ignoreSignal":
    case "parentDeathSignal":
      return quoted(step.signal);
    case "signalMask":
      return list(step.blocked);
    case "chdir":
    case "chroot":
    case "joinCgroup":
      return quoted(step.path);
    case "umask":
      return octal(step.mask);
    case "setLimit":
      return [quoted(resourceName(step.resource)), limit(step.soft), limit(step.hard)].join(", ");
    case "nice":
    case "oomScore":
      return String(step.value);
    case "ioPriority":
    case "scheduler":
      return `${step.policy}, ${step.level}`;
    case "setGroups":
      return list(step.gids);
    case "setGid":
    case "setUid":
      return String(step.id);
    case "dumpable":
      return String(step.on);
    case "closeFdsFrom":
      return `${step.lowest}${step.except.length > 0 ? `, except ${list(step.except)}` : ""}${step.onExec ? ", on exec" : ""}`;
    case "openAt":
      return `${step.fd}, ${quoted(step.path)}, ${quoted(step.open)}${step.truncate ? ", truncate" : ""}`;
    case "dup":
      return `${step.from}, ${step.to}`;
    case "writePid":
      return `${step.fd}, ${quoted(step.path)}`;
    case "pidVariable":
      return quoted(step.name);
    case "exec":
      // Values of the environment are secrets: only their number is shown.
      return `${quoted(shown(step.file))}, ${list(step.argv.map(shown))}, ${step.env.length} variables`;
  }
}

function why(plan: Plan, index: number): string {
  const step = plan[index];
  switch (step?.op) {
    case "fork":
      return stepName(plan, index) === "fork" ? "the launcher goes on" : "no longer a leader: can't acquire a terminal";
    case "setsid":
      return "lead a new session, without a terminal";
    case "ignoreSignal":
      return step.signal !== "SIGHUP"
        ? ""
        : plan.slice(index).some(({ op }) => op === "fork")
          ? "the leader's exit hangs up the group"
          : "no terminal, so a hangup means nothing";
    case "defaultSignals":
      return "no disposition is inherited";
    case "signalMask":
      return "no mask is inherited";
    case "closeFdsFrom":
      return "no descriptor is inherited";
    case "writePid":
      return "complete before the program runs";
    case "exec":
      return "";
    default:
      return "";
  }
}

function shown(text: Text): string {
  return typeof text === "string" ? text : Buffer.from(text).toString();
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

function list(values: readonly (string | number)[]): string {
  return `[${values.map((value) => (typeof value === "string" ? quoted(value) : value)).join(", ")}]`;
}

function octal(mask: number): string {
  return `0o${mask.toString(8).padStart(3, "0")}`;
}

function limit(value: number): string {
  return value < 0 ? "unlimited" : String(value);
}
