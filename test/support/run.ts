/** Runs programs to their end, with a hard deadline. */
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

export interface RunOptions {
  readonly cwd?: string;
  /** Laid over the test's own environment; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Leave the test's own environment out. */
  readonly clearEnv?: boolean;
  readonly input?: string | Uint8Array;
  /** Milliseconds until the process group is killed and the promise rejects. Default 20 000. */
  readonly timeout?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly stdio?: StdioOptions;
  /**
   * What to wait for: "close" (default) is the end of the output too, so it
   * proves that no daemon holds on to it; "exit" is the end of the process.
   */
  readonly waitFor?: "close" | "exit";
}

export interface RunResult {
  readonly pid: number;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const root: string = join(import.meta.dirname, "../..");

/** The Node that runs the tests, not the one that PATH may find. */
export const node24: string = process.execPath;

/** Path of a program in test/fixtures. */
export function fixture(name: string): string {
  return join(root, "test/fixtures", name);
}

/** Runs a program in a session of its own and resolves to how it ended and what it wrote. */
export function run(file: string, args: readonly string[] = [], options: RunOptions = {}): Promise<RunResult> {
  const { input, timeout = 20_000, waitFor = "close" } = options;
  const child = start(file, args, options);
  const pid = child.pid;
  const output = { stdout: "", stderr: "" };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output.stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text;
  });
  child.stdin?.on("error", () => {}).end(input);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      killGroup(pid);
      child.stdout?.destroy();
      child.stderr?.destroy();
      const state = child.exitCode === null && child.signalCode === null ? "still runs" : "ended, but its output is still held open";
      reject(new Error(`${[file, ...args].join(" ")}: ${state} after ${timeout} ms\n${output.stdout}${output.stderr}`));
    }, timeout);
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on(waitFor, (code, signal) => {
      clearTimeout(timer);
      if (waitFor === "exit") setImmediate(() => [child.stdout, child.stderr].forEach((stream) => void stream?.destroy()));
      resolve({ pid: pid ?? 0, code, signal, ...output });
    });
  });
}

/** Starts a program and doesn't wait for it. It leads a session of its own; end it with `track(t).killSession(pid)`. */
export function start(file: string, args: readonly string[] = [], options: RunOptions = {}): ChildProcess {
  const { cwd, uid, gid, stdio = "pipe" } = options;
  return spawn(file, args, {
    detached: true,
    stdio,
    env: { ...(options.clearEnv === true ? {} : inherited()), ...options.env },
    ...(cwd === undefined ? {} : { cwd }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  });
}

/** The argv of the command: from source, or from `dist` where DAEMONITOR_TEST_DIST is 1. */
export function cliArgv(args: readonly string[]): string[] {
  const entry = process.env.DAEMONITOR_TEST_DIST === "1" ? "bin/daemonitor.cjs" : "src/cli/main.ts";
  const path = join(root, entry);
  if (!existsSync(path)) throw new Error(`${entry} is missing: run "npm run build" first`);
  return [node24, path, ...args];
}

/** Runs the command. */
export function cli(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [file = "", ...rest] = cliArgv(args);
  return run(file, rest, options);
}

/** A child must not take itself for a part of the test runner. */
function inherited(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return env;
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Gone already, or left for another session: track() ends it.
  }
}
