import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ValueError } from "../../src/values/valueError.ts";
import { splitWords } from "../../src/values/words.ts";
import { run } from "../support/run.ts";

const split: readonly (readonly [text: string, words: readonly string[]])[] = [
  ["", []],
  ["  a  b\tc\n", ["a", "b", "c"]],
  ["a 'b c' \"d e\"", ["a", "b c", "d e"]],
  ["a'b'\"c\"d ''", ["abcd", ""]],
  ['a\\ b \\"', ["a b", '"']],
  ['"a\\"b\\\\c\\d"', ['a"b\\c\\d']],
  ["${A} ${B:-x y}/z", ["${A}", "${B:-x y}/z"]],
  ['"${A}" $${A}', ["${A}", "$${A}"]],
  ["'${A}'", ["$${A}"]],
  ["a$ $. '*' *", ["a$", "$.", "*", "*"]],
  ["a=b --c=d", ["a=b", "--c=d"]],
];

for (const [text, words] of split) {
  test(`${JSON.stringify(text)} has ${words.length} words`, () => assert.deepEqual(splitWords(text), words));
}

for (const text of [
  "'a",
  '"a',
  "${a",
  "a\\",
  "a | b",
  "a && b",
  "a; b",
  "a > b",
  "a < b",
  "`a`",
  "$(a)",
  '"$(a)"',
  '"`a`"',
  "(a)",
  "a)",
  "\\\\)",
  "$1",
  "$?",
  '"$@"',
  "$HOME",
  '"$HOME"',
]) {
  test(`${JSON.stringify(text)} is refused`, () => assert.throws(() => splitWords(text), ValueError));
}

test("words are those that sh finds", async () => {
  const texts = fc.sample(fc.stringMatching(/^(?:[a-z= ./'"\\-]|\\.){1,20}$/), 300).filter((text) => !/\n/.test(text));
  const ours = texts.flatMap((text) => {
    try {
      return [[text, splitWords(text)] as const];
    } catch {
      return [];
    }
  });
  assert.ok(ours.length > 20);
  const script = ours.map(([text]) => `set -- x ${text}\nshift\nprintf '%s\\0' "$#" "$@"`).join("\n");
  const { stdout, stderr } = await run("sh", ["-c", script]);
  assert.equal(stderr, "");
  assert.deepEqual(
    stdout.split("\0").slice(0, -1),
    ours.flatMap(([, words]) => [String(words.length), ...words]),
  );
});
