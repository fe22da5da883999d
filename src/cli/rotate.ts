/** `daemonitor rotate`: puts what services wrote so far aside, and begins new log files. */
import type { Arguments, Command } from "./command.ts";
import { actOnLogs, LOG_ACTION_FLAGS } from "./logsAct.ts";

export const rotateCommand: Command<keyof typeof LOG_ACTION_FLAGS> = {
  name: "rotate",
  summary: "put logs aside and begin new ones",
  usage: "SELECTOR… [options]",
  flags: LOG_ACTION_FLAGS,
  operands: Number.POSITIVE_INFINITY,
  notes: [
    'A selector is a name, an instance ("web/0"), a pattern ("api-*") or "all". The file gets the time into its name at the next line end, and is compressed as the service\'s `logs` say; no line is lost or cut. `daemonitor logs` goes on showing it. By itself it happens at logs.maxSize.',
  ],
  examples: [
    { does: "before a copy of the logs is taken", command: "daemonitor rotate web" },
    { does: "every service, from cron", command: "daemonitor rotate all --quiet" },
  ],
  run: (args: Arguments<keyof typeof LOG_ACTION_FLAGS>) => actOnLogs(rotateCommand, args, "rotate"),
};
