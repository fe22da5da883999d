/**
 * Asks again and again whether a service that runs is well. Every result is told; how many failures in a row
 * are too many is the machine's to count.
 *
 *   startHealthChecks: probe = openHealthProbe(spec.health, { onPassed: () => step({ type: "probePassed" }),
 *                                                            onFailed: (why) => step({ type: "probeFailed", why }) }, context);
 *   stopHealthChecks: probe.close();
 */
import type { HealthSpec } from "../../service/specTypes.ts";
import { LimitedTry, LONGEST_DELAY } from "./limitedTry.ts";
import type { Probe, ProbeHandlers, RunCommand } from "./probe.ts";
import { tryOfHealth } from "./tries.ts";

export interface HealthContext {
  readonly runCommand: RunCommand;
  /** From 0 up to 1, such as Math.random. */
  readonly random: () => number;
  /** Milliseconds on a monotonic clock. */
  readonly now: () => number;
}

/** By how much a pause may be shorter or longer, so that services that were started together are not asked together for ever. */
const JITTER = 0.05;

/**
 * The first time within `every`, at a moment by chance; then every `every`. Failures in the first `startPeriod` milliseconds are
 * not told, unless something has passed before: then the service had started. A try is over after `timeout`, and one that won't
 * even end then fails all those that would have come, instead of standing beside them.
 */
export function openHealthProbe(spec: HealthSpec, { onPassed, onFailed, signal }: ProbeHandlers, context: HealthContext): Probe {
  const { every, timeout, startPeriod } = spec;
  const { random, now } = context;
  const limited = new LimitedTry(tryOfHealth(spec.probe, context.runCommand), timeout);
  const starts = now();
  let hasPassed = false;
  let timer: NodeJS.Timeout | undefined;
  const close = () => {
    clearTimeout(timer);
    limited.close();
    signal?.removeEventListener("abort", close);
  };
  const wait = (ms: number) => {
    timer = setTimeout(next, Math.min(Math.max(0, ms), LONGEST_DELAY));
  };
  const next = () => {
    const began = now();
    limited.start((why) => {
      // Counted from the beginning, so that the time a try takes doesn't make it rarer.
      wait(every * (1 + JITTER * (2 * random() - 1)) - (now() - began));
      if (why === null) {
        hasPassed = true;
        onPassed();
      } else if (hasPassed || now() - starts >= startPeriod) {
        onFailed(why);
      }
    });
  };
  if (signal?.aborted) return { close };
  signal?.addEventListener("abort", close, { once: true });
  wait(every * random());
  return { close };
}
