/**
 * File systems: space, inodes, whether they can be written, and when they will be full. A file system that doesn't answer,
 * as one of a server that is down, costs one thread of the pool and nothing else: it is not asked again before it did.
 */
import { readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { forecast } from "./forecast.ts";
import { chooseMounts, type Mount, parseMounts } from "./mounts.ts";
import type { FileSystemSample } from "./sample.ts";
import { TimeRing } from "./timeRing.ts";

export type Deleted = FileSystemSample["deletedButOpen"][number] & { readonly device: string };

interface Measured {
  mount: Mount;
  readonly past: TimeRing;
  /** When it answered last, on the monotonic clock. */
  answeredAt: number;
  size: number;
  available: number;
  inodes: number;
  inodesFree: number;
  /** Asked, and it has not answered yet. */
  pending: Promise<void> | undefined;
  isKnown: boolean;
}

/** Points of the past: an hour of one each 5 s. */
const POINTS = 720;
const POINT_EACH = 5000;
const SHORTLY = 5 * 60_000;
const HOUR = 3_600_000;
/** Milliseconds after which what was answered is no answer any more. */
const STALE = 60_000;
/** Of the four threads that Node has for files, those that may hang. */
const MOST_STUCK = 2;

export class FileSystems {
  readonly #measured = new Map<string, Measured>();
  readonly #paths: () => readonly string[];
  readonly #statfs: typeof statfs;

  /** @param paths absolute paths of files that matter: the file systems that they are on are looked at, whatever they are */
  constructor(paths: () => readonly string[], ask: typeof statfs = statfs) {
    this.#paths = paths;
    this.#statfs = ask;
  }

  /**
   * Asks all that owe no answer. Resolves when all have answered; who doesn't want to wait for one that hangs needs a deadline.
   *
   * @param now milliseconds on the monotonic clock
   */
  async look(now: number): Promise<void> {
    const mounts = chooseMounts(parseMounts(readFileSync("/proc/self/mountinfo", "latin1")), this.#paths());
    const paths = new Set(mounts.map(({ path }) => path));
    for (const path of this.#measured.keys()) if (!paths.has(path)) this.#measured.delete(path);
    for (const mount of mounts) {
      const known = this.#measured.get(mount.path);
      if (known === undefined || known.mount.device !== mount.device) this.#measured.set(mount.path, nothingYet(mount));
      else known.mount = mount;
    }
    const all = [...this.#measured.values()];
    const free = all.filter(({ pending }) => pending === undefined);
    const unknown = free.filter(({ isKnown }) => !isKnown);
    // Of those that have never answered, few at a time: each may be one that hangs.
    const lanes = Math.max(0, MOST_STUCK - (all.length - free.length));
    for (const one of free) if (one.isKnown) this.#ask(one, now);
    await Promise.all([...all.map(({ pending }) => pending), ...Array.from({ length: lanes }, () => this.#askInTurn(unknown, now))]);
  }

  async #askInTurn(waiting: Measured[], now: number): Promise<void> {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      if (one.pending === undefined && !one.isKnown) this.#ask(one, now);
      await one.pending;
    }
  }

  /**
   * Those that have answered within the last minute.
   *
   * @param wall milliseconds since 1970
   */
  sample(now: number, wall: number, deleted: readonly Deleted[]): readonly FileSystemSample[] {
    return [...this.#measured.values()]
      .filter(({ isKnown, answeredAt }) => isKnown && now - answeredAt < STALE)
      .map(({ mount, past, size, available, inodes, inodesFree, answeredAt }) => {
        const { path, device, source, type, readOnly } = mount;
        const { at, values: used } = past.since(now - HOUR);
        const when = wall - (now - answeredAt);
        return {
          ...{ path, device: source, type, size, available, inodes, inodesFree, readOnly },
          forecast: readOnly ? null : forecast({ at, used }, { available, size, now: when }),
          deletedButOpen: deleted.filter((one) => one.device === device).map(({ device: _, ...rest }) => rest),
        };
      });
  }

  /** @param now milliseconds on the monotonic clock */
  #ask(one: Measured, now: number): void {
    one.pending = this.#statfs(one.mount.path).then(
      ({ bsize, blocks, bfree, bavail, files, ffree }) => {
        one.pending = undefined;
        one.isKnown = true;
        one.answeredAt = now;
        one.size = blocks * bsize;
        one.available = bavail * bsize;
        one.inodes = files;
        one.inodesFree = ffree;
        remember(one, now, (blocks - bfree) * bsize);
      },
      () => {
        one.pending = undefined;
      },
    );
  }
}

/** Each look for the first minutes, so that there is a forecast soon; then a point each 5 s. */
function remember({ past }: Measured, now: number, used: number): void {
  const latest = past.latestAt;
  if (latest === undefined || now - latest >= POINT_EACH - 100 || past.since(now - SHORTLY).at.length < POINTS / 12) past.push(now, used);
}

function nothingYet(mount: Mount): Measured {
  const zeros = { answeredAt: 0, size: 0, available: 0, inodes: 0, inodesFree: 0 };
  return { mount, past: new TimeRing(POINTS), ...zeros, pending: undefined, isKnown: false };
}
