/** `daemonitor apply`: brings the services to what a configuration says. */
import type { Client, ClientApply } from "../api/client.ts";
import { DaemonError } from "../launch/errors.ts";
import type { ApplyResult } from "../supervisor/control.ts";
import { isSilent, tell, withProgress } from "./act.ts";
import { type Arguments, type Command, type Flag, JSON_FLAG } from "./command.ts";
import { tellProblems } from "./configurationProblems.ts";
import { connectTo } from "./connect.ts";
import { exclude } from "./flagValues.ts";
import { exitCodeOf } from "./outcomes.ts";
import { print, printJson } from "./output.ts";
import { paintFor } from "./paint.ts";
import { isNothing, planLines } from "./planText.ts";
import { WAIT_FLAGS, waitOf } from "./waiting.ts";

const FLAGS = {
  file: { short: "f", value: "FILE", describe: "the configuration, instead of the daemonitor.config.* in the current directory" },
  "dry-run": { short: "n", describe: "tell what would be done, and do nothing" },
  prune: { describe: "delete services that are not in the configuration" },
  ...WAIT_FLAGS,
  quiet: { short: "q", describe: "print errors only" },
  json: JSON_FLAG,
} as const satisfies Record<string, Flag>;

type Request = Required<Pick<ClientApply, "services" | "monitor" | "prune" | "by">>;
type ApplyFlag = keyof typeof FLAGS;

export const applyCommand: Command<ApplyFlag> = {
  name: "apply",
  summary: "bring the services to what a configuration says",
  usage: "[-f FILE] [options]",
  flags: FLAGS,
  operands: 0,
  notes: [
    "Shows its plan first: + added, ~ changed with the keys that differ, - deleted. It doesn't ask: --dry-run is there for that. Services that are the same are left alone, also where somebody stopped them; what isn't in the configuration is left alone without --prune.",
    "Ends with 0 when all of it is done, 1 when an instance failed, 75 when --timeout was over first, 78 when the configuration has a mistake: then nothing is changed.",
  ],
  examples: [
    { does: "the configuration in this directory", command: "daemonitor apply" },
    { does: "only look", command: "daemonitor apply --dry-run" },
    { does: "exactly what a file says, and nothing else", command: "daemonitor apply -f deploy/daemonitor.config.yaml --prune" },
  ],
  run,
};

async function run(args: Arguments<ApplyFlag>): Promise<number> {
  exclude(args, "quiet", "json");
  const wait = waitOf(args);
  const { loadConfig, formatProblem } = await import("../service/configuration.ts");
  const { config, problems, file } = await loadConfig({ file: args.text("file") });
  const code = tellProblems(problems, { json: args.has("json"), quiet: args.has("quiet"), format: formatProblem });
  if (config === undefined) return code;
  const by = `apply ${file ?? ""}`.trim();
  const { services, disk, alerts } = config;
  const request = { services, monitor: { disk, alerts }, prune: args.has("prune"), by };
  if (args.has("dry-run")) return dryRun(args, request);
  return apply(await connectTo("always"), args, request, wait);
}

async function apply(client: Client, args: Arguments<ApplyFlag>, request: Request, wait: number | null): Promise<number> {
  const { services, prune } = request;
  if (!isSilent(args) && !sayPlan(await client.apply({ ...request, dryRun: true }), prune)) return 0;
  const selectors = services.map(({ name }) => name);
  const silent = isSilent(args) || wait === 0;
  const { result, progress, began } = await withProgress(client, { verb: "apply", selectors, silent }, (signal) =>
    client.apply({ ...request, wait, signal }),
  );
  if (args.has("json")) printJson(result);
  else tell(result.instances, { verb: "apply", progress, began, waited: wait !== 0, quiet: args.has("quiet") });
  return exitCodeOf(result.instances, wait === 0);
}

/** Whether there is something to do. */
function sayPlan({ plan, monitorChanged = false }: ApplyResult, prune: boolean): boolean {
  const lines = [...planLines(plan, { prune, paint: paintFor(1) }), ...(monitorChanged ? ["~ what is said of disks and alerts"] : [])];
  if (lines.length > 0) print(`${lines.join("\n")}\n`);
  if (monitorChanged || !isNothing(plan, prune)) return true;
  print("nothing to do\n");
  return false;
}

async function dryRun(args: Arguments<ApplyFlag>, request: Request): Promise<number> {
  const result = await planned(request);
  if (args.has("json")) printJson(result);
  else if (!args.has("quiet")) sayPlan(result, request.prune);
  return 0;
}

/** Without a supervisor nothing is there yet, and none is started to look. */
async function planned(request: Request): Promise<ApplyResult> {
  try {
    return await (await connectTo("after crash")).apply({ ...request, dryRun: true });
  } catch (error) {
    if (!(error instanceof DaemonError && error.code === "ERR_NO_SUPERVISOR")) throw error;
    const plan = { added: request.services.map(({ name }) => name), changed: [], removed: [], unchanged: [] };
    return { plan, dryRun: true, instances: [] };
  }
}
