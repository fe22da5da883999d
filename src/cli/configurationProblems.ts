/** Telling what is wrong with a configuration. */
import { EXIT } from "../launch/errors.ts";
import type { Problem } from "../service/problem.ts";
import { printError, printJson } from "./output.ts";
import { styleFor } from "./style.ts";

export interface Telling {
  readonly json: boolean;
  /** Leaves warnings out. */
  readonly quiet: boolean;
  /** How one problem reads, of a file or of a flag; a warning says that it is one. */
  readonly format: (problem: Problem) => string;
  /** Default: that of configurations. */
  readonly exitCode?: number;
}

/** One line for each. With --json one object, and only if there is an error: else it comes with the result. Returns the exit code. */
export function tellProblems(problems: readonly Problem[], { json, quiet, format, exitCode = EXIT.configuration }: Telling): number {
  const errors = problems.filter(({ severity }) => severity === "error");
  const code = errors.length === 0 ? EXIT.ok : exitCode;
  if (json) {
    if (code !== EXIT.ok)
      printJson({ error: { code: "ERR_CONFIGURATION", exitCode: code, message: errors.map(format).join("; "), problems } });
    return code;
  }
  for (const problem of problems) {
    if (problem.severity === "error") printError(`${styleFor(2).red("daemonitor:")} ${format(problem)}\n`);
    else if (!quiet) printError(`${format(problem)}\n`);
  }
  return code;
}
