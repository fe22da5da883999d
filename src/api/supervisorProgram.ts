/** The command that init runs as the supervisor. */
import { existsSync } from "node:fs";
import { join } from "node:path";

/**
 * This Node, and the bundle beside ours; in a checkout that has none, the source.
 *
 * @example
 * supervisorCommand() // ["/usr/bin/node", "/usr/lib/node_modules/daemonitor/dist/supervisor.cjs"]
 */
export function supervisorCommand(): readonly string[] {
  const here = import.meta.dirname;
  const bundle = here.endsWith("/dist") ? `${here}/supervisor.cjs` : undefined;
  if (bundle !== undefined && existsSync(bundle)) return [process.execPath, bundle];
  const source = join(here, bundle === undefined ? "../.." : "..", "src/api/main.ts");
  if (!existsSync(source)) throw new Error(`daemonitor is not whole: ${bundle ?? source} is missing; install it again`);
  return [process.execPath, "--disable-warning=ExperimentalWarning", source];
}
