/** Programs that a test writes, for what only their own code can show. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Tracked } from "../support/cleanup.ts";
import { root } from "../support/run.ts";

export const library = join(root, "src/index.ts");

/** A module with the library's functions in scope, in a directory of its own. Returns its path. */
export function writeProgram(tracked: Tracked, code: string, name = "program.mjs"): string {
  const path = join(tracked.dir(), name);
  writeFileSync(path, `import { createDaemon, DaemonError, daemonize, isDaemon } from ${JSON.stringify(library)};\n${code}\n`);
  return path;
}
