/** The screen as cells, and what has to be written to turn one screen into another. Pure. */
import { toAscii } from "./ascii.ts";
import { type Line, ROLES, type Size } from "./line.ts";
import type { Palette } from "./palette.ts";
import type { Wording } from "./wording.ts";

/** A character of two columns has the cell after it as "". */
export interface Grid extends Size {
  readonly characters: readonly string[];
  /** Twice the number of the role, and 1 more where it is reversed. */
  readonly styles: Uint8Array;
}

/** More marks over one character than any script has are an attack on the terminal. */
const LONGEST_CHARACTER = 16;

export interface GridOptions {
  readonly wording: Pick<Wording, "harmless" | "width">;
  /** False for terminals and locales without more than ASCII. */
  readonly unicode: boolean;
}

/** What doesn't fit is left out. */
export function gridOf(lines: readonly Line[], { columns, rows }: Size, { wording, unicode }: GridOptions): Grid {
  const characters = new Array<string>(columns * rows).fill(" ");
  const styles = new Uint8Array(columns * rows);
  for (const [row, line] of lines.slice(0, rows).entries()) {
    let column = 0;
    for (const { text, role = "text", reverse = false } of line) {
      const style = ROLES.indexOf(role) * 2 + (reverse ? 1 : 0);
      const clean = unicode ? wording.harmless(text) : toAscii(wording.harmless(text));
      for (const character of clean) {
        const width = isAscii(character) ? 1 : wording.width(character);
        const at = row * columns + column;
        if (width === 0) {
          join(characters, at - 1, column, character);
          continue;
        }
        if (column + width > columns) {
          column = columns;
          break;
        }
        characters[at] = character;
        styles[at] = style;
        if (width === 2) {
          characters[at + 1] = "";
          styles[at + 1] = style;
        }
        column += width;
      }
    }
  }
  return { columns, rows, characters, styles };
}

/** Marks without a width belong to the character before them. */
function join(characters: string[], before: number, column: number, mark: string): void {
  if (column === 0) return;
  const at = characters[before] === "" ? before - 1 : before;
  const whole = (characters[at] ?? "") + mark;
  if (whole.length <= LONGEST_CHARACTER) characters[at] = whole;
}

/** Escape sequences and text for the cells that differ; all of them where there is nothing before, or it had another size. */
export function difference(before: Grid | undefined, after: Grid, palette: Palette): string {
  const { columns, rows, characters, styles } = after;
  const known = before?.columns === columns && before.rows === rows ? before : undefined;
  const parts: string[] = known === undefined ? ["\u001b[0m\u001b[2J"] : [];
  let style = 0;
  for (let row = 0; row < rows; row++) {
    let cursor = -1;
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      const character = characters[at] ?? " ";
      if (character === "" || !differs(known, after, at)) continue;
      if (cursor !== column) parts.push(`\u001b[${row + 1};${column + 1}H`);
      if (styles[at] !== style) {
        style = styles[at] ?? 0;
        parts.push(palette[style] ?? "");
      }
      parts.push(character);
      // Terminals don't agree how wide some characters are: after one, the place is said again.
      cursor = isAscii(character) ? column + 1 : -1;
    }
  }
  if (style !== 0) parts.push("\u001b[0m");
  return parts.join("");
}

function differs(before: Grid | undefined, after: Grid, at: number): boolean {
  // An empty screen is blank already.
  if (before === undefined) return after.characters[at] !== " " || after.styles[at] !== 0;
  const same = (index: number) => before.characters[index] === after.characters[index] && before.styles[index] === after.styles[index];
  // The second half of a wide character that was there is gone as well when its first half is.
  return !same(at) || (after.characters[at + 1] === "" && !same(at + 1)) || (at > 0 && before.characters[at] === "" && !same(at - 1));
}

function isAscii(character: string): boolean {
  return character.length === 1 && character <= "~";
}
