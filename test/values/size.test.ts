import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSize } from "../../src/values/size.ts";

test("sizes are read in bytes", () => {
  const expected = {
    "0": 0,
    "4096": 4096,
    "10B": 10,
    "10MiB": 10_485_760,
    "10M": 10_485_760,
    "1GB": 1_000_000_000,
    "1kb": 1000,
    "1K": 1024,
    "1.5 KiB": 1536,
  };
  for (const [text, bytes] of Object.entries(expected)) assert.equal(parseSize(text), bytes, text);
  assert.equal(parseSize(4096), 4096);
});

for (const bad of ["", "MiB", "-1", "1XB", "1iB", "1e3", "99999999PiB", -1, 1.5, Number.NaN, null, undefined, {}]) {
  test(`${JSON.stringify(bad)} (${typeof bad}) is no size`, () => {
    assert.throws(() => parseSize(bad), { name: "ValueError" });
  });
}
