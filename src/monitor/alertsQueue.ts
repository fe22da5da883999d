/**
 * What waits for being told on one route, oldest first. Pure: time and randomness are passed in.
 *
 * One at a time; after a failure everything on the route waits, from 5 s up to an hour, doubling, half of it by chance. What
 * could not be told for a day is given up. Of a thing that waits already, and fails again, there is one notice with both
 * counts.
 */
import type { Notice } from "./alerts.ts";

/** So many wait at the most. */
export const MOST_WAITING = 200;

const FIRST_DELAY = 5000;
const LONGEST_DELAY = 3_600_000;
const PATIENCE = 24 * 3_600_000;

export interface Waiting {
  readonly notice: Notice;
  /** When it came. */
  readonly at: number;
  /** How often it was tried. */
  readonly attempts: number;
  /** Why the last attempt failed. */
  readonly error: string | null;
}

export class AlertQueue {
  #waiting: Waiting[] = [];
  #current: Waiting | undefined;
  #failures = 0;
  #nextAt = 0;
  /** Those that nobody will be told of: too many waited, or for too long, or they were refused. */
  dropped = 0;

  add(notice: Notice, at: number): void {
    const index = this.#waiting.findIndex((one) => one !== this.#current && isSame(one.notice, notice));
    const before = this.#waiting[index];
    if (before !== undefined) {
      this.#waiting[index] = { ...before, notice: { ...notice, count: before.notice.count + notice.count } };
      return;
    }
    this.#waiting.push({ notice, at, attempts: 0, error: null });
    if (this.#waiting.length > MOST_WAITING) this.#dropOne();
  }

  /** What is to be told now; undefined where nothing is, or the one before is not over. */
  next(at: number): Waiting | undefined {
    if (this.#current !== undefined || at < this.#nextAt) return undefined;
    const fresh = this.#waiting.filter((one) => at - one.at < PATIENCE);
    this.dropped += this.#waiting.length - fresh.length;
    this.#waiting = fresh;
    this.#current = fresh[0];
    return this.#current;
  }

  /** The one that `next` gave was told. */
  succeeded(): void {
    this.#failures = 0;
    this.#nextAt = 0;
    this.#remove();
  }

  /** `random` from 0 to 1. `refused`: another attempt would end the same. */
  failed(error: string, at: number, random: number, refused = false): void {
    const current = this.#current;
    if (current === undefined) return;
    if (refused) {
      this.dropped += 1;
      this.#remove();
      return;
    }
    const longest = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** Math.min(this.#failures++, 20));
    this.#nextAt = at + longest * (0.5 + random / 2);
    this.#waiting = this.#waiting.map((one) => (one === current ? { ...one, attempts: one.attempts + 1, error } : one));
    this.#current = undefined;
  }

  /** When to ask `next` again; null where nothing waits, or the one before is not over. */
  get nextAt(): number | null {
    return this.#waiting.length === 0 || this.#current !== undefined ? null : this.#nextAt;
  }

  get waiting(): readonly Waiting[] {
    return this.#waiting;
  }

  #remove(): void {
    this.#waiting = this.#waiting.filter((one) => one !== this.#current);
    this.#current = undefined;
  }

  /** The oldest one of a thing that is told of later as well; else the oldest. Never the one that is on its way. */
  #dropOne(): void {
    const others = this.#waiting.filter((one) => one !== this.#current);
    const isRepeated = (one: Waiting, index: number) => others.slice(index + 1).some(({ notice }) => notice.key === one.notice.key);
    const victim = others.find(isRepeated) ?? others[0];
    this.#waiting = this.#waiting.filter((one) => one !== victim);
    this.dropped += 1;
  }
}

function isSame(one: Notice, other: Notice): boolean {
  return one.key === other.key && one.kind === other.kind;
}
