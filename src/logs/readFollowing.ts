/** Follows several logs: wakes up by inotify(7), and looks by itself where that tells nothing. */
import { existsSync, type FSWatcher, watch } from "node:fs";
import { join } from "node:path";
import { CHUNK, type FollowedLine, type FollowerOptions, LogFollower } from "./readFollower.ts";
import type { LogName } from "./readLog.ts";
import { currentName, nextName } from "./segmentNames.ts";

export interface FollowTarget extends LogName {
  readonly from: FollowerOptions["from"];
}

export interface FollowOptions<T extends FollowTarget> {
  /** Ends it. */
  readonly signal: AbortSignal;
  /** All that is to be followed, asked again each second: those that are new are taken on, those that are missing are let go. */
  readonly discover: () => readonly T[] | Promise<readonly T[]>;
  readonly longestLine?: number;
}

export interface Batch<T> {
  readonly target: T;
  /** Only until the next batch is asked for. */
  readonly lines: readonly FollowedLine[];
}

/** Milliseconds between two looks at files of which no change was told. */
const LOOK = 250;
/** Where changes come that were not told: kernels before 6.4 tell nothing of splice(2), network file systems nothing at all. */
const LOOK_OFTEN = 12;
const DISCOVER = 1000;

/**
 * Nothing is read that isn't asked for. Never ends by itself.
 *
 * @example
 * for await (const { target, lines } of followLogs({ signal, discover: () => [{ directory, stream: "0", from: "end" }] })) …
 */
export async function* followLogs<T extends FollowTarget>(options: FollowOptions<T>): AsyncGenerator<Batch<T>, void, undefined> {
  const following = new Following(options);
  try {
    await following.discover();
    while (!options.signal.aborted) {
      let isNews = false;
      for (const { key, target, follower, told } of following.due()) {
        const lines = await follower.read();
        if (options.signal.aborted) return;
        if (lines.length === 0) continue;
        isNews = true;
        following.sawNews(key, told);
        yield { target, lines };
      }
      if (isNews) await following.discoverInTime();
      else await following.wait();
    }
  } finally {
    following.close();
  }
}

class Following<T extends FollowTarget> {
  readonly #options: FollowOptions<T>;
  readonly #followers = new Map<string, { readonly target: T; readonly follower: LogFollower }>();
  readonly #watchers = new Map<string, FSWatcher | undefined>();
  readonly #told = new Set<string>();
  readonly #buffer = Buffer.allocUnsafeSlow(CHUNK);
  #lookAt = 0;
  #discoverAt = 0;
  #often = false;
  #untold = 0;
  #wake: () => void = () => {};

  constructor(options: FollowOptions<T>) {
    this.#options = options;
    options.signal.addEventListener("abort", () => this.#wake(), { once: true });
  }

  async discover(): Promise<void> {
    this.#discoverAt = Date.now() + DISCOVER;
    const targets = await this.#options.discover();
    const keys = new Set(targets.map(keyOf));
    for (const [key, { follower }] of this.#followers) {
      if (keys.has(key)) continue;
      follower.close();
      this.#followers.delete(key);
    }
    for (const target of targets) {
      const key = keyOf(target);
      this.#watch(target.directory);
      if (this.#followers.has(key)) continue;
      const { longestLine } = this.#options;
      this.#followers.set(key, {
        target,
        follower: new LogFollower(target, {
          from: target.from,
          buffer: this.#buffer,
          ...(longestLine === undefined ? {} : { longestLine }),
        }),
      });
      this.#told.add(key);
    }
  }

  /** Those that something was told of, and, when it is time to look, all. */
  *due() {
    const told = new Set(this.#told);
    this.#told.clear();
    const all = Date.now() >= this.#lookAt;
    if (all) this.#lookAt = Date.now() + (this.#often ? LOOK_OFTEN : LOOK);
    for (const [key, one] of this.#followers) if (all || told.has(key)) yield { key, ...one, told: told.has(key) };
  }

  sawNews(key: string, told: boolean): void {
    // There may be more of it.
    this.#told.add(key);
    // Once or twice the message was only on its way.
    this.#untold = told ? 0 : this.#untold + 1;
    if (this.#untold >= 3) this.#often = true;
  }

  /** Also where one writes without a pause. */
  async discoverInTime(): Promise<void> {
    if (Date.now() >= this.#discoverAt) await this.discover();
  }

  async wait(): Promise<void> {
    await this.discoverInTime();
    if (this.#told.size > 0 || this.#options.signal.aborted) return;
    const pause = Math.max(1, Math.min(this.#lookAt, this.#discoverAt) - Date.now());
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pause);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => {};
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher?.close();
    for (const { follower } of this.#followers.values()) follower.close();
    this.#followers.clear();
  }

  #watch(directory: string): void {
    if (this.#watchers.has(directory) || !existsSync(directory)) return;
    this.#watchers.set(directory, undefined);
    try {
      const watcher = watch(directory, (_, name) => this.#tell(directory, name));
      // Its directory is gone, or the user has no more watches: we look.
      watcher.on("error", () => {
        watcher.close();
        this.#watchers.set(directory, undefined);
        this.#often = true;
      });
      this.#watchers.set(directory, watcher);
    } catch {
      this.#often = true;
    }
  }

  #tell(directory: string, name: string | null): void {
    for (const [key, { target }] of this.#followers) {
      if (target.directory === directory && (name === null || name === currentName(target.stream) || name === nextName(target.stream)))
        this.#told.add(key);
    }
    if (this.#told.size > 0) this.#wake();
  }
}

function keyOf({ directory, stream }: LogName): string {
  return join(directory, stream);
}
