/** Two ways to run the same wait: in this thread, or beside the event loop. */
import { native } from "../native/addon.ts";
import type { PollRequest, Wait } from "./readiness.ts";

/** Holds up the calling thread. */
export function driveSync<T>(wait: Wait<T>): T {
  let next = wait.next([]);
  while (next.done !== true) next = wait.next(native().poll(next.value.fds, next.value.timeout));
  return next.value;
}

/** Leaves the event loop free. An abort is thrown into the wait, which may go on waiting for its own clean-up. */
export async function driveAsync<T>(wait: Wait<T>, signal?: AbortSignal): Promise<T> {
  let watched = signal;
  let next = wait.next([]);
  while (next.done !== true) {
    const readable = watched?.aborted === true ? [] : await poll(next.value, watched);
    if (watched?.aborted === true) {
      const { reason } = watched;
      watched = undefined;
      next = wait.throw(reason);
    } else {
      next = wait.next(readable);
    }
  }
  return next.value;
}

async function poll({ fds, timeout }: PollRequest, signal: AbortSignal | undefined): Promise<readonly number[]> {
  const { done, cancel } = native().pollAsync(fds, timeout);
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    return await done;
  } finally {
    signal?.removeEventListener("abort", cancel);
  }
}
