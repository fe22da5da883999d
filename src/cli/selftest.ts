/** `daemonitor selftest`: the classic recipe's own test, to the letter, then a look at every property from outside. */
import { EXIT } from "../launch/errors.ts";
import { type Arguments, type Command, type Flag, JSON_FLAG } from "./command.ts";
import { print, printJson } from "./output.ts";
import { type Check, judge } from "./selftestChecks.ts";
import { styleFor } from "./style.ts";

const FLAGS = {
  log: { short: "l", value: "FILE", describe: "write the daemon's report there instead of /createDaemon.log" },
  json: JSON_FLAG,
} as const satisfies Record<string, Flag>;

const FAILED = 1;

export const selftestCommand: Command<keyof typeof FLAGS> = {
  name: "selftest",
  summary: "make a daemon and check every property of it",
  usage: "[options]",
  flags: FLAGS,
  operands: 0,
  notes: [
    "The daemon writes its return code, pid, ppid and process group to createDaemon.log in its directory, which is /. Without superuser rights the file is not created, and that is no error. Then each property of a daemon is looked at from outside, and a line is printed for it.",
    "Exit codes: 0 all is as it must be, 1 something is not.",
  ],
  examples: [
    { does: "on a new machine, or in a new container", command: "daemonitor selftest" },
    { does: "without superuser rights, with the report", command: "daemonitor selftest --log /tmp/createDaemon.log" },
  ],
  run,
};

async function run(args: Arguments<keyof typeof FLAGS>): Promise<number> {
  const { observeDaemon } = await import("./selftestDaemon.ts");
  const checks = judge(await observeDaemon(args.text("log")));
  const passed = checks.every(({ ok }) => ok);
  if (args.has("json")) printJson({ passed, checks });
  else print(table(checks));
  return passed ? EXIT.ok : FAILED;
}

function table(checks: readonly Check[]): string {
  const { red, bold } = styleFor(1);
  const width = Math.max(...checks.map(({ property }) => property.length));
  const lines = checks.map(({ ok, property, found }) => `${ok ? "✓" : red("✗")} ${property.padEnd(width)}  ${found}`);
  const failed = checks.filter(({ ok }) => !ok).length;
  const verdict = failed === 0 ? `all ${checks.length} properties hold` : red(`${failed} of ${checks.length} properties do not hold`);
  return `${lines.join("\n")}\n${bold(verdict)}\n`;
}
