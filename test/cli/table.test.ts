/** Text on a terminal: widths, tables, sizes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Column, table } from "../../src/cli/table.ts";
import { formatSize } from "../../src/values/formatSize.ts";
import { cut, harmless, textWidth } from "../../src/values/textWidth.ts";

for (const [text, width] of [
  ["web", 3],
  ["", 0],
  ["日本", 4],
  ["한국", 4],
  ["é", 1],
  ["e\u0301", 1],
  ["🚀x", 3],
  ["ｗ", 2],
  ["…", 1],
] as const) {
  test(`${JSON.stringify(text)} takes ${width} columns`, () => assert.equal(textWidth(text), width));
}

test("what is too long ends in an ellipsis, and no wide character is cut in two", () => {
  assert.equal(cut("a long name", 6), "a lon…");
  assert.equal(cut("short", 5), "short");
  assert.equal(cut("日本語", 5), "日本…");
  assert.equal(cut("日本語", 4), "日…");
  assert.equal(cut("日本語", 1), "…");
  assert.equal(cut("x", 0), "");
});

for (const [what, text, shown] of [
  ["a colour", "\u001b[31mred\u001b[0m", "red"],
  ["a title of the window", "\u001b]0;mine\u0007x", "x"],
  ["a link", "\u001b]8;;http://x\u001b\\there\u001b]8;;\u001b\\", "there"],
  ["a screen that is cleared", "a\u001bcb", "ab"],
  ["a bell and a backspace", "a\u0007\bb", "a\ufffd\ufffdb"],
  ["an eight-bit sequence", "\u009b31mx", "\ufffd31mx"],
  ["an end of line and a tab", "a\r\nb\tc", "a b c"],
  ["another direction of writing", "a\u202eb", "a\ufffdb"],
  ["half a character", "a\ud83d", "a\ufffd"],
  ["plain text", "naïve 日本", "naïve 日本"],
] as const) {
  test(`${what} does a terminal no harm`, () => assert.equal(harmless(text), shown));
}

const COLUMNS: readonly Column[] = [
  { title: "NAME", least: 4 },
  { title: "PID", align: "right" },
  { title: "NOTE", least: 4, optional: true },
];
const ROWS = [
  ["a long name", "1", "says this"],
  ["日本", "12345", ""],
].map((row) => row.map((text) => ({ text })));

test("columns are as wide as they need to be", () => {
  assert.deepEqual(table(COLUMNS, ROWS), ["NAME           PID  NOTE", "a long name      1  says this", "日本         12345"]);
});

test("on a narrow terminal the last column is cut first, then others, then it is left out", () => {
  assert.deepEqual(table(COLUMNS, ROWS, { width: 25 }), ["NAME           PID  NOTE", "a long name      1  says…", "日本         12345"]);
  assert.deepEqual(table(COLUMNS, ROWS, { width: 20 }), ["NAME       PID  NOTE", "a long…      1  say…", "日本     12345"]);
  assert.deepEqual(table(COLUMNS, ROWS, { width: 13 }), ["NAME      PID", "a lon…      1", "日本    12345"]);
});

test("colours take no room, and a control character gives none", () => {
  const red = (text: string) => `<${text}>`;
  assert.deepEqual(table([{ title: "A" }, { title: "B" }], [[{ text: "x\u001b[1m", paint: red }, { text: "y" }]]), ["A  B", "<x>  y"]);
});

for (const [bytes, text] of [
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 KiB"],
  [1536, "1.5 KiB"],
  [10 * 1024, "10 KiB"],
  [1023 * 1024, "1.0 MiB"],
  [47_185_920, "45 MiB"],
  [3 * 2 ** 40, "3.0 TiB"],
  [5000 * 2 ** 40, "5000 TiB"],
] as const) {
  test(`${bytes} bytes are ${text}`, () => assert.equal(formatSize(bytes), text));
}
