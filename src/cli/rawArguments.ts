import { readFileSync } from "node:fs";
import { splitCommandLine } from "../values/commandLine.ts";
import type { Argument } from "./command.ts";

const REPLACEMENT = "\ufffd";

/**
 * The command line byte for byte: Node decodes arguments as UTF-8 and puts U+FFFD in place of what is not,
 * so these are read from /proc/self/cmdline, where every argument ends with a NUL.
 */
export function rawArguments(argv: readonly string[]): readonly Argument[] {
  if (!argv.some((arg) => arg.includes(REPLACEMENT))) return argv;
  const entries = splitCommandLine(readFileSync("/proc/self/cmdline")).slice(-argv.length);
  return argv.map((arg, index) => {
    const bytes = entries[index];
    return bytes === undefined || bytes.equals(Buffer.from(arg)) ? arg : bytes;
  });
}
