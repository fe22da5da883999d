/** What a supervisor takes of the machine while nothing happens: memory, and processor time. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Benchmark, Context, Row, Verdict } from "./benchmark.ts";
import { now, stats } from "./harness.ts";
import { installed, type Peer, pm2, runsvdir, s6Scan, supervisord } from "./supervisorPeers.ts";
import { cpuTicksOf, type Memory, memoryOf, processesOf } from "./supervisorProcesses.ts";
import { newStamps, stampServices, type Tree, withTree } from "./supervisorTree.ts";

const SERVICES = 1000;
/** Milliseconds after the last service runs: by then the memory of starting them is given back, where it is. */
const SETTLED = 15_000;
const MINUTE = 60_000;

interface Costs {
  readonly supervisor: Memory;
  readonly init: Memory;
}

export const supervisorMemory: Benchmark = {
  name: "supervisor-memory",
  title: `memory of a supervisor, with ${SERVICES} services`,
  method: `Of the supervisor's own processes, without the services: each is the same static C program that only waits. ${SETTLED / 1000} s after the last of them runs. *Proportional*: pages that processes share are divided by those that share them; resident memory counts them for each.`,
  async run(context) {
    const { peers, notes } = installed([s6Scan, runsvdir, supervisord, pm2]);
    const none = await withServices(context, 0, ours);
    const many = await withServices(context, SERVICES, ours);
    const totals: [string, Memory][] = [[`ours, with ${SERVICES}: both`, sum(many.supervisor, many.init)]];
    const failed: string[] = [];
    for (const peer of peers) {
      try {
        totals.push([`${peer.name}, with ${SERVICES}: all of its own processes`, await ofPeer(context, peer)]);
      } catch (error) {
        failed.push(`${peer.name} was given up: ${error instanceof Error ? error.message : error}`);
      }
    }
    const parts: [string, Memory][] = [
      ["our supervisor, with no services", none.supervisor],
      ["our init, with no services", none.init],
      [`our supervisor, with ${SERVICES} services`, many.supervisor],
      [`our init, with ${SERVICES} services`, many.init],
    ];
    return { rows: [...parts, ...totals].flatMap(rows), verdicts: verdicts(none, many, totals), notes: [...notes, ...failed] };
  },
};

export const supervisorIdle: Benchmark = {
  name: "supervisor-idle",
  title: `processor time of a supervisor, with ${SERVICES} idle services`,
  method: `User and system time of the supervisor and init over a minute in which nobody asks anything and no service does anything, from /proc/PID/stat, as a share of one processor.`,
  async run(context) {
    const [supervisor, init] = await withServices(context, SERVICES, async (tree) => {
      const pids = [await tree.supervisor(), tree.init];
      const before = pids.map(cpuTicksOf);
      const begin = now();
      await sleep(MINUTE);
      const took = now() - begin;
      return pids.map((pid, index) => (100 * (cpuTicksOf(pid) - (before[index] ?? 0))) / took);
    });
    const total = (supervisor ?? 0) + (init ?? 0);
    const row = (what: string, share = Number.NaN): Row => ({ what, unit: "%", stats: stats([share]) });
    return {
      rows: [row("our supervisor", supervisor), row("our init", init), row("both", total)],
      verdicts: [{ claim: `share of a processor with ${SERVICES} idle services`, measured: total, target: { atMost: 0.5 }, unit: "%" }],
      notes: [],
    };
  },
};

/** Resolves to what `use` finds when all is settled. */
function withServices<T>(context: Context, count: number, use: (tree: Tree) => Promise<T>): Promise<T> {
  return withTree(context, async (tree) => {
    const stamps = newStamps(tree.directory, count);
    await tree.apply(stampServices(context, tree.directory, { count, stamps }));
    stamps.close();
    await sleep(SETTLED);
    return use(tree);
  });
}

async function ours(tree: Tree): Promise<Costs> {
  return { supervisor: memoryOf([await tree.supervisor()]), init: memoryOf([tree.init]) };
}

async function ofPeer(context: Context, peer: Peer): Promise<Memory> {
  const { directory, stamps, end } = peer.start(context, SERVICES, SERVICES);
  try {
    await stamps.atLeast(SERVICES, `all services of ${peer.name}`);
    await sleep(SETTLED);
    const services = new Set(processesOf(directory, "stamp"));
    return memoryOf(processesOf(directory).filter((pid) => !services.has(pid)));
  } finally {
    await end();
  }
}

function sum(one: Memory, other: Memory): Memory {
  return {
    resident: one.resident + other.resident,
    proportional: one.proportional + other.proportional,
    anonymous: one.anonymous + other.anonymous,
  };
}

function rows([what, { resident, proportional }]: readonly [string, Memory]): Row[] {
  return [
    { what: `${what}, resident`, unit: "MB", stats: stats([resident]) },
    { what: "… proportional", unit: "MB", stats: stats([proportional]) },
  ];
}

function verdicts(none: Costs, many: Costs, [own, ...theirs]: readonly (readonly [string, Memory])[]): Verdict[] {
  const atMost = (claim: string, measured: number, most: number): Verdict => ({ claim, measured, target: { atMost: most }, unit: "MB" });
  const total = own?.[1].resident ?? Number.NaN;
  return [
    atMost("resident memory of the supervisor with no services", none.supervisor.resident, 58),
    atMost(`resident memory of the supervisor with ${SERVICES} services`, many.supervisor.resident, 85),
    atMost(`resident memory of init with ${SERVICES} services`, many.init.resident, 1.5),
    // What matters for a machine is what it has less of: s6's and runit's many small processes share most of their pages.
    ...theirs.flatMap(([what, memory]): Verdict[] => [
      { claim: `our resident memory against: ${what}`, measured: total / memory.resident, target: { atMost: 1 }, unit: "times" },
      {
        claim: `our proportional memory against: ${what}`,
        measured: (own?.[1].proportional ?? Number.NaN) / memory.proportional,
        target: { atMost: 1 },
        unit: "times",
      },
    ]),
  ];
}
