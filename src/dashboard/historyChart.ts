/** Rows of the history as a chart: columns with their names and units, and gaps where nothing was measured. */
import { COLUMNS, type Column, type Kind, PEAKS } from "./historyTiers.ts";
import type { ChartAnswer } from "./wire.ts";

/** `v0` … and `p0` … by name. */
export type Row = { readonly slot: number } & Readonly<Record<string, number | null>>;

/** As the history has it. */
export type PastChart = Omit<ChartAnswer, "outlook">;

interface ChartOf {
  readonly name: string;
  readonly kind: Kind;
  readonly step: number;
  readonly since: number;
  readonly until: number;
}

/** Rows are in order of time. A missing stretch becomes one row of nulls, so that no line is drawn across it. */
export function chartOf(rows: readonly Row[], { name, kind, step, since, until }: ChartOf): PastChart {
  const columns: readonly Column[] = COLUMNS[kind];
  const at: number[] = [];
  const values: Record<string, (number | null)[]> = {};
  const wanted = columns.flatMap(({ name: column, scale }, index) => [
    { column, scale, key: `v${index}` },
    ...(index < PEAKS ? [{ column: `${column}Peak`, scale, key: `p${index}` }] : []),
  ]);
  for (const { column } of wanted) values[column] = [];
  let before: number | undefined;
  for (const row of rows) {
    if (before !== undefined && row.slot > before + 2) {
      at.push((before + 1) * step);
      for (const { column } of wanted) values[column]?.push(null);
    }
    at.push(row.slot * step);
    for (const { column, scale, key } of wanted) {
      const value = row[key] ?? null;
      values[column]?.push(value === null ? null : value / scale);
    }
    before = row.slot;
  }
  return { name, step, since, until, at, values };
}
