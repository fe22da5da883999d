/** A program on a real terminal, which can be closed under it. */
import { type RunOptions, start } from "./run.ts";
import { quote } from "./startedUnder.ts";
import { until } from "./wait.ts";

export interface Terminal {
  /** What the program wrote so far; lines end in "\r\n", as on any terminal. */
  output(): string;
  write(text: string): void;
  /** Hangs up: the terminal is gone, as when its window is closed. */
  close(): Promise<void>;
  /** Exit code of the program, as script(1) passes it on. */
  readonly exited: Promise<number | null>;
}

/**
 * Starts a program that leads a session and has a terminal of its own as its controlling terminal.
 * Close it in the end: `track(t).defer(() => terminal.close())`.
 */
export function onTerminal(argv: readonly string[], options: RunOptions = {}): Terminal {
  // SHELL runs the command; without -f its output comes late.
  const command = `exec ${argv.map(quote).join(" ")}`;
  const child = start("script", ["-q", "-e", "-f", "-c", command, "/dev/null"], { ...options, env: { ...options.env, SHELL: "/bin/sh" } });
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  child.stdin?.on("error", () => {});
  const exited = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code));
  });
  return {
    output: () => text,
    write: (input) => void child.stdin?.write(input),
    async close() {
      // The master side closes with the last process that has it: script(1) alone.
      child.kill("SIGKILL");
      await until("script(1) to end", () => child.exitCode !== null || child.signalCode !== null);
      for (const stream of child.stdio) stream?.destroy();
    },
    exited,
  };
}
