import { constants } from "node:os";
import { DaemonError } from "../launch/errors.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface Interruption {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** What to report in place of `error`, which the abort brought about; `error` itself when there was no signal. */
  explain(error: unknown): unknown;
}

/** Lets a person give up waiting: from now on SIGINT, SIGTERM and SIGHUP abort the wait instead of ending this process at once. */
export function interruptible(): Interruption {
  const controller = new AbortController();
  let caught: (typeof SIGNALS)[number] | undefined;
  for (const name of SIGNALS) {
    process.on(name, () => {
      caught ??= name;
      controller.abort();
    });
  }
  return { signal: controller.signal, explain: (error) => (caught === undefined ? error : interrupted(caught, error)) };
}

/** Exit codes as shells have them: 130 for SIGINT, 143 for SIGTERM. */
function interrupted(name: (typeof SIGNALS)[number], cause: unknown): DaemonError {
  return new DaemonError(
    {
      step: "ready",
      code: "EINTR",
      errno: constants.errno.EINTR,
      strerror: `interrupted by ${name} before the daemon was ready; it was ended`,
      exitCode: 128 + constants.signals[name],
    },
    { cause },
  );
}
