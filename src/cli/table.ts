/** Columns of text, as wide as they need to be, and no wider than the terminal. */
import { cut, harmless, textWidth } from "../values/textWidth.ts";

export interface Column {
  readonly title: string;
  /** Default "left". */
  readonly align?: "left" | "right";
  /** Columns that it can be cut to where the terminal is narrow. Without it, it is never cut. */
  readonly least?: number;
  /** Of the last column: it is left out where it would be cut to less than that. */
  readonly optional?: true;
}

export interface Cell {
  readonly text: string;
  /** Puts colour around the text once its place is made. */
  readonly paint?: (text: string) => string;
}

export interface TableOptions {
  /** Columns of the terminal. Default: as many as it takes. */
  readonly width?: number | undefined;
  readonly paintTitle?: (text: string) => string;
}

const GAP = 2;

/**
 * Lines, the titles first. What can be cut is cut from the right: the last of these columns first.
 *
 * @example
 * table([{ title: "NAME" }, { title: "PID", align: "right" }], [[{ text: "web" }, { text: "123" }]]);
 */
export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[], options: TableOptions = {}): readonly string[] {
  const { width = Number.POSITIVE_INFINITY, paintTitle = same } = options;
  const clean = rows.map((row) => row.map((cell) => ({ ...cell, text: harmless(cell.text) })));
  const wanted = columns.map(({ title }, index) => Math.max(title.length, ...clean.map((row) => textWidth(row[index]?.text ?? ""))));
  const least = columns.map((column, index) => Math.min(column.least ?? Number.POSITIVE_INFINITY, wanted[index] ?? 0));
  if (columns.at(-1)?.optional === true && total(least) > width) return table(columns.slice(0, -1), rows, options);
  const widths = fit(wanted, least, width);
  const titles = columns.map(({ title }) => ({ text: title, paint: paintTitle }));
  return [titles, ...clean].map((row) => line(columns, widths, row));
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, GAP * (widths.length - 1));
}

/** Takes what is too much from the last column first, as far as each can be cut. */
function fit(wanted: readonly number[], least: readonly number[], width: number): readonly number[] {
  let excess = Math.max(0, total(wanted) - width);
  return wanted
    .map((each, index) => {
      return { each, least: least[index] ?? each };
    })
    .reverse()
    .map(({ each, least: smallest }) => {
      const taken = Math.min(excess, each - smallest);
      excess -= taken;
      return each - taken;
    })
    .reverse();
}

function line(columns: readonly Column[], widths: readonly number[], row: readonly Cell[]): string {
  const cells = columns.map(({ align }, index) => {
    const { text = "", paint = same } = row[index] ?? {};
    const shown = cut(text, widths[index] ?? 0);
    const space = " ".repeat(Math.max(0, (widths[index] ?? 0) - textWidth(shown)));
    return align === "right" ? space + paint(shown) : paint(shown) + space;
  });
  return cells.join(" ".repeat(GAP)).trimEnd();
}

function same(text: string): string {
  return text;
}
