/** `daemonitor alerts`: what was told and what waits; `daemonitor alerts test` tries the routes. */
import { alertLines, testLines } from "./alertsText.ts";
import { usage } from "./args.ts";
import { type Arguments, type Command, type Flag, JSON_FLAG } from "./command.ts";
import { connectTo } from "./connect.ts";
import { print, printJson } from "./output.ts";
import { paintFor } from "./paint.ts";
import { wordsOf } from "./selectors.ts";

const FLAGS = { json: JSON_FLAG } as const satisfies Record<string, Flag>;

export const alertsCommand: Command<keyof typeof FLAGS> = {
  name: "alerts",
  summary: "show what was told and what waits, or send a test alert",
  usage: "[test [NAME]] [options]",
  flags: FLAGS,
  operands: 2,
  notes: [
    "`alerts test` sends a test alert over each route, or the one with that name, and says what became of it; exit code 1 where one failed. webhook, exec and mail stand for all routes of that kind.",
  ],
  examples: [
    { does: "what was told, and what could not be told yet", command: "daemonitor alerts" },
    { does: "try every route", command: "daemonitor alerts test" },
    { does: "try the mail", command: "daemonitor alerts test mail" },
  ],
  run,
};

async function run(args: Arguments<keyof typeof FLAGS>): Promise<number> {
  const [verb, name] = wordsOf(args.operands);
  if (verb !== undefined && verb !== "test") throw usage(alertsCommand, `unknown word ${JSON.stringify(verb)}: did you mean "test"?`);
  const client = await connectTo("after crash");
  const view = { now: Date.now(), paint: paintFor(1) };
  if (verb === undefined) {
    const report = await client.alerts();
    if (args.has("json")) printJson(report);
    else print(`${alertLines(report, view).join("\n")}\n`);
    return 0;
  }
  const tests = await client.testAlerts(name);
  if (args.has("json")) printJson({ tests });
  else print(`${testLines(tests, view).join("\n")}\n`);
  return tests.some(({ error }) => error !== null) ? 1 : 0;
}
