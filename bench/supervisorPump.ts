/** One service's output on its way into its log. */
import { type Benchmark, times, type Verdict } from "./benchmark.ts";
import { type Contender, inTurn, type Stats } from "./harness.ts";
import { direct, LINE, ours, piped, withPm2 } from "./logsWriters.ts";
import { locate } from "./supervisorPeers.ts";
import { withTree } from "./supervisorTree.ts";

/** s6-log puts a file aside at 256 MB at the latest. */
const LINES = 2_500_000;

const OURS = "ours, through the pump into the log";
const DIRECT = "the program itself, appending to a file";
const S6 = "s6-log, from a pipe";
const PM2 = "pm2";

export const supervisorPump: Benchmark = {
  name: "supervisor-pump",
  title: "one service's output into its log",
  method: `A C program writes ${LINES.toLocaleString("en")} lines of ${LINE} bytes (a fifth with --quick), one \`write(2)\` each: from its first act until the last byte is in the file. Nothing is put aside meanwhile, and nobody adds times to the lines.`,
  async run(context) {
    const load = { count: context.quick ? LINES / 5 : LINES, size: LINE };
    const notes: string[] = [];
    const results = await withTree(context, async (tree) => {
      const cpu = { ms: 0, bytes: 0 };
      const contenders: Record<string, Contender> = { [OURS]: ours(context, tree, load, cpu), [DIRECT]: direct(context, load) };
      if (locate("s6-log") === undefined) notes.push("s6-log is not installed, left out");
      else contenders[S6] = piped(context, load);
      const pm2 = locate("pm2") === undefined ? undefined : withPm2(context, load, notes);
      if (pm2 === undefined) notes.push("pm2 is not installed, left out");
      else contenders[PM2] = pm2.contender;
      try {
        const measured = await inTurn<string>(contenders, { rounds: context.rounds(15), warmUp: 1 });
        notes.push(`our init took ${((cpu.ms / cpu.bytes) * 1e9).toFixed(0)} ms of a processor for each GB`);
        return measured;
      } finally {
        await pm2?.end();
      }
    });
    const { [OURS]: mine } = results;
    if (mine === undefined) throw new Error("ours was not measured");
    return {
      rows: Object.entries(results).map(([what, stats]) => ({ what, unit: "MB/s", stats, ratio: times(stats, mine) })),
      verdicts: [...verdict(results, S6, 1), ...verdict(results, PM2, 3)],
      notes,
    };
  },
};

function verdict({ [OURS]: mine, ...others }: Readonly<Record<string, Stats>>, name: string, atLeast: number): Verdict[] {
  const other = others[name];
  if (mine === undefined || other === undefined) return [];
  const claim = `output of ${LINE}-byte writes, against ${name}`;
  return [{ claim, measured: mine.median / other.median, target: { atLeast }, unit: "times" }];
}
