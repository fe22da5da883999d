/** Waiting for a condition, with a deadline. */
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Polls `fn` until it returns something else than false, null or undefined, and resolves to that.
 * An error that `fn` throws counts as "not yet" and is part of the message when time runs out.
 *
 * @param description completes "waited … ms for": "the daemon's pid file"
 */
export async function until<T>(
  description: string,
  fn: () => T | Promise<T>,
  { timeout = 15_000 }: { timeout?: number } = {},
): Promise<Exclude<T, false | null | undefined>> {
  const deadline = Date.now() + timeout;
  let lastError: unknown;
  for (let pause = 5; ; pause = Math.min(50, pause * 1.5)) {
    try {
      const result = await fn();
      if (result !== false && result !== null && result !== undefined) return result as Exclude<T, false | null | undefined>;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (Date.now() >= deadline) break;
    await sleep(pause);
  }
  const why = lastError === undefined ? "" : `; last error: ${lastError instanceof Error ? lastError.message : String(lastError)}`;
  throw new Error(`waited ${timeout} ms in vain for ${description}${why}`, { cause: lastError });
}
