/** `daemonitor shutdown`: ends every service and then the supervisor itself. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../api/client.ts";
import { isListening } from "../api/connect.ts";
import { DaemonError } from "../launch/errors.ts";
import { monotonicMs } from "../values/clock.ts";
import { isSilent, tell, withProgress } from "./act.ts";
import { type Arguments, type Command, type Flag, JSON_FLAG } from "./command.ts";
import { commandError } from "./commandErrors.ts";
import { connectTo, ownHome } from "./connect.ts";
import { exclude } from "./flagValues.ts";
import { exitCodeOf } from "./outcomes.ts";
import { print, printJson } from "./output.ts";

const FLAGS = {
  force: { describe: "kill the services at once, without asking them to end" },
  quiet: { short: "q", describe: "print errors only" },
  json: JSON_FLAG,
} as const satisfies Record<string, Flag>;

/** Milliseconds in which the tree ends once its services have. */
const PATIENCE = 10_000;

export const shutdownCommand: Command<keyof typeof FLAGS> = {
  name: "shutdown",
  summary: "end all services and the supervisor",
  usage: "[options]",
  flags: FLAGS,
  operands: 0,
  notes: [
    "The services are stopped, not forgotten: the next start, or the boot that enable has set up, brings back those that were up. To stop them and keep the supervisor, use stop all.",
    "Ends with 0 when nothing runs any more, also if nothing did; with 1 when something is left, which is told.",
  ],
  examples: [
    { does: "in an orderly way", command: "daemonitor shutdown" },
    { does: "at once", command: "daemonitor shutdown --force" },
  ],
  run,
};

async function run(args: Arguments<keyof typeof FLAGS>): Promise<number> {
  exclude(args, "quiet", "json");
  const client = await connectIfThere();
  if (client === undefined) {
    if (args.has("json")) printJson({ wasRunning: false, instances: [] });
    else if (!args.has("quiet")) print("no supervisor runs: there is nothing to end\n");
    return 0;
  }
  const { result, progress, began } = await withProgress(client, { verb: "stop", selectors: ["all"], silent: isSilent(args) }, () =>
    client.shutdown({ force: args.has("force"), by: "shutdown" }),
  );
  await untilGone();
  if (args.has("json")) printJson({ wasRunning: true, instances: result.instances });
  else tell(result.instances, { verb: "stop", progress, began, waited: true, quiet: args.has("quiet") });
  if (!isSilent(args)) print("the supervisor has ended\n");
  return exitCodeOf(result.instances);
}

/** After a crash services may still run: then a new tree finds them, and ends them. */
async function connectIfThere(): Promise<Client | undefined> {
  try {
    return await connectTo("after crash");
  } catch (error) {
    if (error instanceof DaemonError && error.code === "ERR_NO_SUPERVISOR") return undefined;
    throw error;
  }
}

/** So that what follows, such as a start of a new version, does not meet the old tree. */
async function untilGone(): Promise<void> {
  const home = ownHome();
  const deadline = monotonicMs() + PATIENCE;
  while (isListening(home)) {
    if (monotonicMs() >= deadline) {
      const what = `the services have ended, the supervisor has not within ${PATIENCE / 1000} s`;
      throw commandError("ERR_STILL_RUNNING", "shutdown", what, { subject: home.socket, hint: `see ${home.log}/supervisor.log` });
    }
    await sleep(20);
  }
}
