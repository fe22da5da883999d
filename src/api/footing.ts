/**
 * What a tree stands on in its runtime directory: the lock and the control socket. Cleaners of /tmp remove files that are
 * old, and without these two a second supervisor could start, and no command would find the first.
 */
import { closeSync, existsSync } from "node:fs";
import { DaemonError } from "../launch/errors.ts";
import { native } from "../native/addon.ts";
import type { InitClient } from "../supervisor/init/initClient.ts";
import { ensureHome, type Home } from "../supervisor/state/home.ts";
import { TREE_LOCK, TreeLock } from "../supervisor/state/treeLock.ts";
import { ensureHomeId } from "../supervisor/tree/homeId.ts";
import { API_SOCKET, listenForCommands } from "./prepareTree.ts";

/** Milliseconds between two looks. */
const EVERY = 5000;

export interface FootingOptions {
  readonly home: Home;
  readonly client: Pick<InitClient, "hold">;
  /** The home's, ours from here on. Where it is not in its place any more, `look` takes another. */
  readonly lock: TreeLock;
  /** Our copy of the listening socket. Closed where `look` makes another. */
  readonly socket: number;
  /** Answers what comes in on another socket as well, which it takes over. */
  serve(fd: number): Promise<unknown>;
  report(message: string): void;
}

export class Footing {
  readonly #options: Omit<FootingOptions, "lock" | "socket">;
  #lock: TreeLock;
  #socket: number;
  #timer: NodeJS.Timeout | undefined;
  #mending = false;

  constructor({ lock, socket, ...options }: FootingOptions) {
    this.#options = options;
    this.#lock = lock;
    this.#socket = socket;
  }

  get lock(): TreeLock {
    return this.#lock;
  }

  get socket(): number {
    return this.#socket;
  }

  watch(): void {
    this.#timer = setInterval(() => void this.look(), EVERY);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  /** Puts back what somebody has removed. */
  async look(): Promise<void> {
    const { home, report } = this.#options;
    if (this.#mending || (this.#lock.isInPlace() && existsSync(home.socket))) return;
    this.#mending = true;
    try {
      ensureHome(home);
      if (!this.#lock.isInPlace()) await this.#lockAgain();
      if (!existsSync(home.socket)) await this.#listenAgain();
      ensureHomeId(home);
      report(`somebody has removed files of ${home.run}: they are there again`);
    } catch (error) {
      if (!(error instanceof DaemonError)) throw error;
      report(`files of ${home.run} were removed and can't be put back: ${error.message}`);
    } finally {
      this.#mending = false;
    }
  }

  async #lockAgain(): Promise<void> {
    const { home, client } = this.#options;
    const again = TreeLock.acquire(home.lockFile);
    await client.hold(TREE_LOCK, again.fd);
    this.#lock.close();
    this.#lock = again;
  }

  /** The old one has no name any more, but who is connected stays so. */
  async #listenAgain(): Promise<void> {
    const { home, client, serve } = this.#options;
    const again = listenForCommands(home.socket);
    await client.hold(API_SOCKET, again);
    await serve(native().duplicate(again, 3));
    closeSync(this.#socket);
    this.#socket = again;
  }
}
