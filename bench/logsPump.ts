/** Output into logs that are put aside meanwhile, in large writes, and of many services at once. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Benchmark, type Context, type Outcome, type Row, times, type Verdict } from "./benchmark.ts";
import { type Contender, inTurn, type Stats, stats } from "./harness.ts";
import { direct, LINE, type Load, ours, piped, type Spent, throughCat, withPm2, written } from "./logsWriters.ts";
import { locate } from "./supervisorPeers.ts";
import { cpuOf, MARK } from "./supervisorProcesses.ts";
import { type Stamp, stampProgram } from "./supervisorStamps.ts";
import { newStamps, type Tree, withTree } from "./supervisorTree.ts";

const SEGMENT = 16 * 1024 * 1024;
const LINES: Load = { count: 2_500_000, size: LINE, segment: SEGMENT };
const LARGE: Load = { count: 16_384, size: 64 * 1024 };
const SERVICES = 100;
/** Lines a second of each service. */
const RATE = 100;
const SECONDS = 10;

const OURS = "ours";
const DIRECT = "the program itself, appending to a file";
const S6 = "s6-log";
const PM2 = "pm2 (puts nothing aside)";
const CAT = "cat";

export const logsPump: Benchmark = {
  name: "logs-pump",
  title: "output into logs: with rotation, in large writes, of a hundred services",
  method: `A C program writes ${LINES.count.toLocaleString("en")} lines of ${LINE} bytes, one \`write(2)\` each, into a log that is put aside every ${SEGMENT / 1024 / 1024} MiB; and 1 GiB in writes of 64 KiB into one that isn't (a fifth of either with --quick). From its first act until the last byte is in a file, nothing compressed. Then ${SERVICES} services write ${RATE} lines a second each for ${SECONDS} s: a service that was blocked ends late.`,
  async run(context) {
    const notes: string[] = [];
    return withTree(context, async (tree) => {
      const outcomes = [await ofLines(context, tree, notes), await ofLargeWrites(context, tree), await ofMany(context, tree)];
      return { rows: outcomes.flatMap(({ rows }) => rows), verdicts: outcomes.flatMap(({ verdicts }) => verdicts), notes };
    });
  },
};

async function ofLines(context: Context, tree: Tree, notes: string[]): Promise<Outcome> {
  const load = scaled(context, LINES);
  const cpu: Spent = { ms: 0, bytes: 0 };
  const contenders: Record<string, Contender> = { [OURS]: ours(context, tree, load, cpu), [DIRECT]: direct(context, plain(load)) };
  if (locate("s6-log") === undefined) notes.push("s6-log is not installed, left out");
  else contenders[S6] = piped(context, load);
  const pm2 = locate("pm2") === undefined ? undefined : withPm2(context, plain(load), notes);
  if (pm2 === undefined) notes.push("pm2 is not installed, left out");
  else contenders[PM2] = pm2.contender;
  try {
    const results = await inTurn<string>(contenders, { rounds: context.rounds(15), warmUp: 1 });
    return {
      rows: [...rates(results, `lines of ${LINE} bytes`), spentRow(cpu, `lines of ${LINE} bytes`)],
      verdicts: [...against(results, S6, 1), ...against(results, DIRECT, 1), ...against(results, PM2, 4)],
    };
  } finally {
    await pm2?.end();
  }
}

async function ofLargeWrites(context: Context, tree: Tree): Promise<Outcome> {
  const load = scaled(context, LARGE);
  const cpu: Spent = { ms: 0, bytes: 0 };
  const contenders = { [OURS]: ours(context, tree, load, cpu), [CAT]: throughCat(context, load), [DIRECT]: direct(context, load) };
  const results = await inTurn<string>(contenders, { rounds: context.rounds(10), warmUp: 1 });
  const { [OURS]: mine, [CAT]: cat } = results;
  if (mine === undefined || cat === undefined) throw new Error("ours or cat was not measured");
  return {
    rows: [...rates(results, "writes of 64 KiB"), spentRow(cpu, "writes of 64 KiB")],
    verdicts: [
      {
        claim: "output in writes of 64 KiB, against 1 GB/s or `cat`, whichever is less",
        measured: mine.median / Math.min(1000, cat.median),
        target: { atLeast: 1 },
        unit: "times",
      },
    ],
  };
}

/** What each of many services gets of its rate, in percent. */
async function ofMany(context: Context, tree: Tree): Promise<Outcome> {
  const stamps = newStamps(tree.directory, 2 * SERVICES);
  const load: Load = { count: RATE * SECONDS, size: LINE };
  const service = {
    command: [stampProgram(context.directory)],
    cwd: tree.directory,
    env: { STAMPS: stamps.path, ...written(load), WRITE_RATE: String(RATE), [MARK]: tree.directory },
    restart: "never" as const,
  };
  await tree.begin(Object.fromEntries(Array.from({ length: SERVICES }, (_, number) => [`many-${number}`, service])));
  const begun = await stamps.atLeast(SERVICES, "all services to run");
  const before = cpuOf(tree.init);
  const since = performance.now();
  await sleep((SECONDS * 1000) / 2);
  const share = ((cpuOf(tree.init) - before) / (performance.now() - since)) * 100;
  const all = await stamps.atLeast(2 * SERVICES, "all services to have written");
  stamps.close();
  await tree.client.act({ action: "delete", selector: "many-*" });
  const shares = begun.map(({ pid }) => shareOf(all.filter((stamp) => stamp.pid === pid)));
  const reached = stats(shares);
  return {
    rows: [
      { what: `each of ${SERVICES} services: its rate of ${RATE} lines a second`, unit: "%", stats: reached },
      { what: `init meanwhile, of a processor`, unit: "%", stats: stats([share]) },
    ],
    verdicts: [
      {
        claim: `${(SERVICES * RATE).toLocaleString("en")} lines a second of ${SERVICES} services: what the slowest gets of its rate`,
        measured: reached.min,
        target: { atLeast: 99 },
        unit: "%",
      },
    ],
  };
}

/** The last line is written a step before the time is over. */
function shareOf(stamps: readonly Stamp[]): number {
  const times = stamps.map(({ at }) => at);
  const took = Math.max(...times) - Math.min(...times);
  return ((SECONDS * 1000 - 1000 / RATE) / took) * 100;
}

function scaled(context: Context, load: Load): Load {
  return context.quick ? { ...load, count: Math.floor(load.count / 5) } : load;
}

/** For those who put nothing aside: all is in one file. */
function plain({ count, size }: Load): Load {
  return { count, size };
}

function rates(results: Readonly<Record<string, Stats>>, what: string): Row[] {
  const mine = results[OURS];
  return Object.entries(results).map(([who, one]) => ({
    ...{ what: `${what}: ${who}`, unit: "MB/s" as const, stats: one },
    ...(mine === undefined ? {} : { ratio: times(one, mine) }),
  }));
}

function spentRow({ ms, bytes }: Spent, what: string): Row {
  return { what: `${what}: init, processor time for each GB`, unit: "ms", stats: stats([(ms / bytes) * 1e9]) };
}

function against({ [OURS]: mine, ...others }: Readonly<Record<string, Stats>>, name: string, atLeast: number): Verdict[] {
  const other = others[name];
  if (mine === undefined || other === undefined) return [];
  const claim = `output of ${LINE}-byte writes with rotation, against ${name}`;
  return [{ claim, measured: mine.median / other.median, target: { atLeast }, unit: "times" }];
}
