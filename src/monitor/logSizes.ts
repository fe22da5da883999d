/**
 * Bytes of each instance's log files, archives included: DIRECTORY/web/0.log, 0.error.log, 0.20261122T140000000Z.log.zst and
 * all else that begins with its number. A few directories are looked at at a time.
 */
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

const AT_ONCE = 20;

export class LogSizes {
  readonly #directory: string;
  #sizes = new Map<string, number>();
  #next = 0;
  #running = false;

  /** @param directory of the home's logs */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Null where it was not looked at yet. */
  of(instance: string): number | null {
    return this.#sizes.get(instance) ?? null;
  }

  /**
   * Looks at the next few.
   *
   * @param services all that there are
   */
  async look(services: readonly string[]): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      const count = Math.min(AT_ONCE, services.length);
      for (let index = 0; index < count; index++) await this.#lookAt(services[(this.#next + index) % services.length] ?? "");
      this.#next = services.length === 0 ? 0 : (this.#next + count) % services.length;
    } finally {
      this.#running = false;
    }
  }

  forget(instance: string): void {
    this.#sizes.delete(instance);
  }

  async #lookAt(service: string): Promise<void> {
    const directory = join(this.#directory, service);
    const sums = new Map<string, number>();
    try {
      for (const name of await readdir(directory)) {
        const number = /^\.?(\d+)\./.exec(name)?.[1];
        if (number === undefined) continue;
        const size = await sizeOf(join(directory, name));
        sums.set(`${service}/${number}`, (sums.get(`${service}/${number}`) ?? 0) + size);
      }
    } catch {
      // It has never written anything, or the directory can't be read.
      return;
    }
    for (const [instance, size] of sums) this.#sizes.set(instance, size);
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    const { size, blocks } = await lstat(path);
    // A hole takes no space: as where somebody truncated it under a program that goes on behind.
    return Math.min(size, blocks * 512);
  } catch {
    return 0;
  }
}
