/** What a service more costs, from ten of them to ten thousand. */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../test/support/wait.ts";
import type { Benchmark, Context, Row, Verdict } from "./benchmark.ts";
import { now, type Stats, stats } from "./harness.ts";
import { cpuOf, descriptorsOf, memoryOf } from "./supervisorProcesses.ts";
import type { Stamps } from "./supervisorStamps.ts";
import { newStamps, stampServices, type Tree, withTree } from "./supervisorTree.ts";

const SIZES = [10, 100, 1000, 3000, 10_000] as const;
const QUICK = 1000;
const RESTARTS = 100;
/** How often so many are restarted: of the times the median counts, since a look of the monitor may fall into one of them. */
const TURNS = 3;
const WARM_UP = 50;
/** Milliseconds of doing nothing, over which what the supervisor does anyway is measured. */
const IDLE = 6000;

interface Point {
  readonly size: number;
  /** Milliseconds until all run, for each. */
  readonly apply: number;
  /** Milliseconds of a processor for one restart, of the supervisor and of init together. */
  readonly restart: Stats;
  readonly latency: Stats;
  readonly status: Stats;
  /** Kilobytes of their own, of the supervisor and of init: pages of files come and go, and are no service's. */
  readonly supervisor: number;
  readonly init: number;
  /** Open files for each service, of that of both that has more of them. */
  readonly descriptors: number;
}

export const supervisorScale: Benchmark = {
  name: "supervisor-scale",
  title: "from 10 services to 10,000",
  method: `For each number a new supervisor. Until all run: the time for each of them. A restart: processor time of the supervisor and init together for each of ${RESTARTS}, one after the other, less what they use when nothing happens, ${TURNS} times; and the time from SIGKILL to the successor. Memory: what is resident and no page of a file, for each service more than with the fewest; a line of \`status\` likewise. With --quick to ${QUICK.toLocaleString("en")} only.`,
  async run(context) {
    const points: Point[] = [];
    const notes: string[] = [];
    for (const wanted of SIZES) {
      if (context.quick && wanted > QUICK) continue;
      const before = points.at(-1);
      const { most, why } = mostServices(before);
      const size = Math.min(wanted, most);
      if (size < wanted) notes.push(`${size} services instead of ${wanted}: ${why}`);
      if (size > (before?.size ?? 0)) points.push(await withTree(context, (tree) => measure(context, tree, size)));
    }
    return { rows: points.flatMap((point) => rows(point, points[0])), verdicts: verdicts(points), notes };
  },
};

async function measure(context: Context, tree: Tree, size: number): Promise<Point> {
  const processes = [await tree.supervisor(), tree.init];
  const descriptors = () => Math.max(...processes.map(descriptorsOf));
  const before = descriptors();
  const stamps = newStamps(tree.directory, size + WARM_UP + TURNS * RESTARTS);
  const begin = now();
  await tree.apply(stampServices(context, tree.directory, { count: size, stamps, stable: "1ms" }));
  const apply = now() - begin;
  const pids = (await stamps.atLeast(size, `${size} services`)).map(({ pid }) => pid);
  await restarts(stamps, pids, WARM_UP);
  await sleep(1000);
  const idle = await cpuDuring(processes, () => sleep(IDLE));
  const [supervisor = 0, init = 0] = processes.map((pid) => memoryOf([pid]).anonymous * 1024);
  const latency: number[] = [];
  const costs: number[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    const busy = await cpuDuring(processes, async () => void latency.push(...(await restarts(stamps, pids, RESTARTS))));
    costs.push((busy.cpu - (idle.cpu / idle.took) * busy.took) / RESTARTS);
  }
  stamps.close();
  const command = tree.command("status");
  const status: number[] = [];
  for (let round = 0; round < context.rounds(15); round++) status.push(await command());
  return {
    ...{ size, latency: stats(latency), status: stats(status), supervisor, init },
    apply: apply / size,
    restart: stats(costs),
    descriptors: (descriptors() - before) / size,
  };
}

