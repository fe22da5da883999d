/** The command that init runs as the supervisor. */
import { existsSync } from "node:fs";
import { join } from "node:path";

/** It lives for months and computes little: a third of the memory with 1,000 services. */
export const FLAGS = ["--max-semi-space-size=1", "--optimize-for-size"];

/**
 * This Node, and the bundle beside ours; in a checkout that has none, the source.
 *
 * @example
 * supervisorCommand() // ["/usr/bin/node", "--max-semi-space-size=1", … "/usr/lib/node_modules/daemonitor/dist/supervisor.cjs"]
 */
export function supervisorCommand(): readonly string[] {
  const here = import.meta.dirname;
  const bundle = here.endsWith("/dist") ? `${here}/supervisor.cjs` : undefined;
  if (bundle !== undefined && existsSync(bundle)) return [process.execPath, ...FLAGS, bundle];
  const source = join(here, bundle === undefined ? "../.." : "..", "src/api/main.ts");
  if (!existsSync(source)) throw new Error(`daemonitor is not whole: ${bundle ?? source} is missing; install it again`);
  return [process.execPath, ...FLAGS, "--disable-warning=ExperimentalWarning", source];
}
