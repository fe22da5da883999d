import assert from "node:assert/strict";
import { test } from "node:test";
import { STATES } from "../../src/supervisor/states.ts";
import { type HandledType, none, TRANSITIONS } from "../../src/supervisor/transitions.ts";
import { eventFor, machineIn } from "./machineFixture.ts";

/** Where each event leads, after a long time, from each state; · stays. What it does there is told in the other tests. */
// biome-ignore format: a table is read by its columns
const EXPECTED: Readonly<Record<HandledType, string>> = {
  //                   stopped   waiting   starting  running   reloading stopping  backoff   completed failed
  startAsked:         "starting  ·         ·         ·         ·         ·         starting  starting  starting",
  stopAsked:          "·         stopped   stopping  stopping  stopping  ·         stopped   stopped   stopped",
  restartAsked:       "starting  ·         stopping  stopping  stopping  ·         starting  starting  starting",
  reloadAsked:        "·         ·         ·         reloading ·         ·         ·         ·         ·",
  deleteAsked:        "·         stopped   stopping  stopping  stopping  ·         stopped   stopped   stopped",
  specChanged:        "·         ·         stopping  stopping  stopping  ·         starting  starting  starting",
  due:                "·         ·         ·         ·         ·         ·         ·         ·         ·",
  dependenciesMet:    "·         starting  ·         ·         ·         ·         ·         ·         ·",
  dependencyLost:     "·         ·         ·         ·         ·         ·         ·         ·         ·",
  spawned:            "stopping  stopping  ·         ·         ·         ·         ·         ·         ·",
  spawnFailed:        "·         ·         ·         ·         ·         ·         ·         ·         ·",
  mainProcess:        "·         ·         ·         ·         ·         ·         ·         ·         ·",
  ready:              "·         ·         running   ·         ·         ·         ·         ·         ·",
  readinessFailed:    "·         ·         stopping  ·         ·         ·         ·         ·         ·",
  exited:             "·         ·         backoff   starting  running   stopped   ·         ·         ·",
  gone:               "·         ·         ·         ·         ·         stopped   ·         ·         ·",
  remains:            "·         ·         ·         ·         ·         ·         ·         ·         ·",
  hookFinished:       "·         ·         ·         ·         ·         ·         ·         ·         ·",
  hookFailed:         "·         ·         ·         ·         ·         ·         ·         ·         ·",
  reloadStarted:      "·         ·         ·         reloading ·         ·         ·         ·         ·",
  reloaded:           "·         ·         ·         ·         ·         ·         ·         ·         ·",
  watchdogPing:       "·         ·         ·         ·         ·         ·         ·         ·         ·",
  watchdogTriggered:  "·         ·         ·         stopping  stopping  ·         ·         ·         ·",
  probePassed:        "·         ·         ·         ·         ·         ·         ·         ·         ·",
  probeFailed:        "·         ·         ·         ·         ·         ·         ·         ·         ·",
  unhealthy:          "·         ·         ·         stopping  stopping  ·         ·         ·         ·",
  extendTimeout:      "·         ·         ·         ·         ·         ·         ·         ·         ·",
  reconciled:         "·         ·         backoff   starting  stopping  stopped   ·         ·         ·",
  clockStepped:       "·         ·         ·         ·         ·         ·         ·         ·         ·",
  readyTimeout:       "·         ·         stopping  ·         ·         ·         ·         ·         ·",
  stopTimeout:        "·         ·         ·         ·         ·         ·         ·         ·         ·",
  killTimeout:        "·         ·         ·         ·         ·         ·         ·         ·         ·",
  reloadTimeout:      "·         ·         ·         ·         ·         ·         ·         ·         ·",
  hookTimeout:        "·         ·         ·         ·         ·         ·         ·         ·         ·",
  backoffOver:        "·         ·         ·         ·         ·         ·         starting  ·         ·",
  stableReached:      "·         ·         ·         ·         ·         ·         ·         ·         ·",
  watchdogMissed:     "·         ·         ·         ·         ·         ·         ·         ·         ·",
};

for (const [type, row] of Object.entries(EXPECTED) as [HandledType, string][]) {
  const cells = row.split(/ +/);
  for (const [index, state] of STATES.entries()) {
    const expected = cells[index] === "·" ? state : cells[index];
    test(`${type} in ${state}: ${expected}`, () => {
      const machine = machineIn(state).wait(1e9);
      const before = machine.instance;
      machine.tell(eventFor(type, before));
      assert.equal(machine.state, expected);
      if (machine.state !== state) assert.notEqual(machine.reason, "");
    });
  }
}

test("every row of the table has a cell for each state", () => {
  for (const [type, row] of Object.entries(TRANSITIONS)) assert.equal(row.length, STATES.length, type);
});

test("where the table says none, the very same instance stays, and nothing is done", () => {
  for (const [type, row] of Object.entries(TRANSITIONS) as [HandledType, readonly unknown[]][]) {
    for (const [index, state] of STATES.entries()) {
      if (row[index] !== none) continue;
      const machine = machineIn(state).wait(1e9);
      const before = machine.instance;
      // Of a timer, what is left: it was cleared when the state was entered.
      machine.tell(eventFor(type, before));
      assert.equal(machine.instance, before, `${type} in ${state}`);
      assert.deepEqual(machine.actions, [], `${type} in ${state}`);
    }
  }
});
