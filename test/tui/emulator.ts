/** A terminal that knows what the view writes, and nothing else: what it doesn't know is an error. */

import type { Size } from "../../src/tui/line.ts";
import { textWidth } from "../../src/values/textWidth.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is written to terminals
const SEQUENCE = /^\u001b\[(\??)([0-9;]*)([A-Za-z])/;

export class Emulator {
  readonly #size: Size;
  #cells: string[][];
  #row = 0;
  #column = 0;
  /** "1049", "25" …: modes that are on or off now. */
  readonly modes: Map<string, boolean> = new Map();
  /** All sequences that set colours, each once. */
  readonly colours: Set<string> = new Set();

  constructor(size: Size) {
    this.#size = size;
    this.#cells = this.#blank();
  }

  write(text: string): void {
    let rest = text;
    while (rest !== "") {
      const [sequence, isPrivate, parameters = "", final = ""] = SEQUENCE.exec(rest) ?? [];
      if (sequence !== undefined) {
        rest = rest.slice(sequence.length);
        this.#obey(isPrivate === "?" ? `?${final}` : final, parameters);
        continue;
      }
      const [character = ""] = rest;
      rest = rest.slice(character.length);
      this.#put(character);
    }
  }

  /** Without blanks at their ends. */
  lines(): string[] {
    return this.#cells.map((row) => row.join("").trimEnd());
  }

  #obey(what: string, parameters: string): void {
    switch (what) {
      case "H": {
        const [row = 1, column = 1] = parameters.split(";").map(Number);
        this.#row = row - 1;
        this.#column = column - 1;
        return;
      }
      case "J":
        this.#cells = this.#blank();
        return;
      case "m":
        this.colours.add(parameters);
        return;
      case "?h":
      case "?l":
        this.modes.set(parameters, what === "?h");
        return;
      default:
        throw new Error(`unknown sequence: ${what} ${parameters}`);
    }
  }

  #put(character: string): void {
    if (character < " " || character === "\u007f") throw new Error(`a control character was written: ${JSON.stringify(character)}`);
    const row = this.#cells[this.#row];
    if (row === undefined) throw new Error(`row ${this.#row} is outside`);
    const width = textWidth(character);
    if (width === 0) {
      const at = row[this.#column - 1] === "" ? this.#column - 2 : this.#column - 1;
      row[at] = (row[at] ?? "") + character;
      return;
    }
    if (this.#column + width > this.#size.columns) throw new Error(`column ${this.#column} is outside`);
    // A half of a wide character takes the other half with it.
    if (row[this.#column] === "") row[this.#column - 1] = " ";
    if (row[this.#column + width] === "") row[this.#column + width] = " ";
    row[this.#column] = character;
    if (width === 2) row[this.#column + 1] = "";
    this.#column += width;
  }

  #blank(): string[][] {
    return Array.from({ length: this.#size.rows }, () => new Array<string>(this.#size.columns).fill(" "));
  }
}
