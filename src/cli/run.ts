/** `daemonitor run`: supervises in the foreground, for a service manager, a terminal or as pid 1 of a container. */
import { resolve } from "node:path";
import { EXIT } from "../launch/errors.ts";
import { usage } from "./args.ts";
import type { Arguments, Command, Flag } from "./command.ts";
import { exclude } from "./flagValues.ts";
import { type RunServices, readRunServices } from "./runServices.ts";

const FLAGS = {
  file: { short: "f", value: "FILE", describe: "the configuration, instead of the daemonitor.config.* in the current directory" },
  saved: { describe: "bring up the services that were there last, as at boot, and stay when they end" },
  name: { short: "n", value: "NAME", describe: "what the command's service is called; by default as its program" },
  restart: { value: "WHEN", describe: "when the command is started again: always, on-failure or never", default: "always" },
  quiet: { short: "q", describe: "don't print what the services write: it is in their logs" },
  raw: { describe: "print it byte for byte, without the names of the services" },
  home: { value: "DIR", describe: "keep everything in this directory, as DAEMONITOR_HOME says" },
} as const satisfies Record<string, Flag>;

type RunArguments = Arguments<keyof typeof FLAGS>;

export const runCommand: Command<keyof typeof FLAGS> = {
  name: "run",
  summary: "supervise in the foreground: under systemd, or as pid 1 of a container",
  usage: "[options] [--] [command [argument…]]",
  flags: FLAGS,
  operands: "program",
  notes: [
    "Becomes the parent of the services of a configuration, or of one command. Ends when all of them have ended and none is to be started again, with the exit status of the only one (128 and the signal's number for a signal), or of the first that failed; otherwise 0. Refuses where a supervisor has the home already.",
    "SIGTERM and SIGINT stop all services, a second SIGINT kills them; SIGHUP reloads them, or stops them where the terminal is gone; SIGQUIT, SIGUSR1 and SIGUSR2 are passed on to them. Where NOTIFY_SOCKET is set, READY=1 is sent when all are ready.",
    "What services write is in their logs, and printed: on standard output, and on standard error what is logged apart (logs.stderr). With several instances each line begins with the name of its own. Whoever doesn't read it stops no service: the logs are the buffer.",
    "All other commands work meanwhile. Services get no variable of this environment that they don't ask for (env, inheritEnv); a command gets all.",
  ],
  examples: [
    { does: "the configuration in this directory", command: "daemonitor run" },
    { does: "in a container", command: "daemonitor run --restart on-failure -- node server.js" },
    { does: "apart from the supervisor that is there", command: "daemonitor run --home /tmp/try -f try.config.yaml" },
  ],
  run,
};

async function run(args: RunArguments): Promise<number> {
  checkTogether(args);
  const found = args.has("saved") ? null : await readRunServices(args);
  return found === undefined ? EXIT.configuration : becomeTree(args, found);
}

function checkTogether(args: RunArguments): void {
  exclude(args, "file", "saved");
  exclude(args, "quiet", "raw");
  const hasCommand = args.operands.length > 0;
  for (const flag of ["file", "saved"] as const) {
    if (hasCommand && args.has(flag)) throw usage(runCommand, `--${flag} and a command contradict each other: use one of them`);
  }
  if (args.operands.some((word) => typeof word !== "string")) {
    throw usage(runCommand, "a word of the command is not UTF-8: call it by a script that has it in it");
  }
  for (const flag of ["name", "restart"] as const) {
    if (!hasCommand && args.has(flag)) throw usage(runCommand, `--${flag} is for a command; a configuration says it itself`);
  }
}

/** Returns only by throwing: in the end this process is init. */
async function becomeTree(args: RunArguments, found: RunServices | null): Promise<never> {
  const { resolveHome } = await import("../supervisor/state/home.ts");
  const { runTree } = await import("../api/runTree.ts");
  const own = args.text("home");
  const env = own === undefined ? process.env : { ...process.env, DAEMONITOR_HOME: resolve(own) };
  const home = resolveHome(env, process.geteuid?.() ?? 0);
  const { printerCommand } = await import("./runPrinterCommand.ts");
  return runTree(home, found?.services ?? null, {
    env,
    monitor: found?.monitor,
    ...(args.has("quiet") ? {} : { printer: printerCommand(home, args.has("raw")) }),
  });
}
