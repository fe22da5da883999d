/**
 * Not every failure is told: what flaps would be told all day. Pure: the time is passed in.
 *
 * The rule: a failure is told at once, and its recovery too. If the same thing fails again within the window after that
 * alert, nothing is told, only counted, nor is that recovered. When the window is over and it is failing then, there is one
 * alert that says how often it was; if it is well then, there is none. So there is at most one alert, and one recovery, for
 * each thing in a window.
 */
import type { Notice } from "./alerts.ts";

/** Milliseconds: at most one alert of a thing in that time. */
export const ALERT_WINDOW = 300_000;

type Trouble = Omit<Notice, "kind" | "count">;

interface Thing {
  /** When an alert of it was told last. */
  alertedAt: number;
  isFailing: boolean;
  /** What was told last. */
  told: "failing" | "recovered";
  /** Failures that were not told. */
  untold: number;
  latest: Trouble;
}

export class AlertThrottle {
  readonly #window: number;
  readonly #things = new Map<string, Thing>();

  /** @param window milliseconds; default {@link ALERT_WINDOW} */
  constructor(window: number = ALERT_WINDOW) {
    this.#window = window;
  }

  /** It fails, maybe again. What is to be told, or null. */
  failing(trouble: Trouble): Notice | null {
    const thing = this.#things.get(trouble.key);
    if (thing === undefined || trouble.at - thing.alertedAt >= this.#window) {
      return this.#tell(trouble, (thing?.untold ?? 0) + 1);
    }
    thing.isFailing = true;
    thing.untold += 1;
    thing.latest = trouble;
    return null;
  }

  /** It failed already, and that was told: by an earlier one. */
  adopt(trouble: Trouble): void {
    this.#tell(trouble, 1);
  }

  /** It is well. What is to be told: null where nobody was told that it failed. */
  recovered(trouble: Trouble): Notice | null {
    const thing = this.#things.get(trouble.key);
    if (thing === undefined || !thing.isFailing) return null;
    thing.isFailing = false;
    if (thing.told === "recovered") return null;
    thing.told = "recovered";
    const { since, at } = thing.latest;
    return { ...trouble, since: since ?? at, kind: "recovered", count: 1 };
  }

  /** Windows that are over by now: what was held back in them. */
  due(at: number): readonly Notice[] {
    const notices: Notice[] = [];
    for (const [key, { alertedAt, isFailing, untold, latest }] of this.#things) {
      if (at - alertedAt < this.#window) continue;
      if (!isFailing) this.#things.delete(key);
      else if (untold > 0) notices.push(this.#tell({ ...latest, at }, untold));
    }
    return notices;
  }

  /** How many things fail that were told. */
  get failures(): readonly string[] {
    return [...this.#things].flatMap(([key, { isFailing }]) => (isFailing ? [key] : []));
  }

  #tell(trouble: Trouble, count: number): Notice {
    this.#things.set(trouble.key, { alertedAt: trouble.at, isFailing: true, told: "failing", untold: 0, latest: trouble });
    return { ...trouble, kind: "failing", count };
  }
}
