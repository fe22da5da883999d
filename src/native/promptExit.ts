/**
 * How the programs of the project end: `process.exit()` that can't hang.
 *
 * Node waits for V8's threads and for its own there. A thread that compiles may wait for a garbage collection, which the main
 * thread alone could do, and then both wait for ever (nodejs/node#54918: seen here once in some thousand commands); one that
 * unpacks a log is waited for to the end, though nobody wants the result any more.
 */
import { native } from "./addon.ts";

/** What `process.exit()` calls when the listeners of "exit" have run; others replace it as well. */
interface Exiting {
  reallyExit(code?: number): never;
}

/** What Node writes while it ends, for those who measure programs. */
const MEASURED = /--(?:cpu-prof|heap-prof|report|trace-event|inspect|track-heap)/;

/**
 * From now on `process.exit()` runs the listeners of "exit", keeps compiled code where that was asked for, and ends by _exit(2).
 *
 * @example
 * exitPromptly();
 * main().then((code) => process.exit(code));
 */
export function exitPromptly(): void {
  const { NODE_OPTIONS = "", NODE_V8_COVERAGE } = process.env;
  if (NODE_V8_COVERAGE !== undefined || MEASURED.test(`${process.execArgv.join(" ")} ${NODE_OPTIONS}`)) return;
  const exiting = process as unknown as Exiting;
  const usual = exiting.reallyExit.bind(process);
  exiting.reallyExit = (code = 0) => {
    try {
      process.getBuiltinModule("node:module").flushCompileCache();
      return native().exitNow(code);
    } catch {
      // Without its native part, as Node does it.
      return usual(code);
    }
  };
}
