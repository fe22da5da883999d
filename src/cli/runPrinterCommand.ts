/** The command that prints what services write, for the supervisor of `daemonitor run` to start. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isatty } from "node:tty";
import type { Home } from "../supervisor/state/home.ts";
import type { PrintForm } from "./runPrinter.ts";
import { styleFor } from "./style.ts";

/** It lives as long as the services and keeps little. */
const FLAGS = ["--max-semi-space-size=1", "--optimize-for-size"];

/** This Node, and the bundle beside ours; in a checkout that has none, the source. */
export function printerCommand({ log }: Pick<Home, "log">, raw: boolean): readonly string[] {
  const here = import.meta.dirname;
  const bundle = `${here}/runOutput.cjs`;
  const isBundled = here.endsWith("/dist") && existsSync(bundle);
  const source = join(here, here.endsWith("/dist") ? "../src/cli" : "", "runOutput.ts");
  const program = isBundled ? [bundle] : ["--disable-warning=ExperimentalWarning", source];
  return [process.execPath, ...FLAGS, ...program, log, formFor(raw)];
}

/** Told here, where the caller's environment is. */
function formFor(raw: boolean): PrintForm {
  if (raw) return "raw";
  if (!isatty(1)) return "plain";
  return styleFor(1).bold("x") === "x" ? "terminal" : "colours";
}
