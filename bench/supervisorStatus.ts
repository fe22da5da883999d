/** The whole `status` command. */

import type { Context } from "./benchmark.ts";
import { type Benchmark, times } from "./benchmark.ts";
import { type Contender, inTurn, program } from "./harness.ts";
import { installed, type Peer, pm2, supervisord } from "./supervisorPeers.ts";
import { newStamps, stampServices, withTree } from "./supervisorTree.ts";

const FEW = 10;
const MANY = 1000;
const FLOOR = "`node -e 0`";
const OURS = `\`daemonitor status\` of ${FEW} services`;
const OF_MANY = `\`daemonitor status\` of ${MANY} services`;
const COMMANDS: Readonly<Record<string, string>> = {
  pm2: `\`pm2 ls\` of ${FEW} services`,
  supervisord: `\`supervisorctl status\` of ${FEW} services`,
};

export const supervisorStatus: Benchmark = {
  name: "supervisor-status",
  title: "`daemonitor status`, the whole command",
  method: `From the start of the process to its exit, through the installed \`bin\`; what it prints goes to /dev/null. \`node -e 0\` is the floor: Node that does nothing.`,
  async run(context) {
    const { peers, notes } = installed([pm2, supervisord]);
    const results = await withStatusOfMany(context, FEW, (few) =>
      withStatusOfMany(context, MANY, (many) =>
        withPeers(context, peers, (theirs) =>
          inTurn<string>(
            { [FLOOR]: program(process.execPath, ["-e", "0"]), [OURS]: few, [OF_MANY]: many, ...theirs },
            { rounds: context.rounds(60) },
          ),
        ),
      ),
    );
    const { [FLOOR]: floor, [OURS]: ours, [OF_MANY]: many } = results;
    if (floor === undefined || ours === undefined || many === undefined) throw new Error("ours was not measured");
    return {
      rows: Object.entries(results).map(([what, stats]) => ({ what, unit: "ms", stats, ratio: times(stats, floor) })),
      verdicts: [
        {
          claim: `\`status\` with ${FEW} services against ${FLOOR}`,
          measured: ours.median / floor.median,
          target: { atMost: 1.5 },
          unit: "times",
        },
        { claim: `\`status\` with ${MANY} services`, measured: many.median, target: { atMost: 150 }, unit: "ms" },
      ],
      notes,
    };
  },
};

function withStatusOfMany<T>(context: Context, count: number, use: (status: Contender) => Promise<T>): Promise<T> {
  return withTree(context, async (tree) => {
    const stamps = newStamps(tree.directory, count);
    await tree.apply(stampServices(context, tree.directory, { count, stamps }));
    stamps.close();
    return use(tree.command("status"));
  });
}

async function withPeers<T>(
  context: Context,
  peers: readonly Peer[],
  use: (contenders: Readonly<Record<string, Contender>>) => Promise<T>,
): Promise<T> {
  const [peer, ...more] = peers;
  if (peer === undefined) return use({});
  const tree = peer.start(context, FEW, FEW);
  try {
    await tree.stamps.atLeast(FEW, `the services of ${peer.name}`);
    const { status } = tree;
    const own = status === undefined ? {} : { [COMMANDS[peer.name] ?? peer.name]: status };
    return await withPeers(context, more, (others) => use({ ...own, ...others }));
  } finally {
    await tree.end();
  }
}
