/** `daemonitor reload`: lets services take up what is new without a gap. */
import { ACTION_FLAGS, actOnServices } from "./act.ts";
import type { Arguments, Command } from "./command.ts";

export const reloadCommand: Command<keyof typeof ACTION_FLAGS> = {
  name: "reload",
  summary: "let services read their configuration again, or replace them without a gap",
  usage: "SELECTOR… [options]",
  flags: ACTION_FLAGS,
  operands: Number.POSITIVE_INFINITY,
  notes: [
    'What it does is the service\'s `reload`: a signal ({ signal: "SIGHUP" }), or a new process that takes over once it is ready ({ rolling: true }); a new one that fails leaves the old one serving. A service without it is restarted.',
    "Ends with 0 when it is done, 1 when a reload was given up, 69 when there is no such service, 75 when --timeout was over first.",
  ],
  examples: [
    { does: "a new version, without a request lost", command: "daemonitor reload web" },
    { does: "several services", command: "daemonitor reload 'api-*' worker" },
  ],
  run: (args: Arguments<keyof typeof ACTION_FLAGS>) => actOnServices(reloadCommand, args, { action: "reload" }),
};
