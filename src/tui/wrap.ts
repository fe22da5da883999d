/** Long lines over as many rows as they need. Pure. */
import type { Wording } from "./wording.ts";

/** Cut at blanks where that leaves no great hole; what goes on is as far from the left as the line was. */
export function wrap(line: string, columns: number, wording: Pick<Wording, "harmless" | "width">): readonly string[] {
  const clean = wording.harmless(line);
  if (wording.width(clean) <= columns) return [clean];
  const indent = " ".repeat(Math.min((/^ */.exec(clean)?.[0].length ?? 0) + 2, Math.floor(columns / 4)));
  const rows: string[] = [];
  let rest = clean;
  while (rest !== "") {
    const before = rows.length === 0 ? "" : indent;
    const fits = fitting(rest, Math.max(2, columns - before.length), wording);
    const isWhole = fits.length === rest.length || rest[fits.length] === " ";
    const blank = isWhole ? -1 : fits.lastIndexOf(" ");
    const taken = blank > fits.length / 2 ? fits.slice(0, blank) : fits;
    rows.push(before + taken);
    rest = rest.slice(taken.length).trimStart();
  }
  return rows;
}

/** The longest beginning that fits; a character at least. */
function fitting(text: string, columns: number, wording: Pick<Wording, "width">): string {
  let left = columns;
  let length = 0;
  for (const character of text) {
    left -= wording.width(character);
    if (left < 0 && length > 0) break;
    length += character.length;
  }
  return text.slice(0, length);
}
