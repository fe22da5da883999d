/** A thousand services that are started at once. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Benchmark, type Context, times } from "./benchmark.ts";
import { type Contender, inTurn, now, stats } from "./harness.ts";
import { installed, type Peer, runsvdir, s6Scan } from "./supervisorPeers.ts";
import { latest } from "./supervisorStamps.ts";
import { newStamps, stampServices, withTree } from "./supervisorTree.ts";

const SERVICES = 1000;
const WARM_UP = 1;
const OURS = "`daemonitor apply`, until all run";

export const supervisorApply: Benchmark = {
  name: "supervisor-apply",
  title: `${SERVICES} services, until all of them run`,
  method: `From the start of the command to the first act of the last of ${SERVICES} services, a static C program that reads the clock, in a supervisor that runs already and has none. The peers read ${SERVICES} service directories, from the start of the program that supervises them.`,
  async run(context) {
    const { peers, notes } = installed([s6Scan, runsvdir]);
    const whole: number[] = [];
    const contenders: Record<string, Contender> = { [OURS]: ours(context, whole) };
    for (const peer of peers) contenders[peer.name] = scanning(context, peer);
    const rounds = context.rounds(10);
    const results = await inTurn<string>(contenders, { rounds, warmUp: WARM_UP });
    const { [OURS]: mine } = results;
    if (mine === undefined) throw new Error("ours was not measured");
    const command = stats(whole.slice(-rounds));
    const all = { [OURS]: mine, "`daemonitor apply`, until it says so": command, ...results };
    return {
      rows: Object.entries(all).map(([what, one]) => ({ what, unit: "ms", stats: one, ratio: times(one, mine) })),
      verdicts: [{ claim: `\`apply\` of ${SERVICES} services until all run`, measured: mine.median, target: { atMost: 2000 }, unit: "ms" }],
      notes,
    };
  },
};

function ours(context: Context, whole: number[]): Contender {
  return () =>
    withTree(context, async (tree) => {
      const stamps = newStamps(tree.directory, SERVICES);
      const file = join(tree.directory, "daemonitor.config.json");
      writeFileSync(file, JSON.stringify({ services: stampServices(context, tree.directory, { count: SERVICES, stamps }) }));
      const begin = now();
      whole.push(await tree.command("apply", "-f", file)());
      const last = latest(await stamps.atLeast(SERVICES, "all services"));
      stamps.close();
      return last - begin;
    });
}

function scanning(context: Context, peer: Peer): Contender {
  return async () => {
    const { stamps, begun, end } = peer.start(context, SERVICES, SERVICES);
    try {
      return latest(await stamps.atLeast(SERVICES, `all services of ${peer.name}`)) - begun;
    } finally {
      await end();
    }
  };
}
