/** A process that launches daemons on demand, so that a test can put it in a bad situation first. */
import { createInterface } from "node:readline";
import type { DaemonErrorFields } from "../../src/index.ts";
import type { Tracked } from "../support/cleanup.ts";
import { fixture, node24, type RunOptions, start } from "../support/run.ts";

export interface DistantLauncher {
  readonly pid: number;
  /** Sends a line, and resolves to the answer. */
  ask(question: unknown): Promise<Answer>;
}

export type Answer = { readonly pid: number } | (DaemonErrorFields & { readonly message: string }) | readonly [number, string];

/** Starts a fixture that answers each line with a line of JSON; `before` is a command that it runs under. */
export async function distantLauncher(
  tracked: Tracked,
  [program, ...args]: readonly [string, ...string[]],
  options: RunOptions & { readonly before?: readonly string[] } = {},
): Promise<DistantLauncher> {
  const [file = "", ...rest] = [...(options.before ?? []), node24, fixture(program), ...args];
  const child = start(file, rest, { ...options, stdio: ["pipe", "pipe", "inherit"] });
  const { pid = 0, stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error(`${file} did not start`);
  tracked.killSession(pid);
  stdin.on("error", () => {});
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const line = await lines.next();
    if (line.done === true) throw new Error(`process ${pid} ended instead of answering`);
    return JSON.parse(line.value) as Answer;
  };
  await answer();
  return {
    pid,
    ask: (question) => {
      stdin.write(`${JSON.stringify(question)}\n`);
      return answer();
    },
  };
}
