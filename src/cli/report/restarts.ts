/** Who was started again, how often and why: read off the events. Pure. */
import type { SupervisorEvent } from "../../supervisor/control.ts";

export interface Reason {
  /** "exit status 3" */
  readonly reason: string;
  readonly times: number;
  readonly lastAt: number;
}

export interface Restarts {
  /** "web/0" */
  readonly instance: string;
  readonly times: number;
  /** The most frequent first. */
  readonly reasons: readonly Reason[];
  readonly lastAt: number;
  /** Of each time that it was given up, the latest last. */
  readonly givenUp: readonly { readonly at: number; readonly reason: string }[];
}

type StateEvent = Extract<SupervisorEvent, { readonly type: "state" }>;

const ALIVE = new Set<string>(["starting", "running", "reloading"]);

/**
 * Those that were started again most often come first. A start of what was at rest is no restart.
 *
 * @param events in order
 * @param since events before it only say what came of them later
 * @example
 * restartsOf(events, Date.now() - 86_400_000)[0]?.reasons // [{ reason: "killed by SIGKILL", times: 3, lastAt: … }]
 */
export function restartsOf(events: readonly SupervisorEvent[], since: number): readonly Restarts[] {
  const byInstance = new Map<string, StateEvent[]>();
  for (const event of events) {
    if (event.type !== "state") continue;
    const own = byInstance.get(event.instance) ?? [];
    own.push(event);
    byInstance.set(event.instance, own);
  }
  return [...byInstance]
    .map(([instance, own]) => restartsOfOne(instance, own, since))
    .filter(({ times, givenUp }) => times > 0 || givenUp.length > 0)
    .sort((one, other) => other.times - one.times || other.lastAt - one.lastAt);
}

function restartsOfOne(instance: string, events: readonly StateEvent[], since: number): Restarts {
  const reasons = new Map<string, { times: number; lastAt: number }>();
  const givenUp: { readonly at: number; readonly reason: string }[] = [];
  let cause = "";
  let times = 0;
  let lastAt = 0;
  for (const { at, from, to, reason } of events) {
    // What took it out of life is why it is started again, however many states are between.
    if (ALIVE.has(from)) cause = reason;
    if (at < since) continue;
    if (to === "failed") givenUp.push({ at, reason: reason === "nothing is left of it" ? cause : reason });
    if (to !== "starting" || !(from === "backoff" || from === "stopping" || ALIVE.has(from))) continue;
    const plain = plainReason(cause === "" ? reason : cause);
    const known = reasons.get(plain) ?? { times: 0, lastAt: at };
    reasons.set(plain, { times: known.times + 1, lastAt: at });
    times += 1;
    lastAt = at;
  }
  const sorted = [...reasons].map(([reason, known]) => ({ reason, ...known })).sort((one, other) => other.times - one.times);
  return { instance, times, reasons: sorted, lastAt: Math.max(lastAt, givenUp.at(-1)?.at ?? 0), givenUp };
}

/** Without what differs each time: which one it was, and what follows. */
function plainReason(reason: string): string {
  return reason
    .replace(/, the (?:\w+)(?: in [^;]*?)? \(limit \d+\)/, "")
    .replace(/; (?:next try in .*|it was stable and restarts at once|follows when nothing is left of it)$/, "");
}
