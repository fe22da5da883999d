/** Homes whose trees end with the test. */
import { request } from "node:http";
import { join } from "node:path";
import { type Home, resolveHome } from "../../src/supervisor/state/home.ts";
import type { Tracked } from "../support/cleanup.ts";
import { killProcesses, watchProcesses } from "../support/homeProcesses.ts";
import { fixture, node24 } from "../support/run.ts";

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
  const home = resolveHome(env, process.geteuid?.() ?? 0);
  tracked.defer(() => killProcesses(home, dir));
  return { home, dir, env, processes: watchProcesses(home, dir) };
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
