/** Runs fixtures/daemon.ts, a Node program that makes a daemon of itself. */
import { readFileSync } from "node:fs";
import type { CreateDaemonOptions } from "../../src/index.ts";
import type { Tracked } from "../support/cleanup.ts";
import { type Inspected, inspect } from "../support/process.ts";
import { fixture, node24, type RunOptions, type RunResult, run } from "../support/run.ts";
import { type Circumstances, startedUnder } from "../support/startedUnder.ts";
import { until } from "../support/wait.ts";

export interface How extends RunOptions {
  /** What the daemon does: see the fixture. */
  readonly action?: string;
  readonly nodeFlags?: readonly string[];
  readonly under?: Circumstances;
}

/** What the daemon printed of itself. */
export interface Printed {
  readonly role: string;
  readonly rc: number;
  readonly pid: number;
  readonly state?: unknown;
  readonly before: boolean;
  readonly after: boolean;
  readonly cwd: string;
  readonly title: string;
  readonly argv: readonly string[];
  readonly execArgv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface LaunchedFixture {
  readonly launcher: RunResult;
  readonly daemon: Inspected;
  readonly printed: Printed;
  /** Where its pid file and what it prints are. */
  readonly dir: string;
}

/** Launches it, and looks at the daemon that it has become. Its standard output is a file, unless the options have it elsewhere. */
export async function launchFixture(tracked: Tracked, options: CreateDaemonOptions = {}, how: How = {}): Promise<LaunchedFixture> {
  const dir = tracked.dir();
  const output = `${dir}/out`;
  const launcher = await runFixture({ stdout: output, pidFile: tracked.killNamedIn(`${dir}/pid`), ...options }, how);
  if (launcher.code !== 0) throw new Error(`the launcher ended with ${launcher.code ?? launcher.signal}: ${launcher.stderr}`);
  const [line = ""] = await until("the daemon to print what it is", () => {
    const text = readFileSync(output, "utf8");
    return text.includes("\n") && text.split("\n");
  });
  const printed = JSON.parse(line) as Printed;
  return { launcher, daemon: inspect(tracked.kill(printed.pid)), printed, dir };
}

/** Runs it until the launcher has ended. */
export function runFixture(options: unknown, how: How = {}): Promise<RunResult> {
  const [file, ...args] = fixtureArgv(options, how);
  // Two Nodes start, one after the other.
  return run(file, args, { timeout: 40_000, ...how });
}

export function fixtureArgv(options: unknown, { action = "stay", nodeFlags = [], under = {} }: How = {}): [string, ...string[]] {
  return startedUnder(under, [node24, ...nodeFlags, fixture("daemon.ts"), JSON.stringify(options), action]);
}
