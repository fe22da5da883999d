/** The command that init runs as the supervisor. */
import { existsSync } from "node:fs";
import { ownProgram } from "../launch/ownProgram.ts";

/** V8's options for a process that lives for months and computes little. */
export const SUPERVISOR_FLAGS = [
  // MiB for young objects, which would grow to 16: of 36 MB of its own with 200 services, 28 are left.
  "--max-semi-space-size=1",
  // Heaps that grow in small steps: of 63 MB of its own with 1,000 services, 53 are left.
  "--optimize-for-size",
  // No collection only because nothing happens, and none by four threads beside ours: of 0.8 % of a processor with 1,000 idle services, 0.5 are left.
  "--no-memory-reducer",
  "--single-threaded-gc",
];

/**
 * This Node, and the bundle beside ours; in a checkout that has none, the source.
 *
 * @example
 * supervisorCommand() // ["/usr/bin/node", "--max-semi-space-size=1", … "/usr/lib/node_modules/daemonitor/dist/supervisor.cjs"]
 */
export function supervisorCommand(): readonly string[] {
  const command = ownProgram("supervisor.cjs", "src/api/main.ts", SUPERVISOR_FLAGS);
  const program = command.at(-1) ?? "";
  if (!existsSync(program)) throw new Error(`daemonitor is not whole: ${program} is missing; install it again`);
  return command;
}
