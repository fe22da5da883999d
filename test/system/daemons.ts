/** Real programs made daemons by the command line. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Tracked } from "../support/cleanup.ts";
import { allPids, isAlive, readStat } from "../support/process.ts";
import { cli, type RunOptions, type RunResult } from "../support/run.ts";

export interface Started {
  readonly pid: number;
  readonly dir: string;
  readonly pidFile: string;
  readonly logFile: string;
  /** What the daemon has written. */
  log(): string;
}

/** Runs `daemonitor daemonize` with a pid file, and both outputs in a log file. Asserts that it succeeds; the daemon ends with the test. */
export async function daemonized(
  tracked: Tracked,
  dir: string,
  program: readonly string[],
  flags: readonly string[] = [],
  options: RunOptions = {},
): Promise<Started> {
  const pidFile = tracked.killNamedIn(`${dir}/daemon.pid`);
  const logFile = `${dir}/daemon.log`;
  const outputs = ["--stdout", logFile, "--stderr", logFile];
  const { code, stdout, stderr } = await cli(
    ["daemonize", "--print-pid", "--pid-file", pidFile, ...outputs, ...flags, "--", ...program],
    options,
  );
  assert.deepEqual([code, stderr], [0, ""]);
  const pid = Number(stdout);
  if (isAlive(pid)) tracked.killSession(tracked.kill(pid));
  return { pid, dir, pidFile, logFile, log: () => readFileSync(logFile, "utf8") };
}

/** `daemonitor stop`, which must find the daemon and be obeyed. */
export async function stopped({ pid, pidFile }: Pick<Started, "pid" | "pidFile">, flags: readonly string[] = []): Promise<RunResult> {
  const result = await cli(["stop", "--pid-file", pidFile, "--no-kill", "--timeout", "15s", ...flags]);
  assert.equal(result.code, 0, result.stderr);
  assert.match(result.stdout, new RegExp(`^stopped .+ \\(${pid}\\) after `));
  assert.ok(!isAlive(pid));
  return result;
}

/** The processes that have this one as their parent. */
export function childrenOf(pid: number): number[] {
  return allPids().filter((candidate) => parentOf(candidate) === pid && isAlive(candidate));
}

function parentOf(pid: number): number | undefined {
  try {
    return readStat(pid).ppid;
  } catch {
    return undefined;
  }
}
