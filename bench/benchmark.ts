/** What a benchmark is, and what it gives back. */
import type { Stats } from "./harness.ts";

export interface Benchmark {
  /** For --only. */
  readonly name: string;
  readonly title: string;
  /** How it is measured, in a sentence or two, for the page. */
  readonly method: string;
  run(context: Context): Promise<Outcome>;
}

export interface Context {
  /** A number of rounds, fewer with --quick. */
  rounds(full: number): number;
  /** Whether --quick was given. */
  readonly quick: boolean;
  /** A directory of this run's own, in which the package is installed as `daemonitor`, and the npm peers where they could be. */
  readonly directory: string;
  /** Why the npm peers are missing, or undefined. */
  readonly npmPeersMissing: string | undefined;
}

export interface Outcome {
  readonly rows: readonly Row[];
  readonly verdicts: readonly Verdict[];
  /** What was skipped and why, and what the reader should know. */
  readonly notes?: readonly string[];
}

export interface Row {
  readonly what: string;
  readonly unit: "ms" | "MB" | "KB" | "MB/s" | "%";
  readonly stats: Stats;
  /** Median against another row, "12.3×". */
  readonly ratio?: string;
}

export interface Verdict {
  readonly claim: string;
  readonly measured: number;
  readonly target: { readonly atLeast: number } | { readonly atMost: number };
  readonly unit: "times" | "ms" | "MB" | "KB" | "%";
}

/** Whether the target is met. */
export function holds({ measured, target }: Verdict): boolean {
  return "atLeast" in target ? measured >= target.atLeast : measured <= target.atMost;
}

/** How many times `stats` is `floor`, for a row. */
export function times(stats: Stats, floor: Stats): string {
  return `${(stats.median / floor.median).toFixed(2)}×`;
}
