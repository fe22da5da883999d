/** What doesn't work as it should, for `status` and the events: told once when it begins and once when it is over. */
import type { EventContent } from "../control.ts";

export class Problems {
  readonly #append: (content: EventContent) => unknown;
  readonly #open = new Map<string, string>();

  constructor(append: (content: EventContent) => unknown) {
    this.#append = append;
  }

  /** A sentence on a subject ("journal", "web/0: log"). The same one again is not told again. */
  report(subject: string, message: string): void {
    if (this.#open.get(subject) === message) return;
    this.#open.set(subject, message);
    this.#append({ type: "problem", subject, message });
  }

  /** It lasts since an earlier supervisor, which has told it. */
  adopt(subject: string, message: string): void {
    this.#open.set(subject, message);
  }

  /** It is over, if there was one. */
  resolve(subject: string, message: string): void {
    if (!this.#open.delete(subject)) return;
    this.#append({ type: "recovered", subject, message });
  }

  /** One that is not a state, but happened. */
  tell(subject: string, message: string): void {
    this.#append({ type: "problem", subject, message });
  }

  get sentences(): readonly string[] {
    return [...this.#open].map(([subject, message]) => `${subject}: ${message}`);
  }
}
