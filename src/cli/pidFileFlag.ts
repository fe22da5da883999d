import { OptionError } from "../launch/errors.ts";
import { usage } from "./args.ts";
import type { Arguments, Command, Flag } from "./command.ts";

export const PID_FILE_FLAG = {
  short: "p",
  value: "FILE",
  describe: "act on the daemon that this pid file names, in place of services",
} as const satisfies Flag;

/** The value of `--pid-file`; undefined where the command is about services. */
export function pidFileOf(command: Command, args: Arguments<"pid-file">): string | undefined {
  if (!args.has("pid-file")) return undefined;
  const path = args.text("pid-file");
  if (path === undefined || path === "") throw usage(command, "--pid-file needs the path of a file");
  return path;
}

/** Refuses flags and words that say nothing where a command acts on a pid file, or where it doesn't. */
export function refuse<F extends string>(command: Command, args: Arguments<F>, flags: readonly F[], why: string): void {
  const given = flags.find((flag) => args.has(flag));
  if (given !== undefined) throw new OptionError(`--${given}`, `${command.name}: --${given} ${why}`);
}

/** With a pid file, no service can be meant. */
export function refuseOperands(command: Command, args: Arguments, most = 0): void {
  const extra = args.operands[most];
  if (extra !== undefined)
    throw usage(command, `unexpected argument ${JSON.stringify(String(extra))}: --pid-file names the daemon already`);
}
