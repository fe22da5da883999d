/**
 * What follows when a service ended without being asked to: pure, like the machine that asks it.
 *
 * A service that was stable restarts at once. One that keeps dying backs off exponentially with full jitter. What it did
 * is in its {@link RestartRecord}, which is saved with the instance: it survives the supervisor.
 */
export interface RestartPolicy {
  readonly when: "always" | "on-failure" | "never";
  /** Milliseconds of readiness after which it counts as stable. */
  readonly stable: number;
  readonly backoff: { readonly initial: number; readonly factor: number; readonly max: number };
  /** So many ends within `window` (ms) are tolerated; one more, and it is given up. Null: never. */
  readonly limit: number | null;
  readonly window: number;
}

export interface RestartRecord {
  /** The exponent of the next back-off: one more with each end, one less with each period of stability. */
  readonly failures: number;
  /** Starts in a row that failed for want of memory or processes, not by fault of the program. */
  readonly temporary: number;
  /** When it ended without being asked, the latest `limit` + 1 at most (ms on the monotonic clock). */
  readonly ends: readonly number[];
  /** Since when `failures` has not decayed; null while it isn't ready. */
  readonly calmSince: number | null;
}

export const CLEAN_RECORD: RestartRecord = { failures: 0, temporary: 0, ends: [], calmSince: null };

/** How it ended. `uptime` is the time since it was ready, null if it never was. */
export interface Ended {
  readonly success: boolean;
  readonly temporary: boolean;
  readonly uptime: number | null;
}

export type Verdict =
  /** `nth` of the ends within the window, null where no limit counts them. */
  | { readonly is: "restart"; readonly delay: number; readonly nth: number | null; readonly record: RestartRecord }
  | { readonly is: "complete"; readonly record: RestartRecord }
  | { readonly is: "fail"; readonly nth: number | null; readonly record: RestartRecord };

/** Full jitter may draw 0 again and again; this keeps the worst luck from spinning. */
export const LEAST_DELAY_MS = 10;

/** Beyond this the exponent makes no difference for any `max`, and stability could never pay it off. */
const MOST_FAILURES = 30;

const TEMPORARY: ReadonlySet<string> = new Set(["EAGAIN", "ENOMEM", "EMFILE", "ENFILE", "ENOBUFS", "EINTR", "ETXTBSY"]);

/** Whether a launch that failed with this errno ("EAGAIN") says nothing about the program. */
export function isTemporary(code: string): boolean {
  return TEMPORARY.has(code);
}

/**
 * @param now `at`: monotonic ms; `random`: [0, 1)
 * @example
 * restartAfter(policy, CLEAN_RECORD, { success: false, temporary: false, uptime: 60_000 }, { at, random });
 * // { is: "restart", delay: 0, … }: it was stable
 */
export function restartAfter(
  policy: RestartPolicy,
  record: RestartRecord,
  ended: Ended,
  now: { readonly at: number; readonly random: number },
): Verdict {
  if (ended.temporary) {
    const delay = backoffDelay(policy, record.temporary, now.random);
    return { is: "restart", delay, nth: null, record: { ...record, temporary: Math.min(record.temporary + 1, MOST_FAILURES) } };
  }
  const calm = { ...decay(policy, record, now.at), temporary: 0, calmSince: null };
  if (policy.when === "never" || (policy.when === "on-failure" && ended.success)) {
    return ended.success ? { is: "complete", record: calm } : { is: "fail", nth: null, record: calm };
  }
  const ends = policy.limit === null ? [] : [...calm.ends.filter((at) => at > now.at - policy.window && at <= now.at), now.at];
  const nth = policy.limit === null ? null : ends.length;
  if (policy.limit !== null && ends.length > policy.limit) {
    return { is: "fail", nth, record: { ...calm, ends: ends.slice(-policy.limit - 1) } };
  }
  if (ended.uptime !== null && ended.uptime >= policy.stable) return { is: "restart", delay: 0, nth, record: { ...calm, ends } };
  const delay = backoffDelay(policy, calm.failures, now.random);
  return { is: "restart", delay, nth, record: { ...calm, ends, failures: Math.min(calm.failures + 1, MOST_FAILURES) } };
}

/** random × min(max, initial × factor^n): "full jitter", so that what died together doesn't return together. */
export function backoffDelay({ backoff }: Pick<RestartPolicy, "backoff">, n: number, random: number): number {
  // Finite, since 0 × Infinity is no number.
  const growth = Math.min(Number.MAX_SAFE_INTEGER, backoff.factor ** n);
  return Math.max(LEAST_DELAY_MS, random * Math.min(backoff.max, backoff.initial * growth));
}

/** One failure is forgiven for each period of stability. Counting from `calmSince`, it may be called at any time, any number of times. */
export function decay(policy: Pick<RestartPolicy, "stable">, record: RestartRecord, at: number): RestartRecord {
  const { calmSince, failures } = record;
  if (calmSince === null) return record;
  // A monotonic clock begins anew when the machine does.
  if (calmSince > at) return { ...record, calmSince: at };
  const periods = policy.stable > 0 ? Math.floor((at - calmSince) / policy.stable) : failures;
  if (periods === 0) return record;
  return { ...record, failures: Math.max(0, failures - periods), calmSince: calmSince + periods * policy.stable };
}
