/** `daemonitor signal --pid-file`. */
import { EXIT } from "../launch/errors.ts";
import { parseSignal, signalName } from "../values/signals.ts";
import { usage } from "./args.ts";
import type { Arguments, Command } from "./command.ts";
import { exclude, flagValue } from "./flagValues.ts";
import { print, printJson } from "./output.ts";

/** Returns the exit code. */
export async function signalPidFile(command: Command, path: string, args: Arguments<"signal" | "quiet" | "json">): Promise<number> {
  exclude(args, "quiet", "json");
  const [operand] = args.operands;
  const flag = args.text("signal");
  if (operand !== undefined && flag !== undefined) throw usage(command, "the signal is named twice");
  const name = flag ?? operand;
  if (name === undefined) throw usage(command, "no signal is named");
  const number = flagValue("signal", () => parseSignal(String(name)));
  const { signalByPidFile } = await import("../daemon/stopProcess.ts");
  const to = signalByPidFile(path, number);
  const sent = signalName(number);
  if (args.has("json")) printJson({ signal: sent, ...to, path });
  else if (!args.has("quiet")) print(`sent ${sent} to ${to.name} (${to.pid})\n`);
  return EXIT.ok;
}
