/** `daemonitor why`: the story of an instance. */
import { type Arguments, type Command, type Flag, JSON_FLAG } from "./command.ts";
import { connectTo } from "./connect.ts";
import { print, printJson } from "./output.ts";
import { paintFor } from "./paint.ts";
import { byInstance, selectorsOf } from "./selectors.ts";
import { whyLines } from "./whyText.ts";

const FLAGS = { json: JSON_FLAG } as const satisfies Record<string, Flag>;

export const whyCommand: Command<keyof typeof FLAGS> = {
  name: "why",
  summary: "tell why services are as they are: history, last exit, last output",
  usage: "SELECTOR… [options]",
  flags: FLAGS,
  operands: Number.POSITIVE_INFINITY,
  examples: [
    { does: "every instance of a service", command: "daemonitor why web" },
    { does: "one instance", command: "daemonitor why web/1" },
  ],
  run,
};

async function run(args: Arguments<keyof typeof FLAGS>): Promise<number> {
  const connect = () => connectTo("after crash");
  const selectors = await selectorsOf(whyCommand, args, connect);
  const client = await connect();
  const found = await Promise.all(selectors.map((selector) => client.why(selector)));
  const explanations = byInstance(found.flat());
  if (args.has("json")) {
    printJson({ instances: explanations });
    return 0;
  }
  const paint = paintFor(1);
  const blocks = explanations.map((explanation) => whyLines(explanation, { now: Date.now(), paint }).join("\n"));
  print(`${blocks.join("\n\n")}\n`);
  return 0;
}
