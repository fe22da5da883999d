/** How long a launch holds up the event loop of the program that launches. */
import { join } from "node:path";
import type { Benchmark } from "./benchmark.ts";
import { answerOf, stats } from "./harness.ts";

const METHOD =
  'A Node process of this size starts `/bin/true` in turn with `daemonize()` and with `child_process.spawn({ detached: true, stdio: "ignore" })`; the time that the call itself takes is the time in which no other callback can run. Ours is a whole double-forked daemon by then, and its `exec` is known to have worked.';

const launches = join(import.meta.dirname, "fixtures/launches.mjs");

export const fromLargeProcess: Benchmark = eventLoop("event-loop-640", 640, 60, 25);
export const fromSmallProcess: Benchmark = eventLoop("event-loop-45", 45, 150, 1.5);

interface Answer {
  readonly rss: number;
  readonly ours: readonly number[];
  readonly native: readonly number[];
  readonly spawn: readonly number[];
}

function eventLoop(name: string, megabytes: number, rounds: number, atLeast: number): Benchmark {
  return {
    name,
    title: `event loop blocked by a launch from a ${megabytes} MB process`,
    method: METHOD,
    async run(context) {
      const answer = answerOf(process.execPath, [launches, String(megabytes), String(context.rounds(rounds))]) as Answer;
      const [ours, native, spawn] = [stats(answer.ours), stats(answer.native), stats(answer.spawn)];
      const ratio = spawn.median / ours.median;
      return {
        rows: [
          { what: "`daemonize()`", unit: "ms", stats: ours, ratio: "1.00×" },
          {
            what: "of that the native part (`blocked`)",
            unit: "ms",
            stats: native,
            ratio: `${(native.median / ours.median).toFixed(2)}×`,
          },
          { what: "`child_process.spawn`, detached", unit: "ms", stats: spawn, ratio: `${ratio.toFixed(2)}×` },
        ],
        verdicts: [
          {
            claim: `event loop blocked by a launch from ${megabytes} MB, times less than \`spawn\``,
            measured: ratio,
            target: { atLeast },
            unit: "times",
          },
        ],
        notes: [`the process had ${Math.round(answer.rss)} MB resident`],
      };
    },
  };
}
