import assert from "node:assert/strict";
import { test } from "node:test";
import { wording } from "../../src/cli/monitor.ts";
import { difference, gridOf } from "../../src/tui/grid.ts";
import type { Line } from "../../src/tui/line.ts";
import { abilitiesOf, paletteOf } from "../../src/tui/palette.ts";
import { Emulator } from "./emulator.ts";

const size = { columns: 10, rows: 3 };
const grid = (...lines: readonly Line[]) => gridOf(lines, size, { wording, unicode: true });
const palette = paletteOf("16");

test("only what changed is written", () => {
  const before = grid([{ text: "one two" }], [{ text: "same" }]);
  assert.equal(difference(before, grid([{ text: "one 2wo" }], [{ text: "same" }]), palette), "\u001b[1;5H2");
  assert.equal(difference(before, before, palette), "");
  assert.equal(
    difference(before, grid([{ text: "one " }, { text: "two", role: "bad" }], [{ text: "same" }]), palette),
    "\u001b[1;5H\u001b[0;1;31mtwo\u001b[0m",
  );
});

test("another size is another screen", () => {
  const before = grid([{ text: "x" }]);
  const after = gridOf([[{ text: "x" }]], { columns: 5, rows: 2 }, { wording, unicode: true });
  assert.equal(difference(before, after, palette), "\u001b[0m\u001b[2J\u001b[1;1Hx");
});

test("from any screen to any other, a terminal shows what was meant", () => {
  const texts = [
    "",
    "abc",
    "日本語",
    "a日b本c",
    "日日日日日",
    "x日",
    "aaaaaaaaa日",
    "e\u0301te\u0301",
    "0123456789ab",
    "日a日a日a",
    "bbbbbbbbbb",
    "\u0301x",
  ];
  for (const one of texts) {
    for (const other of texts) {
      const emulator = new Emulator(size);
      const [first, second] = [grid([{ text: one }]), grid([{ text: other, role: "good" }], [{ text: one }])];
      emulator.write(difference(undefined, first, palette));
      emulator.write(difference(first, second, palette));
      emulator.write(difference(second, first, palette));
      emulator.write(difference(first, second, palette));
      assert.deepEqual(emulator.lines(), [line(second.characters, 0), line(second.characters, 1), ""], `${one} to ${other}`);
    }
  }
});

function line(characters: readonly string[], row: number): string {
  return characters
    .slice(row * size.columns, (row + 1) * size.columns)
    .join("")
    .trimEnd();
}

test("a wide character that doesn't fit is left out", () => {
  assert.equal(line(grid([{ text: "aaaaaaaaa日b" }]).characters, 0), "aaaaaaaaa");
});

test("terminals with nothing but ASCII get nothing else", () => {
  const { characters } = gridOf([[{ text: "▁█─…日é" }]], size, { wording, unicode: false });
  assert.equal(line(characters, 0), "_#-~??");
});

test("colours are what the environment says that there are", () => {
  const depth = (env: Record<string, string>) => abilitiesOf(env)?.depth;
  assert.equal(depth({ TERM: "xterm" }), "16");
  assert.equal(depth({ TERM: "xterm-256color" }), "256");
  assert.equal(depth({ TERM: "xterm", COLORTERM: "truecolor" }), "256");
  assert.equal(depth({ TERM: "xterm-256color", NO_COLOR: "1" }), "none");
  assert.equal(depth({ TERM: "xterm", NO_COLOR: "" }), "16");
  assert.equal(depth({ TERM: "vt100" }), "none");
  assert.equal(depth({ TERM: "dumb" }), undefined);
  assert.equal(depth({}), undefined);
  assert.ok(paletteOf("none").every((sequence) => !/\b[34]\d/.test(sequence)));
});

test("characters beyond ASCII are for locales that have them", () => {
  const unicode = (env: Record<string, string>) => abilitiesOf({ TERM: "xterm", ...env })?.unicode;
  assert.equal(unicode({}), true);
  assert.equal(unicode({ LANG: "de_DE.UTF-8" }), true);
  assert.equal(unicode({ LANG: "de_DE.UTF-8", LC_ALL: "C" }), false);
  assert.equal(unicode({ LC_ALL: "C.utf8" }), true);
  assert.equal(unicode({ LANG: "de_DE.ISO-8859-1" }), false);
  assert.equal(unicode({ TERM: "linux" }), false);
});
