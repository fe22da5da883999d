/** The command that init runs as the supervisor. */
import { existsSync } from "node:fs";
import { join } from "node:path";

/** V8's options for a process that lives for months and computes little. */
export const SUPERVISOR_FLAGS = [
  // MiB for young objects, which would grow to 16: of 36 MB of its own with 200 services, 28 are left.
  "--max-semi-space-size=1",
  // Heaps that grow in small steps: of 63 MB of its own with 1,000 services, 53 are left.
  "--optimize-for-size",
];

/**
 * This Node, and the bundle beside ours; in a checkout that has none, the source.
 *
 * @example
 * supervisorCommand() // ["/usr/bin/node", "--max-semi-space-size=1", … "/usr/lib/node_modules/daemonitor/dist/supervisor.cjs"]
 */
export function supervisorCommand(): readonly string[] {
  const here = import.meta.dirname;
  const bundle = here.endsWith("/dist") ? `${here}/supervisor.cjs` : undefined;
  if (bundle !== undefined && existsSync(bundle)) return [process.execPath, ...SUPERVISOR_FLAGS, bundle];
  const source = join(here, bundle === undefined ? "../.." : "..", "src/api/main.ts");
  if (!existsSync(source)) throw new Error(`daemonitor is not whole: ${bundle ?? source} is missing; install it again`);
  return [process.execPath, ...SUPERVISOR_FLAGS, "--disable-warning=ExperimentalWarning", source];
}
