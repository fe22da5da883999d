import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeKeys } from "../../src/tui/keys.ts";

const decoded: readonly [text: string, keys: readonly string[], rest?: string][] = [
  ["jk", ["j", "k"]],
  ["\u001b[A\u001b[B\u001bOA\u001bOB", ["up", "down", "up", "down"]],
  ["\u001b[5~\u001b[6~\u001b[H\u001b[F\u001b[1~\u001b[4~", ["pageup", "pagedown", "home", "end", "home", "end"]],
  ["\u001b[1;5A", ["up"]],
  ["\r\n\t\u001b[Z\u007f\b", ["enter", "enter", "tab", "backtab", "backspace", "backspace"]],
  ["\u0003\u001a\u000c", ["ctrl-c", "ctrl-z", "ctrl-l"]],
  ["日é", ["日", "é"]],
  ["\u001b", [], "\u001b"],
  ["x\u001b[", ["x"], "\u001b["],
  ["\u001b[1;", [], "\u001b[1;"],
  ["\u001b[99~q", ["q"]],
  ["\u001b[?1;2c", []],
  ["\u001b\u001b[A", ["escape", "up"]],
  ["\u001b[200~abc", [], "\u001b[200~abc"],
];

for (const [text, keys, rest = ""] of decoded) {
  test(`${JSON.stringify(text)} is ${keys.join(", ") || "no key yet"}`, () => {
    assert.deepEqual(decodeKeys(text), { keys: keys.map((key) => ({ key })), rest });
  });
}

test("an escape alone is a key once nothing came after it", () => {
  assert.deepEqual(decodeKeys("\u001b", true), { keys: [{ key: "escape" }], rest: "" });
});

test("what is pasted is one key", () => {
  assert.deepEqual(decodeKeys("\u001b[200~xy\r\u001b[201~q"), { keys: [{ key: "paste", pasted: "xy\r" }, { key: "q" }], rest: "" });
});

test("a paste without an end doesn't grow for ever", () => {
  assert.equal(decodeKeys(`\u001b[200~${"x".repeat(10_000)}`).rest, "");
});

test("any bytes, in any pieces, are the same keys", () => {
  const text = "ab\u001b[A\u001bOB\u001b[5~\u001b[200~p\u001b[201~日q";
  const whole = decodeKeys(text);
  for (let cut = 1; cut < text.length; cut++) {
    const first = decodeKeys(text.slice(0, cut));
    const second = decodeKeys(first.rest + text.slice(cut));
    assert.deepEqual([...first.keys, ...second.keys], whole.keys, `cut at ${cut}`);
  }
});
