/** `daemonitor describe`: everything that is known of a service. */
import { type Arguments, type Command, type Flag, JSON_FLAG } from "./command.ts";
import { connectTo } from "./connect.ts";
import { describeLines } from "./describeText.ts";
import { print, printJson } from "./output.ts";
import { paintFor } from "./paint.ts";
import { byInstance, selectorsOf } from "./selectors.ts";

const FLAGS = {
  secrets: { describe: "show the values of environment variables, and what was filled in for variables" },
  json: JSON_FLAG,
} as const satisfies Record<string, Flag>;

export const describeCommand: Command<keyof typeof FLAGS> = {
  name: "describe",
  summary: "show everything that is known of services",
  usage: "SELECTOR… [options]",
  flags: FLAGS,
  operands: Number.POSITIVE_INFINITY,
  notes: ["Also called show. Values of environment variables are secrets, and hidden."],
  examples: [
    { does: "one service", command: "daemonitor describe web" },
    { does: "with its environment", command: "daemonitor describe web --secrets" },
  ],
  run,
};

async function run(args: Arguments<keyof typeof FLAGS>): Promise<number> {
  const connect = () => connectTo("after crash");
  const selectors = await selectorsOf(describeCommand, args, connect);
  const client = await connect();
  const found = await Promise.all(selectors.map((selector) => client.describe(selector, { secrets: args.has("secrets") })));
  const services = byInstance(found.flat());
  if (args.has("json")) {
    printJson({ services });
    return 0;
  }
  const paint = paintFor(1);
  const blocks = services.map((service) => describeLines(service, { now: Date.now(), paint }).join("\n"));
  print(`${blocks.join("\n\n")}\n`);
  return 0;
}
