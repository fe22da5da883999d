/** What fixtures/logs/numbered.ts writes. */
import assert from "node:assert/strict";

/** Every line is there once, in order, from the first to the word "end" behind the last one. */
export function assertNumbered(text: string, first = 1): void {
  let number = first;
  const lines = text.split("\n");
  for (const line of lines) {
    if (line.length !== 99) break;
    if (Number(line) !== number) assert.fail(`after line ${number - 1} comes "${line}"`);
    number += 1;
  }
  assert.deepEqual(lines.slice(number - first), [`end ${number - 1}`, ""]);
}
