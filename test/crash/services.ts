/** The services of the crash run: what each kind is like, and what may be asked of it. */
import { createServer } from "node:net";
import { join } from "node:path";
import { checkConfig } from "../../src/service/checkConfig.ts";
import type { ServiceConfig } from "../../src/service/configTypes.ts";
import { formatProblem } from "../../src/service/problem.ts";
import type { ServiceSpec } from "../../src/service/specTypes.ts";

export interface Kind {
  readonly name: string;
  /** How many of 50. */
  readonly count: number;
  /** More than one instance may run. */
  readonly scalable: boolean;
  /** Ends by itself again and again, so that at any moment it may be between two lives. */
  readonly restless: boolean;
  /** Processes that the main one leaves in other sessions. */
  readonly children: number;
  /** Lines that it writes at once, 0 for none. */
  readonly writes: number;
  readonly notifies: boolean;
  /** `number`: of the service among those of its kind; `port`: a free one. */
  config(place: { readonly evidence: string; readonly name: string; readonly port: number; readonly number: number }): {
    readonly args: readonly (string | number)[];
  } & Omit<ServiceConfig, "command">;
}

/** As steady programs are. */
const PLAIN = { scalable: true, restless: false, children: 0, writes: 0, notifies: false } as const;

/** A hundredth of these numbers is what a real service would have: every round has to see many lives. */
const RESTART = { when: "always", limit: "unlimited", stable: "200ms", backoff: { initial: "5ms", max: "80ms" } } as const;

export const KINDS: readonly Kind[] = [
  { ...PLAIN, name: "steady", count: 14, config: () => ({ args: ["steady"] }) },
  { ...PLAIN, name: "crash", count: 8, restless: true, config: () => ({ args: ["crash", 20, 1500] }) },
  { ...PLAIN, name: "ignore", count: 4, config: () => ({ args: ["ignore"], stop: { timeout: "150ms" } }) },
  { ...PLAIN, name: "spread", count: 4, children: 3, config: () => ({ args: ["spread", 0], stop: { timeout: "150ms" } }) },
  {
    ...PLAIN,
    name: "burst",
    count: 4,
    children: 3,
    restless: true,
    config: () => ({ args: ["spread", 3000], stop: { timeout: "150ms" } }),
  },
  // A line at a time with a rest, and in bundles at full speed until there are enough of them.
  { ...PLAIN, name: "write", count: 4, writes: 1, config: () => ({ args: ["write", 1_000_000_000, 1, 1] }) },
  { ...PLAIN, name: "flood", count: 3, writes: 40, config: () => ({ args: ["write", 20_000, 40, 0.2] }) },
  { ...PLAIN, name: "notify", count: 4, notifies: true, config: () => ({ args: ["notify", 20], ready: { on: "notify", timeout: "3s" } }) },
  {
    ...PLAIN,
    name: "serve",
    count: 2,
    scalable: false,
    config: ({ port }) => ({ args: ["serve", port], ready: { on: "port", port } }),
  },
  {
    ...PLAIN,
    name: "daemonize",
    count: 3,
    scalable: false,
    config: ({ evidence, name }) => {
      const pidFile = join(evidence, `pid.${name}`);
      return { args: ["daemonize", pidFile], type: "forking", pidFile };
    },
  },
];

export interface CrashService {
  readonly name: string;
  readonly kind: Kind;
  readonly spec: ServiceSpec;
}

export interface ServicesOptions {
  /** The program of program.c. */
  readonly program: string;
  readonly evidence: string;
  /** In the environment of each process, as CRASH_RUN. */
  readonly run: string;
  /** How many in all, of each kind its share and one at least. Default 50. */
  readonly count?: number;
}

export async function makeServices({ program, evidence, run, count = 50 }: ServicesOptions): Promise<CrashService[]> {
  const kinds = new Map<string, Kind>();
  const services: Record<string, ServiceConfig> = {};
  for (const kind of KINDS) {
    const share = Math.max(1, Math.round((kind.count * count) / 50));
    for (let number = 0; number < share; number++) {
      const name = `${kind.name}${number}`;
      const port = kind.name === "serve" ? await freePort() : 0;
      const { args, ...config } = kind.config({ evidence, name, port, number });
      const [what = "", ...rest] = args;
      kinds.set(name, kind);
      services[name] = {
        ...{
          command: [program, what, evidence, ...rest],
          cwd: "/",
          restart: RESTART,
          logs: { maxSize: "unlimited", maxTotal: "unlimited" },
        },
        ...config,
        env: { CRASH_RUN: run, CRASH_VALUE: "0" },
      };
    }
  }
  const { config, problems } = await checkConfig({ services }, { directory: "/", variables: {} });
  if (config === undefined) throw new Error(problems.map(formatProblem).join("\n"));
  return config.services.flatMap((spec) => {
    const kind = kinds.get(spec.name);
    return kind === undefined ? [] : [{ name: spec.name, kind, spec }];
  });
}

/** Below the ports that the kernel gives out by itself, so that nobody else comes to have it meanwhile. */
async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    if (await isFree(port)) return port;
  }
  throw new Error("of a hundred ports none was free");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
