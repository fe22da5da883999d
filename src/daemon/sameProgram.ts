/** The command line that starts this very program again. */
import { readFileSync } from "node:fs";
import { DaemonError } from "../launch/errors.ts";
import type { Text } from "../launch/steps.ts";
import { splitCommandLine } from "../values/commandLine.ts";

export interface SameProgram {
  readonly file: string;
  readonly argv: readonly Text[];
}

/** Flags that take the script from elsewhere than a file. */
const EVALUATES = /^(-e|-p|-pe|--eval|--print|-i|--interactive)(=|$)/;

/**
 * Same executable, execArgv and arguments. A debugger's break at the first line is left out: nobody would be there to
 * go on. Throws a DaemonError where there is no script file to start again.
 */
export function sameProgram(): SameProgram {
  const script = process.argv[1];
  if (script === undefined || script === "-" || process.execArgv.some((flag) => EVALUATES.test(flag))) {
    throw DaemonError.own("ERR_NO_SCRIPT", "createDaemon", "the program came from -e or standard input, so it can't be started again", {
      hint: "put it into a file",
    });
  }
  return { file: process.execPath, argv: [process.argv0, ...process.execArgv.map(withoutBreak), ...rawArguments()] };
}

/** The same for NODE_OPTIONS. */
export function withoutBreak(flags: string): string {
  return flags.replace(/--inspect-(?:brk|wait)(?=[=\s]|$)/g, "--inspect");
}

/** A debugger on its port would keep the daemon from listening there. */
export function releaseInspector(): void {
  const flags = [...process.execArgv, process.env.NODE_OPTIONS ?? ""].join(" ");
  if (flags.includes("--inspect")) process.getBuiltinModule("node:inspector").close();
}

/**
 * Script and arguments as the kernel has them: process.argv is lossy where they are not UTF-8. A process title that was
 * set overwrites them, so what doesn't match process.argv is not believed.
 */
function rawArguments(): readonly Text[] {
  const decoded = process.argv.slice(1);
  const raw = splitCommandLine(readFileSync("/proc/self/cmdline")).slice(1 + process.execArgv.length);
  const same = raw.length === decoded.length && raw.every((bytes, index) => index === 0 || bytes.toString() === decoded[index]);
  return same ? [decoded[0] ?? "", ...raw.slice(1)] : decoded;
}
