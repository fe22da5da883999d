/** `daemonitor status` of services. Whatever isn't needed is loaded late: people call it more often than anything else. */
import { EXIT } from "../launch/errors.ts";
import type { Arguments, Command } from "./command.ts";
import { exclude } from "./flagValues.ts";
import { EXIT_NOT_RUNNING, firstLook } from "./look.ts";
import { print, printJson } from "./output.ts";
import { paintFor } from "./paint.ts";
import { wordsOf } from "./selectors.ts";
import { isUp, statusLines } from "./statusTable.ts";
import { terminalSize } from "./terminal.ts";

/** Returns the exit code. */
export async function statusServices(command: Command, args: Arguments<"watch" | "quiet" | "json">): Promise<number> {
  exclude(args, "quiet", "json");
  exclude(args, "quiet", "watch");
  const words = wordsOf(args.operands);
  if (args.has("watch")) return (await import("./watch.ts")).watchStatus(command, words, args.has("json"));
  const seen = await firstLook(words, args.has("json"));
  if (seen === undefined) return EXIT_NOT_RUNNING;
  const { supervisor, services } = seen;
  if (args.has("json")) printJson({ supervisor, services });
  else if (!args.has("quiet")) {
    const view = { supervisor, services, now: Date.now(), paint: paintFor(1), width: terminalSize(1)?.columns };
    print(`${statusLines(view).join("\n")}\n`);
  }
  return isUp(services, words.length > 0) ? EXIT.ok : EXIT_NOT_RUNNING;
}
