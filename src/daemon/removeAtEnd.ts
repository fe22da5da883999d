/** A pid file is gone after a clean end: exit, SIGTERM, SIGINT. */
import type { PidFile } from "./pidFile.ts";

const ENDING = ["SIGTERM", "SIGINT"] as const;

/**
 * Removes the file when the process ends. A signal that the program doesn't handle still ends it by that very signal, so
 * that whoever waits for it learns the truth.
 */
export function removeAtEnd(pidFile: PidFile): void {
  process.on("exit", () => pidFile.remove());
  for (const signal of ENDING) process.on(signal, endBy);

  function endBy(signal: NodeJS.Signals): void {
    if (process.listenerCount(signal) > 1) return;
    pidFile.remove();
    process.removeListener(signal, endBy);
    process.kill(process.pid, signal);
  }
}
