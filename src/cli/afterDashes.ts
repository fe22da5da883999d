import type { Argument } from "./command.ts";

/**
 * What stands before and after `--`: "start app.js -- --port 80" is a script with arguments, "start -- redis-server" a command.
 * The parser hands over all of them in a row. A `--` can't be a flag's value (it is refused as a forgotten one), so the first
 * one on the command line is the one that counts. Pure.
 *
 * @param argv the words of the command line, process.argv
 */
export function afterDashes(
  operands: readonly Argument[],
  argv: readonly string[],
): { readonly before: readonly Argument[]; readonly after: readonly Argument[] | undefined } {
  const at = argv.indexOf("--");
  if (at === -1) return { before: operands, after: undefined };
  const count = operands.length - (argv.length - at - 1);
  return { before: operands.slice(0, count), after: operands.slice(count) };
}
