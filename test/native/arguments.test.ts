import assert from "node:assert/strict";
import { test } from "node:test";
import { native } from "../../src/native/addon.ts";

/** Calls without effect, whatever the arguments. */
const harmless = new Set(["environment", "notifySocket", "pipe", "releaseMemory", "socketPair"]);
const strange: unknown[] = [
  undefined,
  null,
  "x",
  "\0",
  {},
  [],
  [[]],
  ["x"],
  Symbol("s"),
  1n,
  Number.NaN,
  1.5,
  2 ** 40,
  () => 0,
  new Float64Array(2),
  new DataView(new ArrayBuffer(1)),
];

test("a wrong type is a TypeError in every call, and never a crash", () => {
  for (const [name, call] of Object.entries(native())) {
    if (harmless.has(name)) continue;
    for (const value of strange) {
      // These are right for what they are given to.
      if (typeof value === "string" && ["user", "group", "memoryFile", "connectUnix"].includes(name)) continue;
      assert.throws(() => call(value), TypeError, `${name}(${String(value)})`);
    }
  }
});

test("a right first argument doesn't excuse a wrong second one", () => {
  const first: Record<string, unknown> = {
    flock: 987_654,
    duplicate: 987_654,
    duplicateTo: 987_654,
    setCloseOnExec: 987_654,
    send: 987_654,
    receive: 987_654,
    poll: [],
    pollAsync: [],
    signalPidfd: 987_654,
    takeDescriptor: 987_654,
    sendDatagram: "@x",
    groupsOf: "root",
  };
  for (const [name, value] of Object.entries(first)) {
    const call = Reflect.get(native(), name) as (...args: unknown[]) => unknown;
    for (const second of [undefined, null, "exclusiv", {}, Symbol("s")]) {
      assert.throws(() => call(value, second), TypeError, `${name}(…, ${String(second)})`);
    }
  }
});

test("a plan that isn't one is a RangeError", () => {
  for (const plan of [new Uint8Array(0), new Uint8Array(3), new Uint8Array(4096), Buffer.alloc(64, 0xff)]) {
    assert.throws(() => native().runPlan(plan), RangeError);
  }
});
