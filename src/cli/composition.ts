/** Specifications from what `daemonitor start` was given. It needs the whole of configurations, so it is loaded late. */
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { checkConfig } from "../service/checkConfig.ts";
import { loadConfig } from "../service/configFile.ts";
import { importConfig } from "../service/configModule.ts";
import { fromCommandLine, type StartFlags, type StartTarget } from "../service/fromCommandLine.ts";
import { importPm2 } from "../service/importPm2.ts";
import { readJson } from "../service/json.ts";
import { formatPath, formatProblem, type Problem } from "../service/problem.ts";
import type { ServiceSpec, Specification } from "../service/specTypes.ts";
import { isPlainObject } from "../service/structures.ts";
import { readYaml } from "../service/yaml.ts";
import { SPECIFICATION_FLAGS } from "./startFlags.ts";

export interface Composed {
  /** Undefined where one of the problems is an error. */
  readonly services: readonly ServiceSpec[] | undefined;
  /** What a configuration of ours says of disks and alerts. */
  readonly monitor?: Pick<Specification, "disk" | "alerts"> | undefined;
  readonly problems: readonly Problem[];
  /** What was left out of another program's configuration. */
  readonly notes: readonly string[];
  readonly format: (problem: Problem) => string;
}

/** The service that a script or command on the command line means. Its problems are told by flag. */
export async function composeService(target: StartTarget, flags: StartFlags): Promise<Composed> {
  const config = fromCommandLine(target, flags);
  const [name = ""] = Object.keys(config.services ?? {});
  const { config: checked, problems } = await checkConfig(config, { directory: process.cwd() });
  return { services: checked?.services, problems, notes: [], format: (problem) => inFlags(problem, name) };
}

/** The services of a configuration: ours, or an ecosystem file of pm2. */
export async function composeFile(file: string): Promise<Composed> {
  const ecosystem = await readEcosystem(file);
  if (ecosystem === undefined) {
    const { config, problems } = await loadConfig({ file });
    const monitor = config && { disk: config.disk, alerts: config.alerts };
    return { services: config?.services, monitor, problems, notes: [], format: formatProblem };
  }
  const { config, notes } = importPm2(ecosystem);
  const { config: checked, problems } = await checkConfig(config, { file, directory: dirname(file) });
  return { services: checked?.services, problems, notes, format: formatProblem };
}

/** Undefined for anything but `{ apps: […] }`: then our own reader says what is wrong with it. */
async function readEcosystem(file: string): Promise<unknown> {
  if (/\.[cm]?[jt]s$/i.test(file)) {
    const { value } = await importConfig(file);
    return isEcosystem(value) ? value : undefined;
  }
  const text = textOf(file);
  if (text === undefined || !/\bapps\b/.test(text)) return undefined;
  const { value } = /\.json$/i.test(file) ? readJson(text) : await readYaml(text);
  return isEcosystem(value) ? value : undefined;
}

function isEcosystem(value: unknown): boolean {
  return isPlainObject(value) && Array.isArray(value.apps);
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/**
 * "--instances: …" for a problem at services.web.instances. Pure.
 *
 * @param name of the service
 */
export function inFlags(problem: Problem, name: string): string {
  const prefix = formatPath(["services", name]);
  const key = problem.path.startsWith(`${prefix}.`) ? /^\w+/.exec(problem.path.slice(prefix.length + 1))?.[0] : undefined;
  const flag = Object.entries(SPECIFICATION_FLAGS).find(([, row]) => "option" in row && row.option === key)?.[0];
  const about = problem.path === prefix && problem.severity === "error" ? "name" : flag;
  return `${problem.severity === "warning" ? "warning: " : ""}${about === undefined ? "" : `--${about}: `}${problem.message}`;
}
