import { OptionError } from "../launch/errors.ts";
import type { Flag } from "./command.ts";

/** Says in flags what the library says in options: "option 'pidFile'" is "--pid-file" on the command line. */
export function inFlags(error: unknown, flags: Readonly<Record<string, Flag>>): unknown {
  if (!(error instanceof OptionError)) return error;
  const message = error.message
    .replace(/^file: /, "command: ")
    .replaceAll(/option '(\w+)'(?: set to (?:true|false))?/g, (said: string, option: string) => flagOf(option, flags) ?? said);
  return new OptionError(flagOf(error.option, flags) ?? error.option, message);
}

function flagOf(option: string, flags: Readonly<Record<string, Flag>>): string | undefined {
  const found = Object.entries(flags).find(([, flag]) => flag.option === option);
  return found === undefined ? undefined : `--${found[0]}`;
}
