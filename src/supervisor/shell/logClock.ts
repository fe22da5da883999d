/**
 * Looks at the logs each second: writes down when they had how many bytes, and does what is due by time. While nothing is
 * written init is only asked whether that is so.
 */
import type { InitClient } from "../init/initClient.ts";
import type { LogStream } from "./logStream.ts";

/** Milliseconds between two looks, and between two of which nothing but the time is the reason. */
const PACE = 1000;
const QUIET = 10_000;

export interface LogClockOptions {
  readonly client: Pick<InitClient, "listLogs" | "statistics">;
  /** By init's name. */
  readonly streams: () => ReadonlyMap<string, LogStream>;
  readonly failed: (name: string, error: unknown) => void;
}

export class LogClock {
  readonly #options: LogClockOptions;
  #timer: NodeJS.Timeout | undefined;
  /** When the look before began; all that it saw was written by then or a little later. */
  #before = Date.now();
  /** When all were looked at last, and how many bytes init had moved a look ago. */
  #lookedAt = 0;
  #moved = -1;
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

  #schedule(delay: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), delay);
  }

  async #look(): Promise<void> {
    const began = Date.now();
    try {
      if (!(await this.#isDue(began))) return;
      this.#lookedAt = began;
      const states = await this.#options.client.listLogs();
      const now = Date.now();
      const streams = this.#options.streams();
      for (const state of states) {
        const stream = streams.get(state.name);
        if (stream === undefined || stream.log !== state.log) continue;
        try {
          await stream.look(state, this.#before, now);
        } catch (error) {
          this.#options.failed(state.name, error);
        }
      }
      for (const [name, stream] of streams) this.#prune(name, stream, now);
    } catch (error) {
      this.#options.failed("", error);
    } finally {
      this.#before = began;
      if (this.#running) this.#schedule(PACE);
    }
  }

  /** Where nothing was written or dropped since the last look, one in a while is enough: a thousand logs take init and us 10 ms. */
  async #isDue(now: number): Promise<boolean> {
    const { pumped, logBytesDropped } = await this.#options.client.statistics();
    const moved = pumped + logBytesDropped;
    const isStill = moved === this.#moved;
    this.#moved = moved;
    return !isStill || now - this.#lookedAt >= QUIET;
  }

  #prune(name: string, stream: LogStream, now: number): void {
    try {
      stream.pruneByAge(now);
    } catch (error) {
      this.#options.failed(name, error);
    }
  }
}
