/** A program of ours that another one of ours starts. */
import { existsSync } from "node:fs";
import { join } from "node:path";

/**
 * This Node, and the bundle beside ours; in a checkout that has none, the source.
 *
 * @param bundle its file in dist
 * @param source its file in a checkout
 * @param flags for Node
 *
 * @example
 * ownProgram("compressor.cjs", "src/logs/compressor.ts") // ["/usr/bin/node", "/usr/lib/node_modules/daemonitor/dist/compressor.cjs"]
 */
export function ownProgram(bundle: string, source: string, flags: readonly string[] = []): readonly [string, ...string[]] {
  const here = import.meta.dirname;
  const isBundled = here.endsWith("/dist");
  const path = join(here, bundle);
  if (isBundled && existsSync(path)) return [process.execPath, ...flags, path];
  return [process.execPath, ...flags, "--disable-warning=ExperimentalWarning", join(here, isBundled ? ".." : "../..", source)];
}
