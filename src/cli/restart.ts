/** `daemonitor restart`: stops instances and starts them again. */
import { ACTION_FLAGS, actOnServices } from "./act.ts";
import type { Arguments, Command } from "./command.ts";

export const restartCommand: Command<keyof typeof ACTION_FLAGS> = {
  name: "restart",
  summary: "stop services and start them again",
  usage: "SELECTOR… [options]",
  flags: ACTION_FLAGS,
  operands: Number.POSITIVE_INFINITY,
  notes: [
    'A selector is a name, an instance ("web/0"), a pattern ("api-*") or "all". What is stopped is started. To go on serving meanwhile, use reload.',
    "Ends with 0 when all of them are running again, 1 when one failed, 69 when there is no such service, 75 when --timeout was over first.",
  ],
  examples: [
    { does: "every instance of a service", command: "daemonitor restart web" },
    { does: "one instance, with a deadline", command: "daemonitor restart web/0 --timeout 30s" },
  ],
  run: (args: Arguments<keyof typeof ACTION_FLAGS>) => actOnServices(restartCommand, args, { action: "restart" }),
};
