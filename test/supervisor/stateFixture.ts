/** Specifications and instances to keep, and what a state report was. */
import assert from "node:assert/strict";
import { DaemonError } from "../../src/launch/errors.ts";
import { checkConfig } from "../../src/service/checkConfig.ts";
import type { ServiceSpec } from "../../src/service/specTypes.ts";
import { type Instance, newInstance } from "../../src/supervisor/instance.ts";
import type { StateReport } from "../../src/supervisor/state/stateReport.ts";

/** Every group of keys is there. */
const EVERYTHING = {
  command: ["server", "--port", "8080"],
  cwd: "/",
  env: { TOKEN: "hunter2" },
  ready: { on: "http", url: "http://127.0.0.1:8080/" },
  reload: { signal: "SIGHUP" },
  watchdog: "10s",
  sockets: { http: "tcp://127.0.0.1:8080", local: "unix:///run/x.sock" },
  dependsOn: { db: "ready" },
  hooks: { beforeStart: ["true"] },
  user: "root",
  limits: { nofile: 1024 },
  health: { http: "http://127.0.0.1:8080/", every: "10s" },
  // biome-ignore lint/suspicious/noThenProperty: a key of the configuration
  checks: [{ metric: "memory", above: "512MiB", for: "3 of 5", then: "restart" }],
};

/** Checked specifications: "web" with all that can be said, "db" with its defaults. */
export async function specs(): Promise<{ web: ServiceSpec; db: ServiceSpec }> {
  const written = { services: { web: EVERYTHING, db: { command: ["db"], cwd: "/" } } };
  const { config, problems } = await checkConfig(written, { variables: { PATH: "/bin:/usr/bin" } });
  const [web, db] = config?.services ?? [];
  assert.ok(web !== undefined && db !== undefined, JSON.stringify(problems));
  return { web, db };
}

export function instanceOf(name: string, change: Partial<Instance> = {}): Instance {
  return { ...newInstance(name, { at: 1, wall: 2 }), ...change };
}

export const IDENTITY = { pid: 4711, startTime: 12345, bootId: "boot-1" } as const;

export function running(name: string, attempt: number): Instance {
  const process = { attempt, identity: { ...IDENTITY, pid: attempt + 1 }, readyAt: 3, launcher: null, adopted: false };
  return instanceOf(name, {
    state: "running",
    wanted: true,
    attempt,
    process,
    restarts: 7,
    timers: { stableReached: { at: 9, after: 8 } },
  });
}

/** Collects reports; `kinds` are theirs so far. */
export function reporter() {
  const reports: StateReport[] = [];
  return { reports, report: (report: StateReport) => void reports.push(report), kinds: () => reports.map(({ kind }) => kind) };
}

/** The DaemonError that a call throws, one line long. */
export function refusalOf(act: () => unknown): DaemonError {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof DaemonError, String(error));
    assert.doesNotMatch(error.message, /\n/);
    return error;
  }
  throw new assert.AssertionError({ message: "nothing was thrown" });
}
