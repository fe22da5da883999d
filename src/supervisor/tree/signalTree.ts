/** A signal to all of an attempt or an instance: the machine's `signal` where it is `to: "all"`. */
import { DaemonError } from "../../launch/errors.ts";
import type { Identity } from "../events.ts";
import { findTree, type Tree } from "./findTree.ts";
import { signalProcess } from "./identity.ts";
import { nextSnapshot } from "./snapshot.ts";

export interface Refused {
  readonly identity: Identity;
  readonly error: DaemonError;
}

/**
 * One pass: what is forked meanwhile may be missed, unlike by killTree.
 *
 * @example
 * const { found, refused } = await signalTree({ mark, roots: [launcher] }, "SIGTERM");
 */
export async function signalTree(
  tree: Tree,
  signal: string | number,
): Promise<{ found: readonly Identity[]; refused: readonly Refused[] }> {
  const found = findTree(tree, await nextSnapshot());
  return { found, refused: signalEach(found, signal) };
}

/** Each by a pidfd of its own. Those that are gone don't matter; returns those that may not be signalled. */
export function signalEach(processes: readonly Identity[], signal: string | number): Refused[] {
  return processes.flatMap((identity) => {
    try {
      signalProcess(identity, signal);
      return [];
    } catch (error) {
      if (error instanceof DaemonError && error.code === "EPERM") return [{ identity, error }];
      throw error;
    }
  });
}
