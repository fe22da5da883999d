/** The command that prints what services write, for the supervisor of `daemonitor run` to start. */
import { isatty } from "node:tty";
import { SUPERVISOR_FLAGS } from "../api/supervisorProgram.ts";
import { ownProgram } from "../launch/ownProgram.ts";
import type { Home } from "../supervisor/state/home.ts";
import type { PrintForm } from "./runPrinter.ts";
import { styleFor } from "./style.ts";

/** It lives as long as the supervisor and keeps as little. */
export function printerCommand({ log }: Pick<Home, "log">, raw: boolean): readonly string[] {
  return [...ownProgram("runOutput.cjs", "src/cli/runOutput.ts", SUPERVISOR_FLAGS), log, formFor(raw)];
}

/** Told here, where the caller's environment is. */
function formFor(raw: boolean): PrintForm {
  if (raw) return "raw";
  if (!isatty(1)) return "plain";
  return styleFor(1).bold("x") === "x" ? "terminal" : "colours";
}
