/** What a report's document is made of. Pure. */
import { formatAmount } from "../../monitor/checksAmount.ts";
import type { Point } from "./tracks.ts";

export type Block =
  | { readonly is: "heading"; readonly text: string }
  | { readonly is: "text"; readonly text: string }
  /** What a reader must not miss. */
  | { readonly is: "notes"; readonly texts: readonly string[] }
  | { readonly is: "table"; readonly columns: readonly Column[]; readonly rows: readonly (readonly string[])[] }
  | ({ readonly is: "chart" } & Chart);

export interface Column {
  readonly title: string;
  readonly align?: "right";
}

export interface Chart {
  readonly title: string;
  readonly points: readonly Point[];
  readonly column: string;
  readonly since: number;
  readonly until: number;
  /** What the whole height is; the greatest value where it isn't given. */
  readonly top?: number;
  readonly shown: (value: number) => string;
}

export interface Document {
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** So many rows of a table; of the others only their number is told. */
const MOST_ROWS = 20;

/** No rows, no table. Those above the limit are only counted. */
export function tableOf(columns: readonly Column[], rows: readonly (readonly string[])[]): readonly Block[] {
  if (rows.length === 0) return [];
  const more = rows.length - MOST_ROWS;
  const table: Block = { is: "table", columns, rows: rows.slice(0, MOST_ROWS) };
  return more > 0 ? [table, { is: "text", text: `… and ${more} more; --json has all.` }] : [table];
}

export function percent(share: number): string {
  return formatAmount("percent", share * 100);
}

/** "1 service", "2 services" */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
