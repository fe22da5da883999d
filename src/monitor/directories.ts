/** The directories that a configuration has counted, one after the other, slowly, over and over. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Counted, DirectoryCount } from "./directoryCount.ts";
import type { DirectorySample } from "./sample.ts";

interface Directory {
  readonly path: string;
  size: number | null;
  files: number | null;
  growth: number | null;
  /** On the monotonic clock, and since 1970. */
  countedAt: number | null;
  countedWall: number | null;
  isFile: boolean;
}

export interface DirectoriesOptions {
  /** Milliseconds of work at a time, and of pause between. Default 8 and 250: about 3 % of a processor. */
  readonly work?: number;
  readonly pause?: number;
  /** Milliseconds from the end of a count to the next of the same directory, at least. Default a minute. */
  readonly again?: number;
  /** Milliseconds on the monotonic clock. */
  readonly now: () => number;
}

const ENTRIES = 20;
/** How many times as long as a count took is waited until the next. */
const REST = 10;

export class Directories {
  #directories: Directory[] = [];
  readonly #options: Required<DirectoriesOptions>;
  readonly #dueAt = new Map<string, number>();
  #running: Promise<void> | undefined;
  #ended = false;

  constructor({ work = 8, pause = 250, again = 60_000, now }: DirectoriesOptions) {
    this.#options = { work, pause, again, now };
  }

  /** Those that are counted from now on. What is known of one that was among them stays. */
  set paths(paths: readonly string[]) {
    this.#directories = paths.map((path) => this.#directories.find((one) => one.path === path) ?? unknown(path));
  }

  /** Begins what is due, if nothing is under way. Nobody waits for it. */
  tick(): void {
    if (this.#running !== undefined || this.#ended) return;
    const now = this.#options.now();
    const due = this.#directories.find(({ path }) => (this.#dueAt.get(path) ?? 0) <= now);
    if (due === undefined) return;
    this.#running = this.#count(due).finally(() => {
      this.#running = undefined;
    });
  }

  get sample(): readonly DirectorySample[] {
    return this.#directories
      .filter(({ isFile }) => !isFile)
      .map(({ path, size, files, growth, countedWall }) => ({ path, size, files, growth, countedAt: countedWall }));
  }

  /** What is under way ends soon. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#running;
  }

  async #count(directory: Directory): Promise<void> {
    const { now, again } = this.#options;
    const began = now();
    const count = new DirectoryCount(directory.path);
    try {
      const sum = await this.#sum(count, directory);
      if (sum !== undefined) take(directory, sum, now());
    } catch (error) {
      directory.isFile = error instanceof Error && "code" in error && error.code === "ENOTDIR";
      Object.assign(directory, { size: null, files: null, growth: null, countedAt: null, countedWall: null });
    } finally {
      await count.end();
      this.#dueAt.set(directory.path, now() + Math.max(again, REST * (now() - began)));
    }
  }

  /** Undefined where it was ended, or nobody wants it any more. */
  async #sum(count: DirectoryCount, directory: Directory): Promise<Counted | undefined> {
    const { work, pause, now } = this.#options;
    while (!this.#ended && this.#directories.includes(directory)) {
      for (const until = now() + work; now() < until; ) {
        const sum = await count.step(ENTRIES);
        if (sum !== undefined) return sum;
      }
      await sleep(pause, undefined, { ref: false });
    }
    return undefined;
  }
}

function take(directory: Directory, { size, files }: Counted, now: number): void {
  const { size: before, countedAt } = directory;
  directory.growth = before === null || countedAt === null || now <= countedAt ? null : (size - before) / ((now - countedAt) / 1000);
  directory.isFile = false;
  Object.assign(directory, { size, files, countedAt: now, countedWall: Date.now() });
}

function unknown(path: string): Directory {
  return { path, size: null, files: null, growth: null, countedAt: null, countedWall: null, isFile: false };
}
