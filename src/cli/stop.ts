/** `daemonitor stop`: ends services, or the daemon that a pid file names, and waits until nothing of them is left. */
import { type Arguments, type Command, type Flag, JSON_FLAG } from "./command.ts";
import { PID_FILE_FLAG, pidFileOf, refuse, refuseOperands } from "./pidFileFlag.ts";

const FLAGS = {
  force: { describe: "SIGKILL at once, to all processes" },
  timeout: {
    short: "t",
    value: "TIME",
    describe: "how long to wait; a bare number is seconds. Of a pid file (default: 10s) it is the time until SIGKILL",
  },
  "no-wait": { describe: "return at once; don't wait until it is done" },
  "pid-file": PID_FILE_FLAG,
  signal: { short: "s", value: "SIGNAL", default: "TERM", describe: "with --pid-file: what asks it to end" },
  "no-kill": { describe: "with --pid-file: never send SIGKILL" },
  quiet: { short: "q", describe: "print errors only" },
  json: JSON_FLAG,
} as const satisfies Record<string, Flag>;

export const stopCommand: Command<keyof typeof FLAGS> = {
  name: "stop",
  summary: "stop services, or the daemon that a pid file names",
  usage: "SELECTOR… [options] | --pid-file FILE [options]",
  flags: FLAGS,
  operands: Number.POSITIVE_INFINITY,
  notes: [
    'A selector is a name, an instance ("web/0"), a pattern ("api-*") or "all". A service gets its stop.signal, then SIGKILL after its stop.timeout; it stays stopped until somebody starts it.',
    "Ends with 0 when nothing of them is left, also if nothing was there; with 1 when one could not be stopped, 69 when there is no such service, 75 when one still runs.",
  ],
  examples: [
    { does: "one service, and all whose names begin with api-", command: "daemonitor stop web 'api-*'" },
    { does: "a single instance, at once", command: "daemonitor stop web/1 --force" },
    { does: "the daemon of a pid file: ask, wait 10 s, then kill", command: "daemonitor stop --pid-file /run/web.pid" },
    {
      does: "ask with SIGQUIT and be patient",
      command: "daemonitor stop --pid-file /run/nginx.pid --signal QUIT --timeout 1min --no-kill",
    },
  ],
  run,
};

async function run(args: Arguments<keyof typeof FLAGS>): Promise<number> {
  const path = pidFileOf(stopCommand, args);
  if (path !== undefined) {
    refuseOperands(stopCommand, args);
    refuse(stopCommand, args, ["no-wait"], "is for services, not for a pid file");
    const { stopPidFile } = await import("./stopPidFile.ts");
    return stopPidFile(path, args);
  }
  refuse(stopCommand, args, ["signal", "no-kill"], "is for --pid-file; a service has its own stop.signal and stop.timeout, and --force");
  const { actOnServices } = await import("./act.ts");
  return actOnServices(stopCommand, args, { action: "stop", force: args.has("force") });
}
