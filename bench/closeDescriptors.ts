/** What closing every descriptor costs where the limit lets there be a million of them. */
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Benchmark, Row } from "./benchmark.ts";
import { answerOf, stats } from "./harness.ts";
import { hasPythonDaemon, PYTHON } from "./peers.ts";

const WANTED = 2 ** 20;
const closing = join(import.meta.dirname, "fixtures/closing.ts");

/** Milliseconds of each round. argv: rounds, limit. */
const PYTHON_ROUNDS = `
import json, os, sys, time
from daemon.daemon import close_all_open_files
def timed(close):
    for i in range(100):
        os.dup2(0, 200 + i)
    start = time.monotonic()
    close()
    return (time.monotonic() - start) * 1000
def loop():
    for fd in range(3, int(sys.argv[2])):
        try:
            os.close(fd)
        except OSError:
            pass
kept = {0, 1, 2}
rounds = [(timed(lambda: close_all_open_files(exclude=kept)), timed(loop)) for _ in range(int(sys.argv[1]))]
print(json.dumps({"daemon": [a for a, _ in rounds], "loop": [b for _, b in rounds]}))
`;

export const closeDescriptors: Benchmark = {
  name: "close-descriptors",
  title: "closing descriptors under a high limit",
  method:
    "100 stray descriptors are open, under a limit of 2^20, or the highest that this machine allows. The step `closeFdsFrom` is timed alone, by the native part, in the process itself; beside it whole launches with and without it. python-daemon's function and a plain loop over all numbers, as many daemons have it, ran in Python.",
  async run(context) {
    const limit = [WANTED, ...hardLimit()].find(canHave) ?? 0;
    const raised = (command: readonly string[]) =>
      answerOf("bash", ["-c", `ulimit -n ${limit} && exec "$@"`, "bash", ...command]) as unknown;
    const row = (what: string, samples: readonly number[]): Row => ({ what, unit: "ms", stats: stats(samples) });
    const ours = raised([process.execPath, closing, String(context.rounds(200))]) as Record<"step" | "launch" | "without", number[]>;
    const rows = [
      row("the step `closeFdsFrom`", ours.step),
      row("a launch with it", ours.launch),
      row("a launch without it", ours.without),
    ];
    const notes = limit === WANTED ? [] : [`the limit can't be raised to ${WANTED} here, so it was ${limit}`];
    if (hasPythonDaemon()) {
      const python = raised([PYTHON, "-c", PYTHON_ROUNDS, String(context.rounds(10)), String(limit)]) as Record<
        "daemon" | "loop",
        number[]
      >;
      rows.push(row("python-daemon's `close_all_open_files`", python.daemon), row("`close` for every number, in Python", python.loop));
    } else {
      notes.push("python-daemon is not installed: left out");
    }
    const measured = stats(ours.step).median;
    return {
      rows,
      verdicts: [{ claim: `closing descriptors under a limit of ${limit}`, measured, target: { atMost: 0.1 }, unit: "ms" }],
      notes,
    };
  },
};

function hardLimit(): number[] {
  const limit = Number(execFileSync("bash", ["-c", "ulimit -Hn"], { encoding: "utf8" }));
  return Number.isInteger(limit) ? [limit] : [];
}

function canHave(limit: number): boolean {
  return spawnSync("bash", ["-c", `ulimit -n ${limit}`], { stdio: "ignore" }).status === 0;
}
