/** `daemonitor check`: every mistake in a configuration, before anything is started by it. */

import { EXIT } from "../launch/errors.ts";
import type { Problem } from "../service/configuration.ts";
import { type Arguments, type Command, type Flag, JSON_FLAG } from "./command.ts";
import { exclude } from "./flagValues.ts";
import { print, printError, printJson } from "./output.ts";
import { styleFor } from "./style.ts";

const FLAGS = {
  file: { short: "f", value: "FILE", describe: "the configuration, instead of the daemonitor.config.* in the current directory" },
  quiet: { short: "q", describe: "print mistakes only; no warnings, no summary" },
  json: JSON_FLAG,
} as const satisfies Record<string, Flag>;

export const checkCommand: Command<keyof typeof FLAGS> = {
  name: "check",
  summary: "tell every mistake in a configuration",
  usage: "[options]",
  flags: FLAGS,
  operands: 0,
  notes: [
    "Reads daemonitor.config.ts, .js, .json, .yaml or .yml and starts nothing. A mistake is told with its file, line and key, and the key that is probably meant; a program or directory that isn't there at the moment is a warning.",
    "Exit codes: 0 no mistakes (there may be warnings), 78 mistakes.",
  ],
  examples: [
    { does: "the configuration in this directory", command: "daemonitor check" },
    { does: "for an editor or a build", command: "daemonitor check --json --file deploy/daemonitor.config.yaml" },
  ],
  run,
};

async function run(args: Arguments<keyof typeof FLAGS>): Promise<number> {
  exclude(args, "quiet", "json");
  const { loadConfig, formatProblem } = await import("../service/configuration.ts");
  const { config, problems, file } = await loadConfig({ file: args.text("file") });
  const services = config?.services.map(({ name }) => name) ?? [];
  const code = config === undefined ? EXIT.configuration : EXIT.ok;
  if (args.has("json")) {
    printJson({ valid: config !== undefined, file: file ?? null, services, problems });
    return code;
  }
  for (const problem of problems) {
    if (problem.severity === "error") printError(`${styleFor(2).red("error")} ${formatProblem(problem)}\n`);
    else if (!args.has("quiet")) printError(`warning ${formatProblem(problem)}\n`);
  }
  if (!args.has("quiet")) summarize(file, services, problems, config !== undefined);
  return code;
}

function summarize(file: string | undefined, services: readonly string[], problems: readonly Problem[], valid: boolean): void {
  const mistakes = problems.filter(({ severity }) => severity === "error").length;
  if (valid) print(`${file}: ${counted(services.length, "service")}, no mistakes\n`);
  else printError(`${counted(mistakes, "mistake")}\n`);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
