/** Runs contenders in turn, A B A B, so that the machine's drift hits all of them alike, and takes medians. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

export interface Stats {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
}

/** One of the things that are compared. Returns milliseconds, or whatever the benchmark measures. */
export type Contender = () => number | Promise<number>;

export interface Rounds {
  /** Measured rounds. */
  readonly rounds: number;
  /** Rounds before them, whose results are thrown away. */
  readonly warmUp?: number;
}

/** Each contender once in every round, after the warm-up. */
export async function inTurn<K extends string>(
  contenders: Readonly<Record<K, Contender>>,
  { rounds, warmUp = 3 }: Rounds,
): Promise<Record<K, Stats>> {
  const entries = Object.entries<Contender>(contenders);
  const samples = new Map(entries.map(([name]) => [name, [] as number[]]));
  for (let round = -warmUp; round < rounds; round++) {
    for (const [name, contender] of entries) {
      const sample = await contender();
      if (round >= 0) samples.get(name)?.push(sample);
    }
  }
  return Object.fromEntries([...samples].map(([name, values]) => [name, stats(values)])) as Record<K, Stats>;
}

export function stats(samples: readonly number[]): Stats {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  return { median, min: at(0), max: at(sorted.length - 1), runs: sorted.length };
}

/** Milliseconds on the monotonic clock. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Milliseconds after which a program hangs. */
const HANGS = 300_000;

/** A contender that is a whole program, from its start to its exit. Anything but exit status 0 is an error. */
export function program(
  file: string,
  args: readonly string[],
  { cwd, env }: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Contender {
  return () => {
    const start = now();
    const { error, status, signal, stderr } = spawnSync(file, args, {
      stdio: ["ignore", "ignore", "pipe"],
      timeout: HANGS,
      killSignal: "SIGKILL",
      ...(cwd === undefined ? {} : { cwd }),
      ...(env === undefined ? {} : { env }),
    });
    const end = now();
    if (error !== undefined) throw error;
    if (status !== 0) throw new Error(`${[file, ...args].join(" ")} ended with ${status ?? signal}: ${String(stderr).trim()}`);
    return end - start;
  };
}

/** A program of this Node that prints JSON. */
export function answerOf(file: string, args: readonly string[]): unknown {
  const { error, status, signal, stdout, stderr } = spawnSync(file, args, { encoding: "utf8", maxBuffer: 2 ** 26 });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${[file, ...args].join(" ")} ended with ${status ?? signal}: ${stderr.trim()}`);
  return JSON.parse(stdout);
}

/** The processor's name, as the kernel has it. */
export function processor(): string {
  return /^model name\s*:\s*(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? process.arch;
}
