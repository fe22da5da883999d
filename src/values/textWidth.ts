/** How much room text takes on a terminal, and text that does a terminal no harm. */

/** Two columns each: East Asian scripts, full-width forms and emoji. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Yi}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;
/** None: they change the character before them, or are never seen. */
const NO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff]/u;

/**
 * Columns that a text takes on a terminal.
 *
 * @example
 * textWidth("日本"); // 4
 */
export function textWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let columns = 0;
  for (const character of text) columns += characterWidth(character);
  return columns;
}

/**
 * The text in `columns` at the most; one that is longer ends in "…".
 *
 * @example
 * cut("a long name", 6); // "a lon…"
 */
export function cut(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let kept = "";
  let left = columns - 1;
  for (const character of text) {
    left -= characterWidth(character);
    if (left < 0) break;
    kept += character;
  }
  return columns < 1 ? "" : `${kept}…`;
}

/**
 * One line that moves no cursor, changes no colour and turns no direction of writing: blanks for line ends and tabs, "\ufffd" for other
 * control characters. Programs write their status texts and their output, and a name may come from anywhere.
 */
export function harmless(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  return text
    .toWellFormed()
    .replaceAll(ESCAPE_SEQUENCE, "")
    .replaceAll(/[\t\r\n\u2028\u2029]+/g, " ")
    .replaceAll(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");
}

/** Colours and other sequences of ECMA-48, which would leave their parameters behind, and titles and links (OSC). */
const ESCAPE_SEQUENCE = new RegExp(
  ["\\u001b\\[[0-?]*[ -/]*[@-~]", "\\u001b\\][^\\u0007\\u001b]*(?:\\u0007|\\u001b\\\\)", "\\u001b[ -/]*[0-Z\\\\^-~]"].join("|"),
  "g",
);

function characterWidth(character: string): number {
  if (NO_WIDTH.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
