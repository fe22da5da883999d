/**
 * The supervisor's compiled code, kept for the next one: it answers that much sooner after it was killed. Who can write to such a
 * cache can run code as its user: so it is in the runtime directory, which is closed to others.
 */
import { flushCompileCache } from "node:module";
import { join } from "node:path";
import type { Home } from "../supervisor/state/home.ts";

/** Milliseconds after which a supervisor has done most of what it ever does. */
const SETTLED = 10_000;

/** Of a tree: Node looks there before it compiles. Whoever has a cache of his own for all of Node keeps it. */
export function withCompileCache(env: NodeJS.ProcessEnv, home: Home): NodeJS.ProcessEnv {
  return { NODE_COMPILE_CACHE: join(home.run, "compile-cache"), ...env };
}

/** Called once by the supervisor. Where the disk takes nothing, the next one compiles. */
export function keepCompiled(): void {
  setTimeout(() => flushCompileCache(), SETTLED).unref();
}