/** Kills services in turn, each when the successor of the one before runs. */
async function restarts(stamps: Stamps, pids: number[], count: number): Promise<number[]> {
  const latencies: number[] = [];
  for (let done = 0; done < count; done++) {
    const number = stamps.count;
    const pid = pids.shift() ?? 0;
    const begin = now();
    process.kill(pid, "SIGKILL");
    const successor = await until("a successor", () => stamps.at(number), { timeout: 60_000 });
    latencies.push(successor.at - begin);
    pids.push(successor.pid);
    await sleep(10);
  }
  return latencies;
}

async function cpuDuring(pids: readonly number[], act: () => Promise<void>): Promise<{ readonly cpu: number; readonly took: number }> {
  const sum = () => pids.reduce((total, pid) => total + cpuOf(pid), 0);
  const [before, begin] = [sum(), now()];
  await act();
  return { cpu: sum() - before, took: now() - begin };
}

/** How many can be had, and what sets that limit. */
function mostServices(before: Point | undefined): { readonly most: number; readonly why: string } {
  const files = Number(/^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1"))?.[1] ?? Number.POSITIVE_INFINITY);
  const available = Number(/^MemAvailable:\s+(\d+)/m.exec(readFileSync("/proc/meminfo", "latin1"))?.[1]);
  const processes = Number(readFileSync("/proc/sys/kernel/pid_max", "latin1"));
  const limits = [
    { most: Math.floor((files - 300) / (before?.descriptors ?? 1)), why: `a process may have ${files} files open` },
    // What the kernel has for each process, pages of its own included, beside ours; and half of it is for others.
    { most: Math.floor(available / 2 / 400), why: `${Math.round(available / 1024)} MB of memory are free` },
    { most: Math.floor(processes / 2), why: `the machine has ${processes} process ids` },
  ];
  return limits.reduce((least, one) => (one.most < least.most ? one : least));
}

function rows(point: Point, smallest: Point = point): Row[] {
  const { size, latency, status } = point;
  const one = (what: string, unit: Row["unit"], value: number): Row => ({ what: `… ${what}`, unit, stats: stats([value]) });
  const perService = [
    one(
      "a line more",
      "ms",
      slope(point, smallest, (one) => one.status.median),
    ),
    one(
      "memory of the supervisor, for a service more",
      "KB",
      slope(point, smallest, ({ supervisor }) => supervisor),
    ),
    one(
      "memory of init, for a service more",
      "KB",
      slope(point, smallest, ({ init }) => init),
    ),
  ];
  return [
    { what: `${size.toLocaleString("en")} services: SIGKILL → successor`, unit: "ms", stats: latency },
    { what: "… a restart, processor time", unit: "ms", stats: point.restart },
    one("`apply`, for each", "ms", point.apply),
    { what: "… `status`, whole command", unit: "ms", stats: status },
    ...(point === smallest ? [] : perService),
  ];
}

/** By how much it is more, for each service more. */
function slope(point: Point, smallest: Point, of: (point: Point) => number): number {
  return (of(point) - of(smallest)) / (point.size - smallest.size);
}

/**
 * With ten, what is measured is no service's: so it begins with a hundred; what a service adds to something larger begins
 * with a thousand, where that is more than chance.
 */
function verdicts(points: readonly Point[]): Verdict[] {
  const [smallest, last] = [points[0], points.at(-1)];
  const [hundred, thousand] = [100, 1000].map((least) => points.find(({ size }) => size >= least));
  if (smallest === undefined || last === undefined || hundred === undefined || hundred === last) return [];
  const flat = (what: string, base: Point, of: (point: Point) => number): Verdict => ({
    claim: `${what} with ${last.size.toLocaleString("en")} services, against ${base.size.toLocaleString("en")}`,
    measured: of(last) / of(base),
    target: { atMost: 1.5 },
    unit: "times",
  });
  const added = thousand === undefined || thousand === last ? hundred : thousand;
  return [
    flat("processor time of a restart", hundred, ({ restart }) => restart.median),
    flat("`apply`, for each,", hundred, ({ apply }) => apply),
    flat("a line of `status`", added, (point) => slope(point, smallest, ({ status }) => status.median)),
    flat("memory of a service", added, (point) => slope(point, smallest, ({ supervisor, init }) => supervisor + init)),
  ];
}
