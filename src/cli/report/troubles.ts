/** What failed and what recovered: checks, and what else the supervisor told of. Pure. */
import type { CheckState } from "../../monitor/checks.ts";
import type { SupervisorEvent } from "../../supervisor/control.ts";

export interface Trouble {
  /** "web/0: memory above 512 MiB", "journal" */
  readonly subject: string;
  /** How often it began. */
  readonly times: number;
  readonly firstAt: number;
  readonly lastAt: number;
  /** Milliseconds altogether, as far as the events tell; null where its end isn't known. */
  readonly lasted: number | null;
  /** It goes on. */
  readonly now: boolean;
  /** What was told last of it. */
  readonly message: string;
}

interface Open {
  times: number;
  firstAt: number;
  lastAt: number;
  lasted: number | null;
  /** Since when it goes on. */
  since: number | null;
  message: string;
}

export interface Troubles {
  readonly checks: readonly Trouble[];
  readonly others: readonly Trouble[];
}

/**
 * @param events in order
 * @param checks as they are now: which subjects are checks, and which of them fail
 * @param lasting what the supervisor says is wrong now, each a sentence that begins with its subject
 */
export function troublesOf(
  events: readonly SupervisorEvent[],
  { checks, lasting, since, now }: { checks: readonly CheckState[]; lasting: readonly string[]; since: number; now: number },
): Troubles {
  const open = new Map<string, Open>();
  for (const event of events) {
    if (event.type !== "problem" && event.type !== "recovered") continue;
    const { at, subject, message } = event;
    const known = open.get(subject);
    if (event.type === "problem") {
      const fresh = { times: 0, firstAt: at, lastAt: at, lasted: 0, since: null, message };
      const next = known ?? fresh;
      // The same one once more, as by a supervisor that was started again, is no new one while it lasts.
      if (next.since === null) next.times += 1;
      open.set(subject, Object.assign(next, { lastAt: at, since: next.since ?? at, message }));
    } else if (known !== undefined) {
      known.lasted = known.since === null || known.lasted === null ? known.lasted : known.lasted + (at - Math.max(since, known.since));
      known.since = null;
      known.lastAt = at;
    }
  }
  const firing = new Map(checks.flatMap(({ id, firingSince }) => (firingSince === null ? [] : [[id, firingSince] as const])));
  const ids = new Set(checks.map(({ id }) => id));
  const all = [...open].flatMap(([subject, found]): Trouble[] => {
    const goesOn = firing.has(subject) || lasting.some((sentence) => sentence.startsWith(`${subject}: `));
    // Over before the time that is reported on.
    if (!goesOn && found.lastAt < since) return [];
    const { times, firstAt, lastAt, message } = found;
    return [{ subject, times, firstAt, lastAt, lasted: lastedOf(found, goesOn, since, now), now: goesOn, message }];
  });
  const byTimes = (one: Trouble, other: Trouble) => Number(other.now) - Number(one.now) || other.times - one.times;
  return {
    checks: all.filter(({ subject }) => ids.has(subject)).sort(byTimes),
    others: all.filter(({ subject }) => !ids.has(subject)).sort(byTimes),
  };
}

/** One that began, does not go on, and of whose end nobody told was a moment, or ended with the supervisor that knew it. */
function lastedOf({ lasted, since: began }: Open, goesOn: boolean, since: number, now: number): number | null {
  if (began === null) return lasted;
  return goesOn && lasted !== null ? lasted + (now - Math.max(since, began)) : null;
}
