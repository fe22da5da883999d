/** Files of a tree that commands look at without its supervisor. */
import { join } from "node:path";
import type { Home } from "../supervisor/state/home.ts";

/** Where the errors of a tree in the background are. */
export function supervisorLog({ log }: Pick<Home, "log">): string {
  return join(log, "supervisor.log");
}

/** Where a supervisor that can't begin says why. */
export function troubleFile({ run }: Pick<Home, "run">): string {
  return join(run, "trouble");
}
