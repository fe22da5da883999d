/**
 * The program that prints what the services of `daemonitor run` write: it follows their logs as `logs -f` does, at the pace
 * of whoever reads, and remembers how far it came.
 *
 *   node runOutput.ts LOG-DIRECTORY FORM        3 is the memory that it shares with the supervisor
 */
import { closeSync } from "node:fs";
import { join } from "node:path";
import { readAt } from "../logs/readBlocks.ts";
import { LogFollower } from "../logs/readFollower.ts";
import { type FollowTarget, followLogs } from "../logs/readFollowing.ts";
import type { ReadEnd } from "../logs/readLog.ts";
import { segmentsOf } from "../logs/readSegments.ts";
import { exitPromptly } from "../native/promptExit.ts";
import { OutputMemory, type PrinterRecord } from "../supervisor/shell/outputMemory.ts";
import { PRINTER_MEMORY_FD } from "../supervisor/shell/printerProcess.ts";
import { readIdentity } from "../supervisor/tree/identity.ts";
import { LogsOutput } from "./logsOutput.ts";
import { PRINT_FORMS, RunPrinter } from "./runPrinter.ts";

interface Target extends FollowTarget {
  /** "web/0" or "web/0.error" */
  readonly key: string;
  readonly instance: string;
  readonly output: "stdout" | "stderr";
}

/** Bytes after which a line comes in pieces. */
const LONGEST_LINE = 1024 * 1024;
/** Looks for new logs, a second apart at the least, after which one that was deleted has nothing to print any more. */
const LAST_LOOKS = 3;

class Printing {
  readonly #memory = new OutputMemory(PRINTER_MEMORY_FD);
  readonly #directory: string;
  readonly #printer: RunPrinter;
  readonly #outputs = { stdout: new LogsOutput(1), stderr: new LogsOutput(2) };
  readonly #identity = readIdentity(process.pid) ?? null;
  readonly #positions: Map<string, ReadEnd>;
  readonly #targets = new Map<string, Target>();
  readonly #missing = new Map<string, number>();

  constructor(directory: string, form: string) {
    this.#directory = directory;
    this.#printer = new RunPrinter(PRINT_FORMS.find((one) => one === form) ?? "plain", this.#outputs);
    this.#positions = new Map(this.#memory.read().positions);
  }

  /** False where another process prints. */
  begin(): boolean {
    if (this.#memory.lock() === undefined) return false;
    this.#record("works");
    return true;
  }

  /** Until `signal` is aborted, or nobody reads. */
  async follow(signal: AbortSignal): Promise<void> {
    for await (const { target, lines } of followLogs({ signal, discover: () => this.#discover(), longestLine: LONGEST_LINE })) {
      for (const { bytes, ended } of lines) this.#printer.print(target.instance, target.output, bytes, ended);
      this.#reached(target.key, lines.at(-1)?.position);
      this.#missing.delete(target.key);
      if (this.#isGone) return;
    }
  }

  /** What is there still, and the last lines whose end was not written. */
  async end(): Promise<void> {
    this.#discover();
    for (const target of this.#targets.values()) {
      const from = this.#positions.get(target.key) ?? "begin";
      const follower = new LogFollower(target, { from, longestLine: LONGEST_LINE });
      for (let lines = await follower.read(); lines.length > 0 && !this.#isGone; lines = await follower.read()) {
        for (const { bytes, ended } of lines) this.#printer.print(target.instance, target.output, bytes, ended);
        this.#reached(target.key, lines.at(-1)?.position);
      }
      follower.close();
      await this.#endLine(target);
    }
    this.#record(this.#isGone ? "gone" : "done");
  }

  async #endLine(target: Target): Promise<void> {
    const { current } = segmentsOf(target.directory, target.stream);
    if (current === undefined) return;
    const { fd, inode, begunAt, size } = current;
    const reached = this.#positions.get(target.key);
    const start = reached?.inode === inode ? reached.offset : 0;
    const bytes = Buffer.alloc(Math.min(LONGEST_LINE, Math.max(0, size - start)));
    const count = await readAt(fd, bytes, start);
    closeSync(fd);
    if (count === 0) return;
    this.#printer.print(target.instance, target.output, bytes.subarray(0, count), false);
    this.#reached(target.key, { inode, begunAt, offset: start + count });
  }

  /** Only what was written is remembered: who is killed in between says the last lines again, and loses none. */
  #reached(key: string, position: ReadEnd | undefined): void {
    for (const output of Object.values(this.#outputs)) output.flush();
    if (position !== undefined) this.#positions.set(key, position);
    this.#record("works");
  }

  #record(state: PrinterRecord["state"]): void {
    this.#memory.record({ printer: this.#identity, state, positions: this.#positions });
  }

  get #isGone(): boolean {
    const { stdout, stderr } = this.#outputs;
    return stdout.isGone && (stderr.isGone || ![...this.#targets.values()].some(({ output }) => output === "stderr"));
  }

  #discover(): readonly Target[] {
    const { logs } = this.#memory;
    for (const key of logs) {
      this.#missing.delete(key);
      if (!this.#targets.has(key)) this.#targets.set(key, this.#targetOf(key));
    }
    const listed = new Set(logs);
    for (const key of this.#targets.keys()) {
      if (listed.has(key)) continue;
      const looks = (this.#missing.get(key) ?? 0) + 1;
      this.#missing.set(key, looks);
      if (looks > LAST_LOOKS) this.#forget(key);
    }
    this.#printer.nameAll(new Set([...this.#targets.values()].map(({ instance }) => instance)));
    return [...this.#targets.values()];
  }

  #forget(key: string): void {
    this.#targets.delete(key);
    this.#missing.delete(key);
  }

  #targetOf(key: string): Target {
    const instance = key.replace(/\.error$/, "");
    const slash = key.lastIndexOf("/");
    return {
      ...{ key, instance, output: key === instance ? "stdout" : "stderr" },
      ...{ directory: join(this.#directory, key.slice(0, slash)), stream: key.slice(slash + 1) },
      from: this.#positions.get(key) ?? "begin",
    };
  }
}

async function main([directory = "", form = ""]: readonly string[]): Promise<void> {
  const printing = new Printing(directory, form);
  if (!printing.begin()) return;
  const asked = new AbortController();
  for (const event of ["data", "end", "error"]) process.stdin.on(event, () => asked.abort());
  await printing.follow(asked.signal);
  await printing.end();
}

exitPromptly();
main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`daemonitor: the services' output can't be printed: ${error instanceof Error ? error.message : error}`);
    process.exit(1);
  },
);
