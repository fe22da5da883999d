/** Runs a program for an alert: what is told comes on its standard input. As the supervisor's user, in a session of its own. */
import type { ChildProcess } from "node:child_process";
import { AlertError, errorText } from "./alertError.ts";

export interface InputRun {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly input: string;
  /** Milliseconds until it and what it started is killed. */
  readonly timeout: number;
}

/** Of what it writes to standard error, for the message. */
const MOST_ERROR_TEXT = 500;

/**
 * Resolves when it has exited with 0. Descendants that go on are let go on then.
 *
 * @throws AlertError
 */
export async function runWithInput({ command, cwd, env, input, timeout }: InputRun): Promise<void> {
  const [file = "", ...args] = command;
  const name = file.replace(/^.*\//, "");
  // Few have such alerts, and every other process is started by init.
  const { spawn } = await import("node:child_process");
  let child: ChildProcess;
  try {
    child = spawn(file, args, { cwd, env, detached: true, stdio: ["pipe", "ignore", "pipe"] });
  } catch (error) {
    throw new AlertError(`${name} can't be started: ${errorText(error)}`, { cause: error });
  }
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = `${said}${text}`.slice(-MOST_ERROR_TEXT);
  });
  // One that doesn't read is no failure.
  child.stdin?.on("error", () => {});
  child.stdin?.end(input);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    killSession(child.pid);
  }, timeout);
  try {
    const [code, signal] = await ended(child);
    if (isLate) throw new AlertError(`${name} did not end in ${timeout / 1000} s, and was killed`);
    if (code === 0) return;
    const why = signal === null ? `exit status ${code}` : `killed by ${signal}`;
    const words = said.trim().split("\n").at(-1) ?? "";
    throw new AlertError(`${name}: ${why}${words === "" ? "" : `: ${words}`}`);
  } finally {
    clearTimeout(timer);
    child.stderr?.destroy();
    child.stdin?.destroy();
  }

  function ended(process: ChildProcess): Promise<readonly [code: number | null, signal: string | null]> {
    return new Promise((resolve, reject) => {
      process.on("exit", (code, signal) => resolve([code, signal]));
      process.on("error", (error) => reject(new AlertError(`${name} can't be started: ${errorText(error)}`, { cause: error })));
    });
  }
}

/** It leads a process group that we have not reaped yet, so the number is its own. */
function killSession(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Ended by itself.
  }
}
