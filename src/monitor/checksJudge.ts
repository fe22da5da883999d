/** One check after one more sample. Pure. */

/** What is remembered of a check. */
export interface Judged {
  readonly run: string | null;
  /** Of the last M samples of this run, oldest first: whether they were bad. */
  readonly results: readonly boolean[];
  /** Whether N of them are. */
  readonly isBad: boolean;
  /** So many samples in a row with fewer than N of M bad. */
  readonly calm: number;
  /** When it fired, until it has recovered. */
  readonly firing: number | null;
  /** It fired before this run began, and has not fired in it yet. */
  readonly inherited: boolean;
  /** What the last sample brought about. */
  readonly verdict: "fires" | "fires again" | "recovers" | null;
}

export const NEVER_JUDGED: Judged = { run: null, results: [], isBad: false, calm: 0, firing: null, inherited: false, verdict: null };

/**
 * @param at of the sample
 *
 * @example
 * judge({ times: 1, of: 1 }, NEVER_JUDGED, { bad: true, run: "1" }, 5000).verdict // "fires"
 */
export function judge(
  { times, of }: { readonly times: number; readonly of: number },
  before: Judged,
  { bad, run }: { readonly bad: boolean | null; readonly run: string },
  at: number,
): Judged {
  if (bad === null) return before.verdict === null ? before : { ...before, verdict: null };
  const isAnew = before.run !== null && before.run !== run;
  const inherited = before.firing !== null && (before.inherited || isAnew);
  const results = [...(isAnew ? [] : before.results), bad].slice(-of);
  const isBad = results.filter(Boolean).length >= times;
  const calm = isBad ? 0 : (isAnew ? 0 : before.calm) + 1;
  const now = { run, results, isBad, calm };
  if (before.firing === null)
    return isBad ? { ...now, firing: at, inherited: false, verdict: "fires" } : { ...now, firing: null, inherited, verdict: null };
  if (isBad && inherited && results.length === of) return { ...now, firing: before.firing, inherited: false, verdict: "fires again" };
  if (calm >= of) return { ...now, firing: null, inherited: false, verdict: "recovers" };
  return { ...now, firing: before.firing, inherited, verdict: null };
}
