/** The whole command against the least that a command written for Node can take. */
import { join } from "node:path";
import { root } from "../scripts/root.ts";
import { type Benchmark, times } from "./benchmark.ts";
import { inTurn, program } from "./harness.ts";

export const command: Benchmark = {
  name: "command",
  title: "`daemonitor daemonize -- /bin/true`, the whole command",
  method:
    "From the start of the process to its exit, through the installed `bin`, which is when the daemon has been executed. `node -e 0` is the floor: Node that does nothing.",
  async run(context) {
    const bin = join(root, "bin/daemonitor.cjs");
    const { floor, ours } = await inTurn(
      { floor: program(process.execPath, ["-e", "0"]), ours: program(process.execPath, [bin, "daemonize", "--", "/bin/true"]) },
      { rounds: context.rounds(100) },
    );
    return {
      rows: [
        { what: "`node -e 0`", unit: "ms", stats: floor, ratio: "1.00×" },
        { what: "`daemonitor daemonize -- /bin/true`", unit: "ms", stats: ours, ratio: times(ours, floor) },
      ],
      verdicts: [
        {
          claim: "`daemonitor daemonize -- /bin/true` against `node -e 0`",
          measured: ours.median / floor.median,
          target: { atMost: 1.35 },
          unit: "times",
        },
      ],
    };
  },
};
