/** The services that `daemonitor run` was given: those of a configuration, or one for a command. */
import { resolve } from "node:path";
import { EXIT } from "../launch/errors.ts";
import type { ServiceSpec } from "../service/specTypes.ts";
import type { Arguments } from "./command.ts";
import type { Composed } from "./composition.ts";
import { tellProblems } from "./configurationProblems.ts";
import { printError } from "./output.ts";
import { styleFor } from "./style.ts";

export interface RunServices {
  readonly services: readonly ServiceSpec[];
  readonly monitor: Composed["monitor"];
}

/** Undefined where there are mistakes, or no service: they have been told. */
export async function readRunServices(args: Arguments<"file" | "name" | "restart">): Promise<RunServices | undefined> {
  const { services, monitor, problems, notes, format } = args.operands.length > 0 ? await ofCommand(args) : await ofFile(args.text("file"));
  for (const note of notes) printError(`${note}\n`);
  if (tellProblems(problems, { json: false, quiet: false, format }) !== EXIT.ok) return undefined;
  if (services === undefined) return undefined;
  if (services.length === 0) {
    printError(`${styleFor(2).red("daemonitor:")} run: the configuration has no services: there is nothing to run\n`);
    return undefined;
  }
  return { services, monitor };
}

async function ofFile(file: string | undefined): Promise<Composed> {
  if (file !== undefined) {
    const { composeFile } = await import("./composition.ts");
    return composeFile(resolve(file));
  }
  const { loadConfig, formatProblem } = await import("../service/configuration.ts");
  const { config, problems } = await loadConfig();
  const monitor = config && { disk: config.disk, alerts: config.alerts };
  return { services: config?.services, monitor, problems, notes: [], format: formatProblem };
}

async function ofCommand(args: Arguments<"name" | "restart">): Promise<Composed> {
  const { composeService } = await import("./composition.ts");
  const restart = args.text("restart");
  const flags = {
    ...(args.has("name") ? { name: args.text("name") } : {}),
    // A word that isn't one of those is a mistake that the check tells.
    ...(restart === undefined ? {} : { restart: { when: restart as "always" } }),
  };
  return composeService({ command: args.operands.map(String) }, flags);
}
