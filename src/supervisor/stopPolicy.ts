/** How insistent a stop is. */

const KILL_FIRST_MS = 200;
const KILL_MOST_MS = 5000;

/** A service may ask for more time (EXTEND_TIMEOUT_USEC) again and again; a stop ends all the same. */
export const MOST_EXTENSION_MS = 3_600_000;

/** Milliseconds until SIGKILL is sent again to what is left, after the `n`th (0, 1 …): something hangs in the kernel, or was born meanwhile. */
export function killAgainAfter(n: number): number {
  return Math.min(KILL_MOST_MS, KILL_FIRST_MS * 2 ** Math.min(n, 10));
}
