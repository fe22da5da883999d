import assert from "node:assert/strict";
import { test } from "node:test";
import { formatMode, parseMode } from "../../src/values/mode.ts";

test("a text is octal, a number is the mode itself", () => {
  for (const given of ["022", "22", "0o022", "0O22", "0022", 0o022]) assert.equal(parseMode(given), 0o022, String(given));
  assert.equal(parseMode("0"), 0);
  assert.equal(parseMode("777"), 0o777);
});

test("modes are written as umask(1) writes them", () => {
  assert.equal(formatMode(0o22), "0022");
});

for (const bad of ["9", "028", "", "1000", "-1", "u=rwx", "0x12", "7.5", -1, 0o1000, 1.5, null, undefined, {}]) {
  test(`${JSON.stringify(bad)} (${typeof bad}) is no mode`, () => {
    assert.throws(() => parseMode(bad), { name: "ValueError", message: /is not an octal mode from 0 to 0777/ });
  });
}
