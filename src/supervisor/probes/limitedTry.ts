/** A try with a limit, of which there is never more than one at a time. */
import { formatDuration } from "../../values/duration.ts";
import { describeFailure } from "./describeFailure.ts";
import type { Try } from "./probe.ts";

/** setTimeout() takes a longer one for 1 ms. */
export const LONGEST_DELAY = 2 ** 31 - 1;

export class LimitedTry {
  readonly #try: Try;
  readonly #timeout: number;
  #current: AbortController | undefined;
  #closed = false;

  constructor(attempt: Try, timeout: number) {
    this.#try = attempt;
    this.#timeout = timeout;
  }

  /**
   * Tries, and tells the result once. `done` comes in time also when the try doesn't let go (a command that can't be killed):
   * as long as that lasts, a new call fails at once instead of starting a second one.
   */
  start(done: (why: string | null) => void): void {
    if (this.#current !== undefined) {
      done("the last try still hangs");
      return;
    }
    const controller = new AbortController();
    this.#current = controller;
    let told = false;
    const tell = (why: string | null) => {
      clearTimeout(timer);
      if (told || this.#closed) return;
      told = true;
      done(why);
    };
    const timer = setTimeout(
      () => {
        controller.abort();
        tell(`no answer within ${formatDuration(this.#timeout)}`);
      },
      Math.min(this.#timeout, LONGEST_DELAY),
    );
    controller.signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
    const settled = (why: string | null) => {
      this.#current = undefined;
      tell(why);
    };
    this.#try(controller.signal).then(settled, (error) => settled(describeFailure(error)));
  }

  close(): void {
    this.#closed = true;
    this.#current?.abort();
  }
}
