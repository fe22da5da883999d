/** Homes whose trees end with the test. */
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { type Home, resolveHome } from "../../src/supervisor/state/home.ts";
import type { Tracked } from "../support/cleanup.ts";
import { allPids, isAlive, readList, readStat } from "../support/process.ts";
import { fixture, node24 } from "../support/run.ts";
import { until } from "../support/wait.ts";

export interface TestHome {
  readonly home: Home;
  readonly dir: string;
  /** For programs that are to find it. */
  readonly env: NodeJS.ProcessEnv;
  /** All processes of its tree, its services, and what was started with this environment. */
  processes(): number[];
}

/** A home of its own; every process that has it in its environment ends with the test. */
export function testHome(tracked: Tracked): TestHome {
  const dir = join(tracked.dir(), "h");
  const env = { ...process.env, DAEMONITOR_HOME: dir };
  // One that is ending has lost its environment before it lets go of its files.
  const seen = new Map<number, bigint>();
  const processes = () => {
    const entries = [`DAEMONITOR_HOME=${dir}`, `DAEMONITOR_INSTANCE=${idIn(dir)}/`];
    for (const pid of allPids()) if (pid !== process.pid && carries(pid, entries)) seen.set(pid, startTime(pid));
    return [...seen].filter(([pid, time]) => isAlive(pid) && startTime(pid) === time).map(([pid]) => pid);
  };
  tracked.defer(() =>
    until("the tree to end", () => {
      const left = processes();
      for (const pid of left) kill(pid);
      return left.length === 0;
    }),
  );
  return { home: resolveHome(env, process.geteuid?.() ?? 0), dir, env, processes };
}

/** The command of the supervisor that stands in. */
export const standIn: readonly string[] = [node24, "--disable-warning=ExperimentalWarning", fixture("treeSupervisor.ts")];

export interface Facts {
  readonly pid: number;
  readonly init: number;
  readonly held: readonly string[];
  readonly environment: readonly string[];
  readonly run: unknown;
}

/** What the stand-in says of itself. Waits for it as long as the kernel lets a connection wait. */
export function ask(home: Home, path = "/", method = "GET"): Promise<Facts> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: home.socket, path, method, timeout: 30_000 }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve(JSON.parse(text) as Facts));
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer")));
    asked.on("error", reject).end();
  });
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Ended by itself.
  }
}

function startTime(pid: number): bigint {
  try {
    return readStat(pid).startTime;
  } catch {
    return 0n;
  }
}

/** What the marks of its services begin with. */
function idIn(dir: string): string {
  try {
    return readFileSync(join(dir, "run/id"), "latin1").trim();
  } catch {
    return "none";
  }
}

/** Whether its environment has the first entry, or one that begins with the second. */
function carries(pid: number, [home = "", mark = ""]: readonly string[]): boolean {
  try {
    return readList(pid, "environ").some((entry) => entry.toString() === home || entry.toString().startsWith(mark));
  } catch {
    return false;
  }
}
