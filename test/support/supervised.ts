/** A home of its own with a real supervisor, for a test. Everything in it ends with the test. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { Client } from "../../src/api/client.ts";
import { connect, isListening } from "../../src/api/connect.ts";
import { checkConfig } from "../../src/service/checkConfig.ts";
import type { ServiceConfig } from "../../src/service/configTypes.ts";
import { formatProblem } from "../../src/service/problem.ts";
import type { ServiceSpec } from "../../src/service/specTypes.ts";
import type { ApplyRequest, ApplyResult, InstanceStatus, SupervisorEvent, SupervisorStatus } from "../../src/supervisor/control.ts";
import { type Home, resolveHome } from "../../src/supervisor/state/home.ts";
import { type Tracked, track } from "./cleanup.ts";
import { cgroupsOf, killProcesses, serviceProcesses } from "./homeProcesses.ts";
import { logged } from "./logged.ts";
import { node24, type RunOptions, type RunResult, root, run } from "./run.ts";

export interface Supervised {
  /** For files of the test; everybody may enter it. */
  readonly dir: string;
  readonly home: Home;
  /** What leads a command to this home. */
  readonly env: Readonly<Record<string, string>>;
  readonly tracked: Tracked;
  readonly client: Client;
  about(): Promise<SupervisorStatus>;
  /** As configuration files have it; working directory is `dir`. */
  apply(services: Readonly<Record<string, ServiceConfig>>, options?: Partial<ApplyRequest>): Promise<ApplyResult>;
  /** Of one instance. */
  status(instance: string): Promise<InstanceStatus>;
  events(): Promise<readonly SupervisorEvent[]>;
  /** What the instance wrote. */
  log(instance: string): string;
  /** `daemonitor …` in this home. */
  command(args: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** All that carry the mark of an instance of this home, or of all. */
  processes(instance?: string): number[];
}

export interface SupervisedOptions {
  /** Default: starts a supervisor at once. */
  readonly start?: boolean;
  readonly dir?: string;
  /** Whose directory that is: it goes after the services have ended. */
  readonly tracked?: Tracked;
}

export async function supervised(
  t: TestContext,
  { start = true, dir: given, tracked = track(t) }: SupervisedOptions = {},
): Promise<Supervised> {
  const dir = given ?? tracked.dir();
  const env = { DAEMONITOR_HOME: join(dir, "home") };
  const home = resolveHome(env, process.geteuid?.() ?? 0);
  tracked.defer(() => endHome(home, env.DAEMONITOR_HOME));
  if (start) (await connect(home, { start: "always", env: { ...process.env, ...env } })).close();
  const client = new Client({ socket: home.socket });
  tracked.defer(() => client.close());
  const status = async (instance: string) => {
    const [service] = await client.list(instance);
    const found = service?.instances[0];
    if (found === undefined) throw new Error(`there is no ${instance}`);
    return found;
  };
  return {
    ...{ dir, home, env, tracked, client, status },
    about: () => client.about(),
    async apply(services, options = {}) {
      return client.apply({ services: await specsOf(services, dir), ...options });
    },
    async events() {
      const all: SupervisorEvent[] = [];
      for await (const event of client.events({ after: 0, follow: false })) all.push(event);
      return all;
    },
    log: (instance) => logged(home.log, instance),
    command: (args, options = {}) =>
      run(node24, [join(root, "bin/daemonitor.cjs"), ...args], { cwd: dir, ...options, env: { ...env, ...options.env }, waitFor: "exit" }),
    processes: (instance) => serviceProcesses(home, instance),
  };
}

/** Checked as `apply` does it. */
export async function specsOf(services: Readonly<Record<string, ServiceConfig>>, directory: string): Promise<readonly ServiceSpec[]> {
  const { config, problems } = await checkConfig({ services }, { file: join(directory, "daemonitor.config.json"), directory });
  if (config === undefined) throw new Error(problems.map(formatProblem).join("\n"));
  return config.services;
}

/** In order where that works: then what has wiped out its mark is ended as well. */
async function endHome(home: Home, path: string): Promise<void> {
  const removeCgroups = cgroupsOf(home);
  if (isListening(home)) {
    const client = new Client({ socket: home.socket, timeout: 5000 });
    const patience = setTimeout(() => client.close(), 10_000);
    await client.shutdown({ force: true }).catch(() => {});
    clearTimeout(patience);
  }
  await killProcesses(home, path, removeCgroups);
}

/** Names of the descriptors of a process. */
export function descriptorsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`);
}
