/** What the view draws with, for terminals that have nothing but ASCII. */
const LIKE: Readonly<Record<string, string>> = {
  ...{ "▁": "_", "▂": ".", "▃": ":", "▄": "-", "▅": "=", "▆": "+", "▇": "*", "█": "#", "░": "." },
  ...{ "─": "-", "▸": ">", "…": "~", "→": ">", "↑": "^", "↓": "v", "▼": "v" },
};

/** As many characters as before; what has no likeness becomes "?". */
export function toAscii(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/gu, (character) => LIKE[character] ?? "?");
}
