/** `daemonitor daemonize`: makes a daemon of any program. */
import { EXIT } from "../launch/errors.ts";
import { usage } from "./args.ts";
import { withCallersLimits } from "./callersLimits.ts";
import type { Arguments, Command } from "./command.ts";
import { DAEMONIZE_FLAGS, type DaemonizeFlag } from "./daemonizeFlags.ts";
import { daemonizeOptions } from "./daemonizeOptions.ts";
import { interruptible } from "./interruption.ts";
import { inFlags } from "./optionNames.ts";
import { print, printJson } from "./output.ts";

export const daemonizeCommand: Command<DaemonizeFlag> = {
  name: "daemonize",
  summary: "make a daemon of any program",
  usage: "[options] [--] command [argument…]",
  flags: DAEMONIZE_FLAGS,
  operands: "program",
  missing: {
    "log-max-size":
      "no process of ours is left that could rotate a log; for that run it as a service of the supervisor, with `logs.maxSize` (daemonitor start, daemonitor apply), or use logrotate",
  },
  notes: [
    "A file of --stdout or --stderr is a log: a symbolic link is not followed to it, and it must belong to root, to the caller or to --user, under no other name. Devices, FIFOs and names such as /dev/stdout or /proc/self/fd/5 are taken as they are. Nothing limits its size: the supervisor's logs have that.",
    "Ends with 0 only when the daemon is ready. Relative paths start at the current directory, the command's too if it has a slash in it; other commands are looked up in PATH.",
    "Exit codes: 64 usage, 69 the daemon ended before it was ready, 71 a system call failed, 73 a file can't be created, 75 try again (a process limit, a pid file that is held, not ready in time), 77 no permission, 78 configuration (no such user or directory), 126 and 127 the command can't be executed or found.",
  ],
  examples: [
    {
      does: "a web server, logging to a file, found again by its pid file",
      command: "daemonitor daemonize -p /run/web.pid -o /var/log/web.log -e /var/log/web.log -- python3 -m http.server",
    },
    {
      does: "return only when Redis can be used",
      command: "daemonitor daemonize --ready notify --timeout 10s -- redis-server --supervised systemd",
    },
    {
      does: "as another user, with a stricter mask and more descriptors",
      command: "daemonitor daemonize --user www-data --umask 027 --limit nofile=65536 -- ./server",
    },
    { does: "see what would be done", command: "daemonitor daemonize --dry-run -- ./server --port 8080" },
  ],
  run,
};

async function run(args: Arguments<DaemonizeFlag>): Promise<number> {
  const [file, ...rest] = args.operands;
  if (file === undefined) throw usage(daemonizeCommand, "no command is given");
  const options = withCallersLimits(daemonizeOptions(args));
  const { daemonize, describeDaemonize } = await import("../daemon/daemonize.ts");
  const interruption = waits(args) ? interruptible() : undefined;
  try {
    if (args.has("dry-run")) return printPlan(describeDaemonize(file, rest, options), args.has("json"));
    const pid = await daemonize(file, rest, { ...options, signal: interruption?.signal });
    if (args.has("json")) printJson({ pid });
    else if (args.has("print-pid")) print(`${pid}\n`);
    return EXIT.ok;
  } catch (error) {
    throw inFlags(interruption === undefined ? error : interruption.explain(error), DAEMONIZE_FLAGS);
  }
}

/** Without readiness to wait for, the launch is over before a signal could be delivered. */
function waits(args: Arguments<DaemonizeFlag>): boolean {
  return args.has("ready") && args.text("ready") !== "started" && !args.has("foreground") && !args.has("dry-run");
}

function printPlan(text: string, json: boolean): number {
  if (json) printJson({ plan: text.trimEnd().split("\n") });
  else print(`${text.trimEnd()}\n`);
  return EXIT.ok;
}
