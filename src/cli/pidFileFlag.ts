import { usage } from "./args.ts";
import type { Arguments, Command, Flag } from "./command.ts";

export const PID_FILE_FLAG = { short: "p", value: "FILE", describe: "the pid file of the daemon; required" } as const satisfies Flag;

/** The value of `--pid-file`, without which these commands don't know whom they are about. */
export function pidFileOf(command: Command, args: Arguments<"pid-file">): string {
  const path = args.text("pid-file");
  if (path === undefined || path === "") throw usage(command, "--pid-file FILE is needed, it names the daemon");
  return path;
}
