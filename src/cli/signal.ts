/** `daemonitor signal`: sends a signal to a daemon. */
import { EXIT } from "../launch/errors.ts";
import { parseSignal, signalName } from "../values/signals.ts";
import { usage } from "./args.ts";
import { type Arguments, type Command, type Flag, JSON_FLAG } from "./command.ts";
import { exclude, flagValue } from "./flagValues.ts";
import { print, printJson } from "./output.ts";
import { PID_FILE_FLAG, pidFileOf } from "./pidFileFlag.ts";

const FLAGS = {
  "pid-file": PID_FILE_FLAG,
  signal: { short: "s", value: "SIGNAL", describe: "the signal, as an alternative to naming it last" },
  quiet: { short: "q", describe: "print errors only" },
  json: JSON_FLAG,
} as const satisfies Record<string, Flag>;

export const signalCommand: Command<keyof typeof FLAGS> = {
  name: "signal",
  summary: "send a signal to the daemon that a pid file names",
  usage: "--pid-file FILE [options] SIGNAL",
  flags: FLAGS,
  operands: 1,
  notes: ['Signals are written "HUP", "SIGHUP" or 1. The process is held by a pidfd, so another one that got its number is never hit.'],
  examples: [{ does: "read the configuration again", command: "daemonitor signal --pid-file /run/nginx.pid HUP" }],
  run,
};

async function run(args: Arguments<keyof typeof FLAGS>): Promise<number> {
  const path = pidFileOf(signalCommand, args);
  exclude(args, "quiet", "json");
  const [operand] = args.operands;
  const flag = args.text("signal");
  if (operand !== undefined && flag !== undefined) throw usage(signalCommand, "the signal is named twice");
  const name = flag ?? operand;
  if (name === undefined) throw usage(signalCommand, "no signal is named");
  const number = flagValue("signal", () => parseSignal(String(name)));
  const { signalByPidFile } = await import("../daemon/stopProcess.ts");
  const to = signalByPidFile(path, number);
  const sent = signalName(number);
  if (args.has("json")) printJson({ signal: sent, ...to, path });
  else if (!args.has("quiet")) print(`sent ${sent} to ${to.name} (${to.pid})\n`);
  return EXIT.ok;
}
