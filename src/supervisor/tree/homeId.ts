/** The id of a home, that the marks of its processes carry (see mark.ts). */
import { join } from "node:path";
import type { Home } from "../state/home.ts";
import { readWhole, writeWholeSync } from "../state/wholeFile.ts";

const STEP = "home id";

/**
 * Reads the id, or makes one. It lies beside the journal and ends with it, at the next boot, as the processes that carry it
 * do. Only for who has the tree's lock: two that make it at once would have two.
 *
 * @throws DaemonError ERR_STATE_FILE for a file that somebody else could have put there, or the errno of what failed
 *
 * @example
 * ensureHomeId(home) // "5f0c2b7a9d3e4416"
 */
export function ensureHomeId(home: Home): string {
  const path = join(home.run, "id");
  const found = readWhole(path, STEP)?.toString("latin1").trim();
  if (found !== undefined && /^[0-9a-f]{16}$/.test(found)) return found;
  // Loaded here, since every start of a supervisor reads the id and hardly one makes it.
  const id = process.getBuiltinModule("node:crypto").randomBytes(8).toString("hex");
  writeWholeSync(path, `${id}\n`, STEP, { durable: false });
  return id;
}
