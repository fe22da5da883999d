/** Bold and red, where a person looks on. */
import { isatty } from "node:tty";

export interface Style {
  bold(text: string): string;
  red(text: string): string;
}

/** No colours with NO_COLOR (https://no-color.org), on a dumb terminal, or where the descriptor is no terminal. */
export function styleFor(fd: 1 | 2): Style {
  const { NO_COLOR, TERM } = process.env;
  const on = (NO_COLOR === undefined || NO_COLOR === "") && TERM !== "dumb" && isatty(fd);
  const paint = (code: number) => (text: string) => (on ? `\u001b[${code}m${text}\u001b[0m` : text);
  return { bold: paint(1), red: paint(31) };
}
