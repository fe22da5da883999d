/** `daemonitor delete`: stops services and forgets them. */
import { ACTION_FLAGS, actOnServices } from "./act.ts";
import type { Arguments, Command, Flag } from "./command.ts";

const FLAGS = {
  force: { describe: "SIGKILL at once, to all processes" },
  ...ACTION_FLAGS,
} as const satisfies Record<string, Flag>;

export const deleteCommand: Command<keyof typeof FLAGS> = {
  name: "delete",
  summary: "stop services and forget them",
  usage: "SELECTOR… [options]",
  flags: FLAGS,
  operands: Number.POSITIVE_INFINITY,
  notes: [
    "Their logs stay. It doesn't ask: what is in a configuration comes back with apply.",
    "Ends with 0 when they are gone, 1 when one could not be stopped, 69 when there is no such service, 75 when --timeout was over first.",
  ],
  examples: [
    { does: "one service", command: "daemonitor delete web" },
    { does: "everything", command: "daemonitor delete all" },
  ],
  run: (args: Arguments<keyof typeof FLAGS>) => actOnServices(deleteCommand, args, { action: "delete", force: args.has("force") }),
};
