import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TIMERS } from "../../src/supervisor/events.ts";
import type { MachineSpec } from "../../src/supervisor/machineSpec.ts";
import { slotsOf } from "../../src/supervisor/slots.ts";
import { STATES } from "../../src/supervisor/states.ts";
import { type HandledType, TRANSITIONS } from "../../src/supervisor/transitions.ts";
import { eventFor, Machine, SPEC } from "./machineFixture.ts";

const TYPES = Object.keys(TRANSITIONS) as [HandledType, ...HandledType[]];

const specs: fc.Arbitrary<Partial<MachineSpec>> = fc.record({
  type: fc.constantFrom("simple", "forking", "oneshot"),
  ready: fc.record({ on: fc.constantFrom("started", "notify", "port"), timeout: fc.constantFrom(1000, 30_000) }),
  restart: fc.record({
    when: fc.constantFrom("always", "on-failure", "never"),
    stable: fc.constant(10_000),
    backoff: fc.constant(SPEC.restart.backoff),
    limit: fc.option(fc.nat({ max: 6 })),
    window: fc.constantFrom(60_000, Number.POSITIVE_INFINITY),
  }),
  reload: fc.constantFrom<MachineSpec["reload"]>(
    null,
    { by: "rolling" },
    { by: "signal", signal: "SIGHUP", confirmed: true, timeout: 1000 },
  ),
  watchdog: fc.constantFrom(null, 1000),
  hooks: fc.record({ beforeStart: fc.constantFrom(null, { timeout: 500 }), afterExit: fc.constantFrom(null, { timeout: 500 }) }),
  scheduled: fc.boolean(),
  dependent: fc.boolean(),
});

/** Any events in any order, likely or not, at any time. */
const histories = fc.array(
  fc.tuple(fc.constantFrom(...TYPES), fc.nat({ max: 20_000 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
  {
    maxLength: 60,
  },
);

function replay(
  spec: Partial<MachineSpec>,
  history: readonly (readonly [HandledType, number, number])[],
  after: (machine: Machine, type: HandledType) => void,
) {
  const machine = new Machine(spec);
  for (const [type, wait, random] of history) {
    machine.random = random;
    machine.wait(wait).tell(eventFor(type, machine.instance));
    after(machine, type);
  }
  return machine;
}

test("whatever happens, it is in one of its states, with a reason, and survives JSON", () => {
  fc.assert(
    fc.property(specs, histories, (spec, history) => {
      replay(spec, history, ({ instance }) => {
        assert.ok(STATES.includes(instance.state));
        assert.ok(instance.history.every(({ reason }) => reason.length > 0));
        assert.deepEqual(JSON.parse(JSON.stringify(instance)), instance);
      });
    }),
    { numRuns: 500 },
  );
});

test("whatever happens, there are never two processes, but for a rolling reload and its end", () => {
  fc.assert(
    fc.property(specs, histories, (spec, history) => {
      replay(spec, history, ({ instance, actions }) => {
        const several = instance.state === "reloading" || instance.state === "stopping";
        assert.ok(slotsOf(instance).length <= (several ? 2 : 1));
        assert.ok(actions.filter((action) => action.do === "spawn").length <= 1);
      });
    }),
    { numRuns: 500 },
  );
});

test("from anywhere, a stop ends under fair delivery: timers fire, SIGKILL works, spawns are answered", () => {
  fc.assert(
    fc.property(specs, histories, (spec, history) => {
      const machine = replay(spec, history, () => {}).tell({ type: "stopAsked", by: "alice" });
      for (let round = 0; machine.state !== "stopped" && round < 20; round++) {
        for (const slot of slotsOf(machine.instance)) if (slot.identity === null && slot.launcher === null) machine.spawned(slot.attempt);
        if (machine.did.includes("killAll all")) machine.tell({ type: "gone", tree: "all" });
        machine.wait(3_600_000).tell({ type: "tick" });
      }
      assert.equal(machine.state, "stopped");
      assert.deepEqual(machine.instance.timers, {});
    }),
    { numRuns: 500 },
  );
});

test("whatever it waits for comes by itself, or from outside where only that can know", () => {
  fc.assert(
    fc.property(specs, histories, (spec, history) => {
      replay(spec, history, ({ instance: { state, wanted, timers, process, waitsFor } }) => {
        const waits = state === "starting" || state === "stopping" || state === "reloading" || state === "backoff";
        if (waits) assert.ok(Object.keys(timers).length > 0, `${state} without a timer`);
        if (state === "waiting") assert.notEqual(waitsFor, null);
        if (state === "running") assert.notEqual(process, null);
        if (wanted) assert.notEqual(state, "stopped");
      });
    }),
    { numRuns: 500 },
  );
});

test("asking twice is asking once", () => {
  fc.assert(
    fc.property(specs, histories, fc.constantFrom("startAsked", "stopAsked"), (spec, history, type) => {
      const machine = replay(spec, history, () => {}).tell({ type, by: "alice" });
      const once = machine.instance;
      machine.tell({ type, by: "alice" });
      assert.equal(machine.instance, once);
      assert.deepEqual(machine.actions, []);
    }),
    { numRuns: 500 },
  );
});

test("timers that fire too early, twice, or after they were cleared change nothing", () => {
  fc.assert(
    fc.property(specs, histories, fc.constantFrom(...TIMERS), (spec, history, name) => {
      const machine = replay(spec, history, () => {});
      const { instance } = machine;
      const set = instance.timers[name];
      if (set !== undefined && set.at <= machine.at) return;
      machine.tell({ type: name });
      assert.equal(machine.instance, instance);
      assert.deepEqual(machine.actions, set === undefined ? [] : [{ do: "setTimer", name, at: set.at }]);
    }),
    { numRuns: 500 },
  );
});
