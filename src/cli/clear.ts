/** `daemonitor clear`: removes what services wrote so far. */
import type { Arguments, Command } from "./command.ts";
import { actOnLogs, LOG_ACTION_FLAGS } from "./logsAct.ts";

export const clearCommand: Command<keyof typeof LOG_ACTION_FLAGS> = {
  name: "clear",
  summary: "throw away what services wrote",
  usage: "SELECTOR… [options]",
  flags: LOG_ACTION_FLAGS,
  operands: Number.POSITIVE_INFINITY,
  notes: [
    'A selector is a name, an instance ("web/0"), a pattern ("api-*") or "all"; there is no default. Archives and the current file are removed, and a new one begins. It can\'t be undone, and it asks nothing: it says what was removed.',
  ],
  examples: [
    { does: "one service", command: "daemonitor clear web" },
    { does: "all of them", command: "daemonitor clear all" },
  ],
  run: (args: Arguments<keyof typeof LOG_ACTION_FLAGS>) => actOnLogs(clearCommand, args, "clear"),
};
