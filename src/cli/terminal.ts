/** The terminal that a descriptor leads to. */
import { isatty } from "node:tty";

/** Where a terminal doesn't tell its size. */
const USUAL = { columns: 80, rows: 24 };

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** The size of the terminal; undefined where the descriptor is none. Node's streams are loaded only for a real one. */
export function terminalSize(fd: 1 | 2): TerminalSize | undefined {
  if (!isatty(fd)) return undefined;
  const { columns, rows } = fd === 1 ? process.stdout : process.stderr;
  return { columns: columns > 0 ? columns : USUAL.columns, rows: rows > 0 ? rows : USUAL.rows };
}
