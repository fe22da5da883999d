/** How soon a supervisor that was killed answers again. */
import { until } from "../test/support/wait.ts";
import type { Benchmark, Context } from "./benchmark.ts";
import { type Contender, inTurn, now } from "./harness.ts";
import { newStamps, stampServices, type Tree, withTree } from "./supervisorTree.ts";

const FEW = 10;
const MANY = 1000;
/** Milliseconds after which init takes a supervisor for one that is well: one that dies sooner is started again later. */
const WELL = 10_500;
/** Before init starts it again. */
const PAUSE = 100;

export const supervisorRevival: Benchmark = {
  name: "supervisor-revival",
  title: "a killed supervisor answers again",
  method: `From just before \`kill(2)\` with SIGKILL to the answer to a request for all services, sent at once and waiting, as a command does: init's pause of ${PAUSE} ms, the start of Node, and taking stock of all services. The supervisor had run for ${WELL / 1000} s each time.`,
  async run(context) {
    const results = await withServices(context, FEW, (few) =>
      withServices(context, MANY, (many) => inTurn({ few, many }, { rounds: context.rounds(15), warmUp: 1 })),
    );
    return {
      rows: [
        { what: `with ${FEW} services`, unit: "ms", stats: results.few },
        { what: `with ${MANY} services`, unit: "ms", stats: results.many },
      ],
      verdicts: [
        {
          claim: `supervisor of ${FEW} services killed → answers again`,
          measured: results.few.median,
          target: { atMost: 300 },
          unit: "ms",
        },
        {
          claim: `supervisor of ${MANY} services killed → answers again`,
          measured: results.many.median,
          target: { atMost: 300 },
          unit: "ms",
        },
      ],
    };
  },
};

function withServices<T>(context: Context, count: number, use: (killed: Contender) => Promise<T>): Promise<T> {
  return withTree(context, async (tree) => {
    const stamps = newStamps(tree.directory, count * 2);
    await tree.apply(stampServices(context, tree.directory, { count, stamps }));
    const result = await use(killed(tree, count));
    if (stamps.count !== count)
      throw new Error(`of ${count} services, ${stamps.count - count} were started again: they should not have noticed`);
    stamps.close();
    return result;
  });
}

function killed({ client }: Tree, count: number): Contender {
  return async () => {
    const { pid, startedAt } = await client.about();
    await until("the supervisor to be well", () => Date.now() - startedAt > WELL, { timeout: 30_000 });
    const begin = now();
    process.kill(pid, "SIGKILL");
    const { supervisor, services } = await client.survey();
    const took = now() - begin;
    if (supervisor.pid === pid) throw new Error("the supervisor that was killed has answered");
    const isSame = services.length === count && services.every(({ instances }) => instances[0]?.state === "running");
    if (!isSame) throw new Error(`of ${count} services, not all run after the supervisor was killed`);
    return took;
  };
}
