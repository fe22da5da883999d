/** How soon a service runs again that was killed. */
import { until } from "../test/support/wait.ts";
import { type Benchmark, type Context, times, type Verdict } from "./benchmark.ts";
import { type Contender, inTurn, now, type Stats } from "./harness.ts";
import { installed, type Peer, pm2, runit, runitBare, s6, supervisord } from "./supervisorPeers.ts";
import type { Stamps } from "./supervisorStamps.ts";
import { newStamps, stampServices, type Tree, withTree } from "./supervisorTree.ts";

const OTHERS = 1000;
/** Milliseconds after which each of the supervisors takes a service for one that is well: all of them wait before they start one that isn't. */
const STABLE = 1500;
const WARM_UP = 5;
const ALONE = "ours";
const AMONG_OTHERS = `ours, with ${OTHERS} other services`;

export const supervisorRestart: Benchmark = {
  name: "supervisor-restart",
  title: "a killed service runs again",
  method: `From just before \`kill(2)\` with SIGKILL to the first act of the next process, a static C program that reads the clock. Each was well before, for ${STABLE / 1000} s. Each supervisor has this one service; ours once more among others that only wait.`,
  async run(context) {
    const { peers, notes } = installed([runit, runitBare, s6, supervisord, pm2]);
    const rounds = Math.max(context.quick ? 10 : 30, context.rounds(40));
    const results = await withTree(context, (alone) =>
      withTree(context, async (among) => {
        const others = newStamps(among.directory, OTHERS);
        await among.apply(stampServices(context, among.directory, { count: OTHERS, stamps: others }));
        others.close();
        const starts = rounds + WARM_UP + 1;
        const ours = { [ALONE]: await oneOfOurs(context, alone, starts), [AMONG_OTHERS]: await oneOfOurs(context, among, starts) };
        return withPeers(context, peers, starts, (theirs) => inTurn<string>({ ...ours, ...theirs }, { rounds, warmUp: WARM_UP }));
      }),
    );
    const floor = results[ALONE];
    if (floor === undefined) throw new Error("ours was not measured");
    return {
      rows: Object.entries(results).map(([what, stats]) => ({ what, unit: "ms", stats, ratio: times(stats, floor) })),
      verdicts: verdicts(results),
      notes,
    };
  },
};

async function oneOfOurs(context: Context, tree: Tree, starts: number): Promise<Contender> {
  const stamps = newStamps(tree.directory, starts);
  await tree.apply(stampServices(context, tree.directory, { count: 1, stamps, prefix: "victim" }));
  return killed(stamps);
}

async function withPeers<T>(
  context: Context,
  peers: readonly Peer[],
  starts: number,
  use: (contenders: Readonly<Record<string, Contender>>) => Promise<T>,
): Promise<T> {
  const [peer, ...more] = peers;
  if (peer === undefined) return use({});
  const tree = peer.start(context, 1, starts);
  try {
    await tree.stamps.atLeast(1, `the service of ${peer.name}`);
    return await withPeers(context, more, starts, (others) => use({ [peer.name]: killed(tree.stamps), ...others }));
  } finally {
    await tree.end();
  }
}

/** Kills the process that was started last once it is well. */
function killed(stamps: Stamps): Contender {
  return async () => {
    const number = stamps.count;
    const stamp = await until("a process that can be killed", () => stamps.at(number - 1), { timeout: 60_000 });
    await until("it to be well", () => now() - stamp.at > STABLE, { timeout: 60_000 });
    const begin = now();
    process.kill(stamp.pid, "SIGKILL");
    const successor = await until("its successor", () => stamps.at(number), { timeout: 60_000 });
    return successor.at - begin;
  };
}

function verdicts(results: Readonly<Record<string, Stats>>): Verdict[] {
  const claim = "SIGKILL of a stable service → its successor runs";
  const absolute = [ALONE, AMONG_OTHERS].map((name): Verdict => {
    const measured = results[name]?.median ?? Number.NaN;
    return { claim: name === ALONE ? claim : `the same, with ${OTHERS} other services`, measured, target: { atMost: 3 }, unit: "ms" };
  });
  const ours = results[ALONE]?.median ?? Number.NaN;
  const relative = Object.entries(results).filter(([name]) => name !== ALONE && name !== AMONG_OTHERS);
  return [
    ...absolute,
    ...relative.map(
      ([name, { median }]): Verdict => ({
        claim: `the same, against ${name}`,
        measured: ours / median,
        target: { atMost: 1 },
        unit: "times",
      }),
    ),
  ];
}
