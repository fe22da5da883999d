/** `daemonitor start`: starts a script, a command, a configuration, or services that are there. */
import type { Arguments, Command } from "./command.ts";
import { START_FLAGS, type StartFlag } from "./startFlags.ts";

export const startCommand: Command<StartFlag> = {
  name: "start",
  summary: "start a script, a command, a configuration, or a service that is there",
  usage: "TARGET… [options] [-- argument…] | [options] -- command [argument…]",
  flags: START_FLAGS,
  operands: Number.POSITIVE_INFINITY,
  notes: [
    "A target is a script (run by node, python3 or sh, by its extension, or by itself), a program in PATH, a configuration (daemonitor.config.*, a .json or .yaml, an ecosystem file of pm2), or a service that is there: its name, an instance, a pattern, or all. A plain word is a service first, then a file, then a program.",
    "What follows -- is for the script; without a target it is a command. A service of the same name that is different is changed, not started twice. A script or command gets the variables of this shell.",
    "Ends with 0 when all of it runs, 1 when an instance failed, 64 for a flag that is wrong, 69 when there is no such thing, 75 when --timeout was over first, 78 when a configuration has a mistake.",
  ],
  examples: [
    { does: "a script", command: "daemonitor start server.js" },
    {
      does: "two instances of it under another name, with arguments",
      command: "daemonitor start server.js --name web -i 2 -- --port 8080",
    },
    { does: "any program", command: "daemonitor start --name cache --ready port=6379 -- redis-server --port 6379" },
    { does: "at two each night", command: 'daemonitor start backup.sh --schedule "0 2 * * *"' },
    { does: "what a configuration says", command: "daemonitor start daemonitor.config.yaml" },
    { does: "services that were stopped", command: "daemonitor start web 'api-*'" },
  ],
  async run(args: Arguments<StartFlag>): Promise<number> {
    const { startTargets } = await import("./startTargets.ts");
    return startTargets(startCommand, args);
  },
};
