/** How long a command waits for what it asked for, and how a person ends that. */
import { constants } from "node:os";
import { DaemonError } from "../launch/errors.ts";
import { parseDuration } from "../values/duration.ts";
import type { Arguments, Flag } from "./command.ts";
import { exclude, flagValue, secondsUnlessSaid } from "./flagValues.ts";

export const WAIT_FLAGS = {
  "no-wait": { describe: "return at once; don't wait until it is done" },
  timeout: {
    short: "t",
    value: "TIME",
    default: "as long as it takes",
    describe: "how long to wait; a bare number is seconds. What was asked for goes on",
  },
} as const satisfies Record<string, Flag>;

/** As an action has it: milliseconds, null for as long as it takes, 0 for not at all. */
export function waitOf(args: Arguments<"no-wait" | "timeout">): number | null {
  exclude(args, "no-wait", "timeout");
  if (args.has("no-wait")) return 0;
  const text = args.text("timeout");
  if (text === undefined) return null;
  const wait = flagValue("timeout", () => parseDuration(secondsUnlessSaid(text)));
  return Number.isFinite(wait) ? wait : null;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs `work` with a signal that the first SIGINT, SIGTERM or SIGHUP aborts. What was asked for goes on in the supervisor.
 *
 * @throws DaemonError EINTR after such a signal, with the exit code that shells have for it
 */
export async function interruptibleWait<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let caught: (typeof SIGNALS)[number] | undefined;
  const listeners = SIGNALS.map((name) => {
    const listener = () => {
      caught ??= name;
      controller.abort();
    };
    process.on(name, listener);
    return () => process.off(name, listener);
  });
  try {
    return await work(controller.signal);
  } catch (error) {
    throw caught === undefined ? error : interrupted(caught, error);
  } finally {
    for (const remove of listeners) remove();
  }
}

function interrupted(name: (typeof SIGNALS)[number], cause: unknown): DaemonError {
  return new DaemonError(
    {
      step: "wait",
      code: "EINTR",
      errno: constants.errno.EINTR,
      strerror: `interrupted by ${name}`,
      hint: 'what was asked for goes on: see "daemonitor status"',
      exitCode: 128 + constants.signals[name],
    },
    { cause },
  );
}
