/** What `rotate` and `clear` share: one thing done to the logs of the instances that are meant. */
import type { InstanceOutcome } from "../supervisor/control.ts";
import { harmless } from "../values/textWidth.ts";
import { type Arguments, type Command, type Flag, JSON_FLAG } from "./command.ts";
import { connectTo } from "./connect.ts";
import { exclude } from "./flagValues.ts";
import { exitCodeOf } from "./outcomes.ts";
import { print, printError, printJson } from "./output.ts";
import { byOf, disjoint, selectorsOf } from "./selectors.ts";

export const LOG_ACTION_FLAGS = {
  quiet: { short: "q", describe: "print errors only" },
  json: JSON_FLAG,
} as const satisfies Record<string, Flag>;

/** Returns the exit code. */
export async function actOnLogs(
  command: Command,
  args: Arguments<keyof typeof LOG_ACTION_FLAGS>,
  action: "rotate" | "clear",
): Promise<number> {
  exclude(args, "quiet", "json");
  const connect = () => connectTo("after crash");
  const selectors = await selectorsOf(command, args, connect);
  const client = await connect();
  const by = byOf(command, selectors);
  const apart = selectors.length === 1 ? selectors : disjoint(selectors, await client.list());
  const results = await Promise.all(apart.map((selector) => client.act({ action, selector, by })));
  const instances = results.flatMap((result) => result.instances);
  if (args.has("json")) printJson({ instances });
  else tell(instances, args.has("quiet"));
  return exitCodeOf(instances);
}

function tell(instances: readonly InstanceOutcome[], quiet: boolean): void {
  for (const { name, outcome, why } of instances) {
    const line = `${harmless(name)}: ${harmless(why)}\n`;
    if (outcome !== "done") printError(line);
    else if (!quiet) print(line);
  }
  if (instances.length === 0 && !quiet) print("nothing to do: there are no services\n");
}
