/**
 * Passes when a line of the service's log matches a regular expression. Lines that the log got before are not looked at.
 * Where standard error has a log of its own, open one for each; the first that passes closes the other.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { describeFailure } from "./describeFailure.ts";
import { LineMatcher } from "./lineMatcher.ts";
import type { Probe, ProbeHandlers } from "./probe.ts";

export interface LogPosition {
  readonly path: string;
  /** Bytes. */
  readonly offset: number;
}

export interface LineProbe extends Probe {
  /** The log goes on from the beginning of another file (init's event "switched"). What the old one still has is read first. */
  rotated(path: string): void;
}

/** Polled, since a watch needs one of the few inotify instances that a user has, and tells of nothing on some file systems. */
const POLL_MS = 50;
const CHUNK = 64 * 1024;
/** Reading a flood in one go would keep the supervisor from everything else. */
const CHUNKS_AT_ONCE = 16;

/**
 * @param pattern for the flag u; must be a valid one
 */
export function openLineProbe(pattern: string, { onPassed, onFailed, signal }: ProbeHandlers, start: LogPosition): LineProbe {
  if (signal?.aborted) return { close() {}, rotated() {} };
  const matcher = new LineMatcher(new RegExp(pattern, "u"));
  const follower = new LogFollower(start);
  let lastFailure: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const close = () => {
    if (closed) return;
    closed = true;
    clearTimeout(timer);
    follower.close();
    signal?.removeEventListener("abort", close);
  };
  const look = () => {
    let more = false;
    try {
      for (let count = 0; count < CHUNKS_AT_ONCE; count++) {
        const bytes = follower.read();
        more = bytes !== null;
        if (bytes === null) break;
        if (!matcher.push(bytes)) continue;
        close();
        return onPassed();
      }
      lastFailure = undefined;
    } catch (error) {
      tell(`${follower.path}: ${describeFailure(error)}`);
    }
    if (!closed) timer = setTimeout(look, more ? 0 : POLL_MS);
  };
  const tell = (why: string) => {
    if (why !== lastFailure) onFailed(why);
    lastFailure = why;
  };
  signal?.addEventListener("abort", close, { once: true });
  // Not before the caller has what it needs to close it.
  timer = setTimeout(look, 0);
  return { close, rotated: (path) => follower.rotated(path) };
}

/** Reads what is appended to a file, and to those that come after it. */
class LogFollower {
  #path: string;
  #offset: number;
  #fd: number | undefined;
  readonly #next: string[] = [];
  readonly #buffer = Buffer.allocUnsafe(CHUNK);

  constructor({ path, offset }: LogPosition) {
    this.#path = path;
    this.#offset = offset;
    try {
      // At once: the next rotation may give the path to another file.
      this.#fd = this.#open();
    } catch {
      // Told by the first read.
    }
  }

  get path(): string {
    return this.#path;
  }

  rotated(path: string): void {
    this.#next.push(path);
  }

  /** The bytes that come next, which are overwritten by the next call; null where there are none yet. */
  read(): Buffer | null {
    for (;;) {
      this.#fd ??= this.#open();
      const length = this.#fd === undefined ? 0 : readSync(this.#fd, this.#buffer, 0, CHUNK, this.#offset);
      if (length > 0) {
        this.#offset += length;
        return this.#buffer.subarray(0, length);
      }
      // Somebody has emptied it, and it begins anew.
      if (this.#fd !== undefined && fstatSync(this.#fd).size < this.#offset) this.#offset = 0;
      const next = this.#next.shift();
      if (next === undefined) return null;
      this.close();
      this.#path = next;
      this.#offset = 0;
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #open(): number | undefined {
    try {
      return openSync(this.#path, "r");
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
  }
}
