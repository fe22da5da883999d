/** A supervisor of our own in a home of its own, as it is installed: from the bundles. */
import { mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { root } from "../scripts/root.ts";
import { Client } from "../src/api/client.ts";
import { startTree } from "../src/api/startTree.ts";
import { SUPERVISOR_FLAGS } from "../src/api/supervisorProgram.ts";
import { checkConfig } from "../src/service/checkConfig.ts";
import type { ServiceConfig } from "../src/service/configTypes.ts";
import { formatProblem } from "../src/service/problem.ts";
import type { ServiceSpec } from "../src/service/specTypes.ts";
import { type Home, resolveHome } from "../src/supervisor/state/home.ts";
import { cgroupsOf } from "../test/support/homeProcesses.ts";
import type { Context } from "./benchmark.ts";
import { type Contender, program } from "./harness.ts";
import { endProcessesOf, MARK } from "./supervisorProcesses.ts";
import { Stamps, stampProgram } from "./supervisorStamps.ts";

export interface StampedServices {
  readonly count: number;
  readonly stamps: Stamps;
  /** Of their names. Default "service". */
  readonly prefix?: string;
  readonly stable?: string;
}

export type Services = Readonly<Record<string, ServiceConfig>>;

export interface Tree {
  /** Of its home, and for files of the benchmark. */
  readonly directory: string;
  readonly home: Home;
  readonly client: Client;
  readonly init: number;
  supervisor(): Promise<number>;
  /** Resolves when all of them run. */
  apply(services: Services): Promise<void>;
  /** Only has them started. */
  begin(services: Services): Promise<void>;
  /** `daemonitor …` in this home. */
  command(...args: readonly string[]): Contender;
  /** Of everything in it. */
  end(): Promise<void>;
}

/** Resolves when the supervisor answers. */
export async function plantTree(context: Context): Promise<Tree> {
  const directory = mkdtempSync(join(context.directory, "tree-"));
  const env = { ...process.env, DAEMONITOR_HOME: join(directory, "home") };
  const home = resolveHome(env, process.geteuid?.() ?? 0);
  const init = startTree(home, { supervisor: [process.execPath, ...SUPERVISOR_FLAGS, join(root, "dist/supervisor.cjs")], env });
  const client = new Client({ socket: home.socket });
  const end = async () => {
    const removeCgroups = cgroupsOf(home);
    // In order where that works; then whatever is left.
    await client.shutdown({ force: true }).catch(() => {});
    client.close();
    await endProcessesOf(directory);
    await removeCgroups();
  };
  try {
    await client.about();
  } catch (error) {
    await end();
    throw error;
  }
  return {
    ...{ directory, home, client, init, end },
    supervisor: async () => (await client.about()).pid,
    async apply(services) {
      const { instances } = await client.apply({ services: await specsOf(services, directory) });
      const bad = instances.find(({ outcome }) => outcome !== "done");
      if (bad !== undefined) throw new Error(`${bad.name} does not run: ${bad.why}`);
    },
    async begin(services) {
      await client.apply({ services: await specsOf(services, directory), wait: 0 });
    },
    command: (...args) => program(process.execPath, [join(root, "bin/daemonitor.cjs"), ...args], { env }),
  };
}

/** For as long as `use` takes, however that ends. */
export async function withTree<T>(context: Context, use: (tree: Tree) => Promise<T>): Promise<T> {
  const tree = await plantTree(context);
  try {
    return await use(tree);
  } finally {
    await tree.end();
  }
}

/** A file for the stamps of so many starts, in a directory that is there. */
export function newStamps(directory: string, starts: number): Stamps {
  mkdirSync(directory, { recursive: true });
  return new Stamps(join(mkdtempSync(join(directory, "stamps-")), "stamps"), starts);
}

/** As many services, each the program that says when it runs. Stable after a second, unless `stable` says else, and never given up. */
export function stampServices(
  context: Context,
  directory: string,
  { count, stamps, prefix = "service", stable = "1s" }: StampedServices,
): Services {
  const service: ServiceConfig = {
    command: [stampProgram(context.directory)],
    cwd: directory,
    env: { STAMPS: stamps.path, [MARK]: directory },
    restart: { stable, limit: "unlimited" },
  };
  return Object.fromEntries(Array.from({ length: count }, (_, number) => [`${prefix}-${number}`, service]));
}

async function specsOf(services: Services, directory: string): Promise<readonly ServiceSpec[]> {
  const { config, problems } = await checkConfig({ services }, { file: join(directory, "daemonitor.config.json"), directory });
  if (config === undefined) throw new Error(problems.map(formatProblem).join("\n"));
  return config.services;
}
