/** `daemonitor checks`: what is checked, how it is, and what was done about it. */
import { checkLines } from "./checksText.ts";
import { type Arguments, type Command, type Flag, JSON_FLAG } from "./command.ts";
import { connectTo } from "./connect.ts";
import { print, printJson } from "./output.ts";
import { paintFor } from "./paint.ts";
import { isSelected, wordsOf } from "./selectors.ts";

const FLAGS = { json: JSON_FLAG } as const satisfies Record<string, Flag>;

/** As `status` has it: something is not as it should be. */
const FAILING = 3;

export const checksCommand: Command<keyof typeof FLAGS> = {
  name: "checks",
  summary: "show each check with its last values, and what it did",
  usage: "[SELECTOR | PATH]… [options]",
  flags: FLAGS,
  operands: Number.POSITIVE_INFINITY,
  notes: ["Exit code 3 says that a check fires, or that one has a mistake. A path shows the checks of a disk, directory or file."],
  examples: [
    { does: "all of them", command: "daemonitor checks" },
    { does: "those of a service", command: "daemonitor checks web" },
    { does: "those of a disk, for programs", command: "daemonitor checks /var --json" },
  ],
  run,
};

async function run(args: Arguments<keyof typeof FLAGS>): Promise<number> {
  const client = await connectTo("after crash");
  const { checks, mistakes } = await client.checks();
  const words = wordsOf(args.operands);
  const shown =
    words.length === 0
      ? checks
      : checks.filter(({ subject }) => words.includes(subject) || (!subject.startsWith("/") && isSelected(subject, words)));
  if (args.has("json")) printJson({ checks: shown, mistakes });
  else
    print(
      `${checkLines({ checks: shown, mistakes }, { now: Date.now(), paint: paintFor(1), width: process.stdout.columns }).join("\n")}\n`,
    );
  return shown.some(({ state }) => state === "firing") || mistakes.length > 0 ? FAILING : 0;
}
