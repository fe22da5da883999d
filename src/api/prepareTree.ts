/** What a new tree is given before it runs: the home's lock, its id and the listening control socket. */
import { closeSync, lstatSync, rmSync } from "node:fs";
import { DaemonError } from "../launch/errors.ts";
import { native } from "../native/addon.ts";
import { ensureHome, type Home } from "../supervisor/state/home.ts";
import { stateError } from "../supervisor/state/stateError.ts";
import { TREE_LOCK, TreeLock } from "../supervisor/state/treeLock.ts";
import { kindOf } from "../supervisor/state/trustedFile.ts";
import { ensureHomeId } from "../supervisor/tree/homeId.ts";

/** The name under which init holds the control socket. */
export const API_SOCKET = "api";

/**
 * Commands that wait for being accepted, each of which may have two places: the kernel turns more away. It may allow fewer
 * itself (net.core.somaxconn).
 */
const BACKLOG = 1024;

export interface PreparedTree {
  /** For init to hold, by name. */
  readonly held: ReadonlyMap<string, number>;
  /** Closes our copies of the descriptors. Those of a tree that runs go on. */
  close(): void;
  /** For a tree that could not be started: nobody must wait at its socket. */
  abandon(): void;
}

/**
 * From here on commands connect, and wait until the supervisor is there to accept them.
 *
 * @throws DaemonError ERR_SUPERVISOR_RUNNING where the home is taken; else why it can't be used
 */
export function prepareTree(home: Home): PreparedTree {
  ensureHome(home);
  const lock = TreeLock.acquire(home.lockFile);
  try {
    ensureHomeId(home);
    const socket = listenForCommands(home.socket);
    const close = () => {
      closeSync(socket);
      lock.close();
    };
    const abandon = () => {
      rmSync(home.socket, { force: true });
      close();
    };
    return {
      held: new Map([
        [TREE_LOCK, lock.fd],
        [API_SOCKET, socket],
      ]),
      close,
      abandon,
    };
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** We have the lock: a socket that stands there is of a tree that is gone. */
export function listenForCommands(path: string): number {
  try {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found !== undefined && !found.isSocket()) {
      throw stateError(
        "ERR_STATE_FILE",
        "control socket",
        path,
        `is ${kindOf(found)}, not a socket`,
        "find out who put it there, and remove it",
      );
    }
    rmSync(path, { force: true });
    return native().listenUnix(path, 0o600, BACKLOG);
  } catch (error) {
    throw DaemonError.from(error, "control socket", path);
  }
}
