/**
 * One supervisor for one home, by flock(2) on a file in the runtime directory.
 *
 *   const lock = TreeLock.acquire(home.lockFile);            // who starts the tree; throws with the holder's name
 *   await client.hold(TREE_LOCK, lock.fd);                   // init keeps it while the supervisor restarts
 *   const lock = TreeLock.adopt(inherited.held.get(TREE_LOCK), home.lockFile);   // a later supervisor of that init
 *
 * The lock belongs to the open file, so it ends with the last copy of its descriptor: when init and supervisor are gone.
 */
import { closeSync, constants, fstatSync, ftruncateSync, lstatSync, readSync, type Stats, writeSync } from "node:fs";
import { type DaemonError, isSystemError } from "../../launch/errors.ts";
import { native } from "../../native/addon.ts";
import { monotonicMs } from "../../values/clock.ts";
import { findHolders, type Holder } from "./lockHolder.ts";
import { diskError, stateError } from "./stateError.ts";
import { openTrusted } from "./trustedFile.ts";

/** The name under which init holds it. */
export const TREE_LOCK = "tree-lock";

const STEP = "supervisor lock";

/** Each round lost means that somebody removed the file meanwhile. */
const MOST_ROUNDS = 100;

/** Milliseconds in which a holder that can't be seen may end. */
const PATIENCE = 1000;

export class TreeLock {
  readonly path: string;
  /** Close-on-exec, so that no service keeps the lock. */
  readonly fd: number;
  #open = true;

  private constructor(path: string, fd: number) {
    this.path = path;
    this.fd = fd;
  }

  /**
   * Locks a home. The file is created and never removed.
   *
   * @throws DaemonError ERR_SUPERVISOR_RUNNING, which names the holder; ERR_STATE_FILE for a file that somebody else could
   * have put there; else the errno of what failed
   */
  static acquire(path: string): TreeLock {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const lock = new TreeLock(path, openLockFile(path));
      try {
        lockOrName(path, lock.fd);
        // It may have been removed between our open and our lock, and another one locked since.
        if (lock.isInPlace()) {
          lock.#sign();
          return lock;
        }
      } catch (error) {
        lock.close();
        throw diskError(error, STEP, path);
      }
      lock.close();
    }
    throw stateError("ERR_STATE_FILE", STEP, path, "is removed again and again", "find out who does it");
  }

  /**
   * Takes over the descriptor that init held.
   *
   * @throws DaemonError ERR_STATE_FILE where the file was removed or replaced meanwhile: acquire a new lock then, and have
   * init hold that; ERR_SUPERVISOR_RUNNING where somebody else has it
   */
  static adopt(fd: number, path: string): TreeLock {
    const lock = new TreeLock(path, fd);
    try {
      if (!lock.isInPlace()) throw stateError("ERR_STATE_FILE", STEP, path, "was replaced while it was locked", "find out who does it");
      if (!native().flock(fd, "exclusive")) throw held(path, fd, findHolders(fstatSync(fd)));
      native().setCloseOnExec(fd, true);
      lock.#sign();
      return lock;
    } catch (error) {
      throw diskError(error, STEP, path);
    }
  }

  /** Whether the home is still locked: someone who removes the file, as cleaners of /tmp do, lets a second supervisor start. */
  isInPlace(): boolean {
    const ours = fstatSync(this.fd);
    const there = lookAt(this.path);
    return there !== undefined && there.dev === ours.dev && there.ino === ours.ino;
  }

  /** Gives up this copy of the descriptor. A second call does nothing. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.fd);
  }

  /** For people, and for where /proc shows nobody. A full disk is no reason not to start: the lock is the truth. */
  #sign(): void {
    try {
      ftruncateSync(this.fd, 0);
      writeSync(this.fd, `${process.pid}\n`, 0);
    } catch (error) {
      if (!isSystemError(error)) throw error;
    }
  }
}

function openLockFile(path: string): number {
  const fd = openTrusted(path, constants.O_RDWR | constants.O_CREAT, STEP);
  if (fd === undefined) throw new Error(`${path} was neither opened nor created`);
  return fd;
}

/** A process that is just being killed has let go of its descriptors in /proc before it lets go of the lock: that is waited for. */
function lockOrName(path: string, fd: number): void {
  const deadline = monotonicMs() + PATIENCE;
  while (!native().flock(fd, "exclusive")) {
    const holders = findHolders(fstatSync(fd));
    if (holders.length > 0 || monotonicMs() >= deadline) throw held(path, fd, holders);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  }
}

function held(path: string, fd: number, found: readonly Holder[]): DaemonError {
  const holders = found.map(({ pid, name }) => `process ${pid} (${name})`);
  const signed = readSigned(fd);
  const unseen = signed === undefined ? "a process that can't be seen from here" : `process ${signed}, which can't be seen from here`;
  const who = holders.length === 0 ? unseen : holders.join(" and ");
  return stateError(
    "ERR_SUPERVISOR_RUNNING",
    STEP,
    path,
    `held by ${who}`,
    "use that supervisor, or set DAEMONITOR_HOME to another directory",
  );
}

function readSigned(fd: number): string | undefined {
  const buffer = Buffer.alloc(32);
  return /^(\d{1,10})\n/.exec(buffer.toString("latin1", 0, readSync(fd, buffer, 0, buffer.length, 0)))?.[1];
}

function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw diskError(error, STEP, path);
  }
}
