/** `daemonitor signal`: sends a signal to services, or to the daemon that a pid file names. */
import { type Arguments, type Command, type Flag, JSON_FLAG } from "./command.ts";
import { PID_FILE_FLAG, pidFileOf, refuse, refuseOperands } from "./pidFileFlag.ts";

const FLAGS = {
  signal: { short: "s", value: "SIGNAL", describe: "the signal, as an alternative to naming it among the words" },
  all: { short: "a", describe: "to all processes of each instance, in place of its main process" },
  "pid-file": PID_FILE_FLAG,
  quiet: { short: "q", describe: "print errors only" },
  json: JSON_FLAG,
} as const satisfies Record<string, Flag>;

export type SignalFlag = keyof typeof FLAGS;

export const signalCommand: Command<SignalFlag> = {
  name: "signal",
  summary: "send a signal to services, or to the daemon that a pid file names",
  usage: "SIGNAL SELECTOR… [options] | --pid-file FILE SIGNAL [options]",
  flags: FLAGS,
  operands: Number.POSITIVE_INFINITY,
  notes: [
    'Signals are written "HUP", "SIGHUP" or 1. The process is held by a pidfd, so another one that got its number is never hit. A signal changes nothing of what is wanted: a service that it ends is started again.',
    "Ends with 0 when it was sent, 1 when there was no process to send it to, 69 when there is no such service.",
  ],
  examples: [
    { does: "the main process of each instance", command: "daemonitor signal USR1 web" },
    { does: "every process of one instance", command: "daemonitor signal HUP web/0 --all" },
    { does: "read the configuration again", command: "daemonitor signal --pid-file /run/nginx.pid HUP" },
  ],
  run,
};

async function run(args: Arguments<SignalFlag>): Promise<number> {
  const path = pidFileOf(signalCommand, args);
  if (path === undefined) return (await import("./signalServices.ts")).signalServices(signalCommand, args);
  refuseOperands(signalCommand, args, 1);
  refuse(signalCommand, args, ["all"], "is for services, not for a pid file");
  return (await import("./signalPidFile.ts")).signalPidFile(signalCommand, path, args);
}
