import assert from "node:assert/strict";
import { constants } from "node:os";
import { test } from "node:test";
import { ERRNO } from "../../src/values/errno.ts";
import { parseSignal, signalName, signalNumber } from "../../src/values/signals.ts";

test("a signal is known by its name, with or without SIG, in any case, and by its number", () => {
  for (const text of ["TERM", "SIGTERM", "sigterm", "term", "15", 15]) assert.equal(parseSignal(text), 15, String(text));
});

test("every name that the system has leads to its number, and every number back to one name", () => {
  for (const [name, number] of Object.entries(constants.signals)) {
    assert.equal(parseSignal(name), number, name);
    assert.equal(parseSignal(signalName(number)), number, name);
  }
  assert.equal(signalName(6), "SIGABRT");
  assert.equal(signalName(29), "SIGIO");
});

test("realtime signals count from their least and their most", () => {
  assert.equal(parseSignal("SIGRTMIN"), 34);
  assert.equal(parseSignal("RTMIN+3"), 37);
  assert.equal(parseSignal("RTMAX-1"), 63);
  assert.equal(signalName(37), "SIGRTMIN+3");
  assert.throws(() => parseSignal("RTMAX+1"), { name: "ValueError" });
});

test("a misspelt signal gets a suggestion", () => {
  assert.throws(() => parseSignal("SIGTREM"), { message: '"SIGTREM" is not a signal: did you mean SIGTERM?' });
});

for (const bad of [0, "0", -1, 65, 32, 1.5, "", "SIG", "NOPE", null, undefined, {}]) {
  test(`${JSON.stringify(bad)} (${typeof bad}) is no signal`, () => {
    assert.throws(() => parseSignal(bad), { name: "ValueError" });
  });
}

test("a name that Node has leads straight to its number", () => {
  for (const [name, number] of Object.entries(constants.signals)) {
    if (name !== "SIGUNUSED") assert.equal(signalNumber(name as NodeJS.Signals), number, name);
  }
});

test("the errno numbers are those that Node and the kernel have", () => {
  for (const [name, number] of Object.entries(ERRNO)) {
    const theirs = (constants.errno as Record<string, number>)[name];
    if (theirs !== undefined) assert.equal(number, theirs, name);
  }
});
