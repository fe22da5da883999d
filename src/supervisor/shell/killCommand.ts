/** Ends a hook or a probe's command with all that it started. */
import type { Identity } from "../events.ts";
import { identityOf } from "../tree/identity.ts";
import { killTree } from "../tree/killTree.ts";
import { nextSnapshot } from "../tree/snapshot.ts";

interface Command {
  readonly home: string;
  readonly instance: string;
  readonly attempt: number;
  readonly hook: string;
}

const MOST_ROUNDS = 5;

/**
 * Those that carry its mark are roots, also where they left its session and lost their parents. What was started meanwhile is
 * found by the next round.
 */
export async function killCommand(command: Command, leader: Identity): Promise<void> {
  let roots: readonly Identity[] = [leader, ...(await marked(command))];
  for (let round = 0; round < MOST_ROUNDS && roots.length > 0; round += 1) {
    // A home that nobody has: the marks of a hook are no attempt's, and findTree would leave them out.
    const { remaining } = await killTree({ mark: { home: "", instance: command.instance }, roots, sessions: [leader.pid] });
    const refused = new Set(remaining.map(({ pid }) => pid));
    roots = (await marked(command)).filter(({ pid }) => !refused.has(pid));
  }
}

async function marked({ home, instance, attempt, hook }: Command): Promise<Identity[]> {
  const snapshot = await nextSnapshot();
  const found = snapshot
    .markedAs(home, instance)
    .filter(({ mark, pid }) => mark?.attempt === attempt && mark.hook === hook && !snapshot.isSpared(pid));
  return found.map(identityOf);
}
