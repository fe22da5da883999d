/** The results, for a terminal and as a Markdown page. */
import { readFileSync } from "node:fs";
import { availableParallelism, release } from "node:os";
import { type Benchmark, holds, type Outcome, type Row, type Verdict } from "./benchmark.ts";
import { processor } from "./harness.ts";

export interface Finished {
  readonly benchmark: Benchmark;
  readonly outcome: Outcome;
}

/** What it ran on, in one line. */
export function machine(): string {
  const memory = Math.round(Number(/^MemTotal:\s*(\d+)/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1] ?? 0) / 2 ** 20);
  return `Node ${process.versions.node}, Linux ${release()}, ${availableParallelism()} × ${processor()}, ${memory} GB`;
}

export function terminalText({ benchmark, outcome }: Finished): string {
  const rows = [HEAD, ...outcome.rows.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => `  ${row.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join("  ")}`.trimEnd());
  const notes = (outcome.notes ?? []).map((note) => `  ${note}`);
  return [`${benchmark.name}: ${benchmark.title}`, ...lines, ...outcome.verdicts.map((verdict) => `  ${sentence(verdict)}`), ...notes].join(
    "\n",
  );
}

/** @param quick whether there were a fifth of the rounds, and no more than 1,000 services */
export function page(finished: readonly Finished[], date: string, quick: boolean): string {
  const how = quick ? "npm run bench -- --quick --write` (a fifth of the rounds, 1,000 services at most)" : "npm run bench -- --write`";
  const claims = finished.flatMap(({ outcome }) => outcome.verdicts);
  return [
    "# Benchmarks",
    `Written by \`${how} on ${date}: ${machine()}.`,
    "Contenders of a table ran in turn (A B A B) in one run, after a warm-up, so that a busy machine slows them alike: read the ratios, not the milliseconds. Times are wall time. Peers that are not installed, and that the package registry doesn't give, are left out and named.",
    table([
      ["claim", "measured", "target", ""],
      ...claims.map((verdict) => [verdict.claim, figure(verdict), goal(verdict), mark(verdict)]),
    ]),
    ...finished.map(section),
  ]
    .join("\n\n")
    .concat("\n");
}

const HEAD = ["", "median", "min", "max", "against", "runs"];

function section({ benchmark, outcome }: Finished): string {
  const notes = (outcome.notes ?? []).map((note) => `- ${note}`).join("\n");
  return [`## ${capital(benchmark.title)}`, benchmark.method, table([HEAD, ...outcome.rows.map(cells)]), notes]
    .filter((part) => part !== "")
    .join("\n\n");
}

function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]) => `| ${row.join(" | ")} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? "---" : "--:"))), ...rows.map(line)].join("\n");
}

function cells({ what, unit, stats, ratio = "" }: Row): string[] {
  const digits = unit === "MB" || stats.median >= 10 ? 1 : stats.median >= 0.1 ? 2 : 4;
  const number = (value: number) => `${value.toFixed(digits)} ${unit}`;
  return [what, number(stats.median), number(stats.min), number(stats.max), ratio, String(stats.runs)];
}

function sentence(verdict: Verdict): string {
  return `${mark(verdict)} ${verdict.claim}: ${figure(verdict)} (target ${goal(verdict)})`;
}

function figure({ measured, unit }: Verdict): string {
  return amount(Number(measured.toPrecision(3)), unit);
}

function goal({ target, unit }: Verdict): string {
  return "atLeast" in target ? `≥ ${amount(target.atLeast, unit)}` : `≤ ${amount(target.atMost, unit)}`;
}

function amount(number: number, unit: Verdict["unit"]): string {
  return unit === "times" ? `${number}×` : `${number} ${unit}`;
}

function mark(verdict: Verdict): string {
  return holds(verdict) ? "✓" : "✗";
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
