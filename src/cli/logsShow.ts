/** Shows logs: first what there is, by time, then, where that is asked for, what comes. */
import { availableParallelism } from "node:os";
import { type ReadEnd, type ReadOptions, readBytes, readForward, readLast } from "../logs/readLog.ts";
import { collected, type MergedLine, mergeLines, type Source } from "../logs/readMerge.ts";
import { listStreams } from "../logs/readSegments.ts";
import { ownHome } from "./connect.ts";
import { LogsOutput } from "./logsOutput.ts";
import { LinePrinter } from "./logsPrinter.ts";
import { askSupervisor, chooseLogs, keyOf, type ShownLog, servicesOnDisk } from "./logsSelect.ts";
import { shown } from "./logsText.ts";
import type { Wanted } from "./logsWanted.ts";
import { printError } from "./output.ts";

/** What the blocks of all logs together may take of the memory, in bytes. */
const MEMORY = 32 * 1024 * 1024;
/** Segments that are searched at once, of all logs together: the threads of Node that unpack. */
const MOST_AT_ONCE = 4;
const [SMALLEST_BLOCK, LARGEST_BLOCK] = [64 * 1024, 1024 * 1024];

/** Returns the exit code. */
export async function showLogs(wanted: Wanted): Promise<number> {
  const home = ownHome();
  const present = await askSupervisor(home);
  const onDisk = servicesOnDisk(home);
  if (present === undefined && wanted.follow) printError("no supervisor runs: nothing is written until one does\n");
  const logs = chooseLogs(home, wanted, present, onDisk);
  const existing = logs.filter(exists);
  tellWhatIsMissing(wanted, logs, existing);
  const output = new LogsOutput();
  const printer = new LinePrinter(output, wanted, logs);
  const ends = new Map<string, ReadEnd>();
  await new Backlog(wanted, existing, ends).show(printer, output);
  output.flush();
  if (wanted.follow && !output.isGone) {
    const { followOnScreen } = await import("./logsFollow.ts");
    await followOnScreen({ home, wanted, logs, ends, onDisk, printer, output });
  }
  return 0;
}

type Batch = readonly MergedLine<ShownLog>[];

/** What there is. */
class Backlog {
  readonly #wanted: Wanted;
  readonly #logs: readonly ShownLog[];
  readonly #ends: Map<string, ReadEnd>;

  /** @param ends is told how far each log was read, where it is to be followed from there; by {@link keyOf} */
  constructor(wanted: Wanted, logs: readonly ShownLog[], ends: Map<string, ReadEnd>) {
    this.#wanted = wanted;
    this.#logs = logs;
    this.#ends = ends;
  }

  async show(printer: LinePrinter, output: LogsOutput): Promise<void> {
    const { form, lines, follow, filter } = this.#wanted;
    const [only, ...others] = this.#logs;
    if (only === undefined) return;
    const isAlone = others.length === 0;
    if (isAlone && form === "raw" && lines === Infinity && !follow && filter.grep === undefined && filter.level === undefined) {
      for await (const bytes of readBytes(only, this.#optionsOf(only))) {
        output.write(bytes);
        if (output.isGone) return;
      }
      return;
    }
    for await (const batch of lines !== Infinity ? this.#last(lines) : isAlone ? this.#alone(only) : this.#all()) {
      // With --follow, a line that isn't finished comes when it is.
      for (const line of batch) if (line.ended || !follow) printer.print(line.of, line);
      if (output.isGone) return;
    }
  }

  #optionsOf(log: ShownLog): ReadOptions {
    const { since, until, filter, follow } = this.#wanted;
    return {
      ...{ since, until, ...filter },
      atOnce: Math.floor(Math.min(MOST_AT_ONCE, availableParallelism() + 1) / this.#logs.length),
      blockSize: Math.max(SMALLEST_BLOCK, Math.min(LARGEST_BLOCK, Math.floor(MEMORY / 2 / this.#logs.length))),
      ...(follow ? { reached: (end: ReadEnd) => void this.#ends.set(keyOf(log), end) } : {}),
    };
  }

  /** There is nothing to compare: lines needn't be looked into for their times. */
  async *#alone(of: ShownLog): AsyncGenerator<Batch, void, undefined> {
    for await (const lines of readForward(of, this.#optionsOf(of))) yield lines.map((line) => ({ ...line, of }));
  }

  #all(): AsyncGenerator<Batch, void, undefined> {
    return mergeLines(this.#logs.map((of) => ({ of, lines: readForward(of, this.#optionsOf(of)) })));
  }

  /** Of each instance, whose two outputs count together. */
  async *#last(count: number): AsyncGenerator<Batch, void, undefined> {
    const sources: Source<ShownLog>[] = [];
    for (const outputs of Map.groupBy(this.#logs, ({ instance }) => instance).values()) {
      const last = await Promise.all(outputs.map(async (of) => ({ of, lines: await readLast(of, count, this.#optionsOf(of)) })));
      const merged: MergedLine<ShownLog>[] = [];
      for await (const batch of mergeLines(last.map(({ of, lines }) => ({ of, lines: collected(lines) })))) merged.push(...batch);
      const kept = merged.slice(Math.max(0, merged.length - count));
      for (const of of outputs) sources.push({ of, lines: collected(kept.filter((line) => line.of === of)) });
    }
    yield* mergeLines(sources);
  }
}

function exists({ directory, stream }: ShownLog): boolean {
  return listStreams(directory).includes(stream);
}

function tellWhatIsMissing({ only, follow }: Wanted, logs: readonly ShownLog[], existing: readonly ShownLog[]): void {
  if (only === "stderr") {
    const separate = new Set(existing.map(({ service }) => service));
    for (const service of new Set(logs.map((log) => log.service))) {
      const name = shown(service, { harmless: true, strip: true });
      if (!separate.has(service))
        printError(`${name} has no separate standard error: it is with standard output, unless logs.stderr is "separate"\n`);
    }
  } else if (existing.length === 0 && !follow) {
    printError("there are no logs yet\n");
  }
}
