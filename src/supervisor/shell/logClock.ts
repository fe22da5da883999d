/**
 * Looks at the logs now and then: writes down when they had how many bytes, and does what is due by time. About once in a
 * second while something is written, seldom while all is quiet.
 */
import type { InitClient } from "../init/initClient.ts";
import type { LogStream } from "./logStream.ts";

const BUSY = 1000;
const QUIET = 10_000;
/** So long after the last line the next one is still expected soon. */
const CALM_AFTER = 60_000;

export interface LogClockOptions {
  readonly client: Pick<InitClient, "listLogs">;
  /** By init's name. */
  readonly streams: () => ReadonlyMap<string, LogStream>;
  readonly failed: (name: string, error: unknown) => void;
}

export class LogClock {
  readonly #options: LogClockOptions;
  #timer: NodeJS.Timeout | undefined;
  /** When the look before began; all that it saw was written by then or a little later. */
  #before = Date.now();
  #grewAt = 0;
  #looking = false;
  #running = false;

  constructor(options: LogClockOptions) {
    this.#options = options;
  }

  /** @throws InitError where init is gone */
  start(): void {
    this.#running = true;
    this.#schedule(0);
  }

  end(): void {
    this.#running = false;
    clearTimeout(this.#timer);
  }

  /** Something is written, or will be soon, by what is known: the next look comes soon. */
  wake(): void {
    const quiet = this.#isQuiet();
    this.#grewAt = Date.now();
    if (quiet && this.#running && !this.#looking) this.#schedule(BUSY);
  }

  #isQuiet(): boolean {
    return Date.now() - this.#grewAt > CALM_AFTER;
  }

  #schedule(delay: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), delay);
  }

  async #look(): Promise<void> {
    this.#looking = true;
    const began = Date.now();
    try {
      const states = await this.#options.client.listLogs();
      const now = Date.now();
      const streams = this.#options.streams();
      for (const state of states) {
        const stream = streams.get(state.name);
        if (stream === undefined || stream.log !== state.log) continue;
        try {
          if (await stream.look(state, this.#before, now)) this.#grewAt = now;
        } catch (error) {
          this.#options.failed(state.name, error);
        }
      }
      for (const [name, stream] of streams) this.#prune(name, stream, now);
    } catch (error) {
      this.#options.failed("", error);
    } finally {
      this.#looking = false;
      this.#before = began;
      if (this.#running) this.#schedule(this.#isQuiet() ? QUIET : BUSY);
    }
  }

  #prune(name: string, stream: LogStream, now: number): void {
    try {
      stream.pruneByAge(now);
    } catch (error) {
      this.#options.failed(name, error);
    }
  }
}
