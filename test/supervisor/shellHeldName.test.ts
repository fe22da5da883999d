import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { nameMistake } from "../../src/service/names.ts";
import { heldName, parseHeldName } from "../../src/supervisor/shell/heldName.ts";

test("a name is read as it was written, and is one that init takes", () => {
  const service = fc.string({ unit: "binary", minLength: 1, maxLength: 64 }).filter((name) => nameMistake(name) === undefined);
  fc.assert(
    fc.property(service, fc.nat(99_999), fc.nat(2 ** 31), (name, number, attempt) => {
      const parts = [name, String(number), String(attempt)];
      const held = heldName("notify", ...parts);
      assert.deepEqual(parseHeldName(held), ["notify", ...parts]);
      assert.ok(Buffer.byteLength(held) <= 127);
      assert.doesNotMatch(held, /[:=\p{Cc}]/u);
    }),
    { numRuns: 2000 },
  );
});

test("plain names stay legible, and the worst ones still fit", () => {
  assert.equal(heldName("notify", "web", "0", "3"), "notify/web/0/3");
  assert.equal(heldName("notify", "a:b=c~d%", "0", "3"), "notify/a%3Ab%3Dc%7Ed%25/0/3");
  for (const name of [":".repeat(64), "~".repeat(64), "ü".repeat(32), "%3A".repeat(21)]) {
    assert.deepEqual(parseHeldName(heldName("notify", name, "99999", "2147483647")), ["notify", name, "99999", "2147483647"]);
  }
  assert.throws(() => heldName("notify", "x".repeat(200)), RangeError);
});

test("names that are none of these are not read", () => {
  for (const name of ["tree-lock", "", "notify/%zz"]) assert.equal(parseHeldName(name), undefined, name);
});
