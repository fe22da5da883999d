/** Says what was written where, or what would be. */
import type { Done } from "./enablePerform.ts";
import type { BootStep } from "./enableSteps.ts";
import { shellWord } from "./outcomes.ts";
import { print, printError, printJson } from "./output.ts";

export function tellDone(step: BootStep, done: Done): void {
  if (done.is === "failed") {
    printError(`could not run ${commandOf(step)}: ${done.why}: ${step.do === "run" ? step.optional : ""}\n`);
    return;
  }
  const line = done.is === "done" ? PAST[step.do](step) : UNCHANGED[step.do](step);
  if (line !== undefined) print(`${line}\n`);
}

/** With the whole content of files: it can be read before it is done, or done by hand. */
export function tellDryRun(steps: readonly BootStep[], json: boolean): void {
  if (json) {
    printJson({ dryRun: true, steps });
    return;
  }
  for (const step of steps) {
    switch (step.do) {
      case "write":
        print(`write ${step.path}:\n${indent(step.content)}`);
        break;
      case "link":
        print(`link ${step.path} to ${step.target}\n`);
        break;
      case "remove":
        print(`remove ${step.path}, if it is there\n`);
        break;
      case "crontab":
        print(
          step.line === null
            ? `take out of your crontab the line that ends in ${step.mark}\n`
            : `put into your crontab:\n${indent(step.line)}`,
        );
        break;
      case "run":
        print(`run ${commandOf(step)}\n`);
    }
  }
}

type Say = (step: BootStep) => string | undefined;

const PAST: Readonly<Record<BootStep["do"], Say>> = {
  write: (step) => `wrote ${pathOf(step)}`,
  link: (step) => `linked ${pathOf(step)}`,
  remove: (step) => `removed ${pathOf(step)}`,
  crontab: (step) =>
    step.do === "crontab" && step.line !== null ? `put into your crontab: ${step.line}` : "took our line out of your crontab",
  run: (step) => `ran ${commandOf(step)}`,
};

const UNCHANGED: Readonly<Record<BootStep["do"], Say>> = {
  write: (step) => `${pathOf(step)} is as it should be`,
  link: (step) => `${pathOf(step)} is as it should be`,
  remove: () => undefined,
  crontab: (step) => (step.do === "crontab" && step.line !== null ? "our line is in your crontab" : undefined),
  run: () => undefined,
};

function pathOf(step: BootStep): string {
  return "path" in step ? step.path : "";
}

function commandOf(step: BootStep): string {
  return step.do === "run" ? step.command.map(shellWord).join(" ") : "";
}

function indent(text: string): string {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => (line === "" ? "\n" : `    ${line}\n`))
    .join("");
}
