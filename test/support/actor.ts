/** A process that does with a pid file what it is told: see fixtures/pidFileActor.ts. */
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Tracked } from "./cleanup.ts";
import { fixture, node24, type RunOptions, start } from "./run.ts";

export interface Refusal {
  readonly code: string;
  readonly errno: number;
  readonly step: string;
  readonly message: string;
  readonly exitCode: number;
}

export interface Actor {
  readonly pid: number;
  readonly child: ChildProcess;
  /** Resolves to the answer. */
  tell(action: string): Promise<unknown>;
  /** Like {@link Actor.tell}, where a DaemonError is expected. */
  refused(action: string): Promise<Refusal>;
}

/** Starts one; `before` is a command that it runs under. */
export function actor(tracked: Tracked, path: string, options: RunOptions = {}, before: readonly string[] = []): Actor {
  const [file = "", ...args] = [...before, node24, fixture("pidFileActor.ts"), path];
  const child = start(file, args, { ...options, stdio: options.stdio ?? ["pipe", "pipe", "inherit"] });
  const { pid, stdin, stdout } = child;
  if (pid === undefined || stdin === null || stdout === null) throw new Error(`${file} did not start`);
  tracked.killSession(pid);
  stdin.on("error", () => {});
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const tell = async (action: string): Promise<unknown> => {
    stdin.write(`${action}\n`);
    const line = await lines.next();
    if (line.done === true) throw new Error(`process ${pid} ended instead of answering "${action}"`);
    return JSON.parse(line.value);
  };
  return { pid, child, tell, refused: async (action) => asRefusal(await tell(action)) };
}

function asRefusal(answer: unknown): Refusal {
  if (typeof answer === "object" && answer !== null && "code" in answer) return answer as Refusal;
  throw new Error(`expected a refusal, not ${JSON.stringify(answer)}`);
}
