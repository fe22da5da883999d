import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import type { Action } from "../../src/supervisor/actions.ts";
import type { TimerName } from "../../src/supervisor/events.ts";
import type { Instance } from "../../src/supervisor/instance.ts";
import { type Step, step } from "../../src/supervisor/machine.ts";
import type { MachineSpec } from "../../src/supervisor/machineSpec.ts";
import { root } from "../support/run.ts";
import { Violation } from "./invariants.ts";
import { simulate, tell } from "./simulate.ts";

const EVENTS = 60_000;

for (const seed of [1, 2, 3]) {
  test(`no invariant is violated by ${EVENTS} random events with faults (seed ${seed})`, () => {
    const { events, crashes, coverage } = simulate({ seed, events: EVENTS });
    assert.ok(events >= EVENTS);
    assert.ok(crashes > 50, `only ${crashes} crashes`);
    assert.ok(coverage.actingHit / coverage.acting > 0.95, `never visited: ${coverage.missed.join(", ")}`);
  });
}

test("the same seed replays the same events, another one others", () => {
  const digest = (seed: number) => simulate({ seed, events: 5000 }).digest;
  assert.equal(digest(7), digest(7));
  assert.notEqual(digest(7), digest(8));
});

/** Machines with one fault each; the invariants must tell. */
const FAULTY: Readonly<
  Record<string, { readonly says: RegExp; readonly change: (result: Step, before: Instance, spec: MachineSpec) => Step }>
> = {
  "forgets the timer of a back-off": { says: /lost wake-up: backoff/, change: (result) => forgetTimer(result, "backoffOver") },
  "forgets to insist on a stop": { says: /lost wake-up: stopping/, change: (result) => forgetTimer(result, "killTimeout") },
  "forgets the limit of a start": { says: /lost wake-up: starting/, change: (result) => forgetTimer(result, "readyTimeout") },
  "spawns twice": {
    says: /two processes in one step/,
    change: ({ instance, actions }) => ({ instance, actions: [...actions, ...actions.filter((action) => action.do === "spawn")] }),
  },
  "never really spawns": { says: /starting for \d+ ms|stopping for \d+ ms/, change: (result) => without(result, "spawn") },
  "never kills": { says: /stopping for \d+ ms|reloading for \d+ ms/, change: (result) => without(result, "killAll") },
  "says stopped at once": {
    says: /stopped, but \d+ of its processes live/,
    change: ({ instance, actions }) => {
      const stopped = { state: "stopped", process: null, other: null, hook: null, ending: null, timers: {} } as const;
      if (instance.state !== "stopping" || instance.wanted) return { instance, actions };
      const note = { wall: 0, from: "running", to: "stopped", reason: "it will be" } as const;
      return { instance: { ...instance, ...stopped, history: [note] }, actions: [{ do: "note", note }] };
    },
  },
  "restarts without a back-off": {
    says: /processes were started within a minute/,
    change: ({ instance, actions }) => {
      const { backoffOver } = instance.timers;
      if (backoffOver === undefined) return { instance, actions };
      const soon = backoffOver.at - backoffOver.after + 1;
      return {
        instance: { ...instance, timers: { backoffOver: { at: soon, after: 1 } } },
        actions: actions.map((action) => (action.do === "setTimer" ? { ...action, at: soon } : action)),
      };
    },
  },
  "gives no reason": { says: /was not told|without a reason/, change: (result) => without(result, "note") },
  "forgets what was asked": {
    says: /stopAsked, but it is still wanted|startAsked, but it isn't wanted/,
    change: ({ instance, actions }, before) => ({ instance: { ...instance, wanted: before.wanted }, actions }),
  },
  "invents an exit status": {
    says: /is said to have ended with/,
    change: ({ instance, actions }) => ({
      instance:
        instance.lastExit?.status === "unknown" ? { ...instance, lastExit: { ...instance.lastExit, status: { code: 0 } } } : instance,
      actions,
    }),
  },
  "keeps all of its history": {
    says: /its history has grown/,
    change: ({ instance, actions }, before) =>
      instance.history === before.history
        ? { instance, actions }
        : { instance: { ...instance, history: [...before.history, ...instance.history.slice(-1)] }, actions },
  },
};

for (const [fault, { says, change }] of Object.entries(FAULTY)) {
  test(`a machine that ${fault} is found out`, () => {
    const faulty: typeof step = (spec, instance, event, now) => change(step(spec, instance, event, now), instance, spec);
    assert.throws(
      () => simulate({ seed: 1, events: 400_000, step: faulty }),
      (error) => error instanceof Violation && says.test(error.message),
    );
  });
}

test("a machine that overlooks what outlives a main process is found out", () => {
  const blind: typeof step = (spec, instance, event, now) =>
    step(spec, instance, event.type === "exited" ? { ...event, remains: false } : event, now);
  assert.throws(
    () => simulate({ seed: 1, events: 400_000, step: blind }),
    (error) => error instanceof Violation && /of its processes live|is spawned while pid/.test(error.message),
  );
});

test("timers that the shell never hears of do no harm as long as it ticks", () => {
  const deaf: typeof step = (spec, instance, event, now) => without(step(spec, instance, event, now), "setTimer");
  simulate({ seed: 4, events: 20_000, step: deaf });
});

test("a violation tells the seed, the number of the event, and what the instance was told before", () => {
  const faulty: typeof step = (spec, instance, event, now) => forgetTimer(step(spec, instance, event, now), "backoffOver");
  try {
    simulate({ seed: 1, events: 400_000, step: faulty });
    assert.fail("nothing was violated");
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    const lines = tell(error, 1).split("\n");
    assert.match(lines[0] ?? "", /^violated with seed 1 at event \d+: service\/\d+: lost wake-up: backoff/);
    assert.match(lines.at(-1) ?? "", new RegExp(`^  ${error.event} .* → backoff$`));
    assert.ok(lines.length <= 31);
  }
});

test("the command says what it did, and refuses what is no number", () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(root, "test/simulation/simulate.ts"), ...args], { encoding: "utf8" });
  const good = run("--seed", "5", "--events", "2000", "--services", "10");
  assert.equal(good.status, 0, good.stderr);
  assert.match(good.stdout, /seed 5: 2,\d{3} events/);
  assert.equal(run("--events", "many").status, 64);
});

function without({ instance, actions }: Step, what: Action["do"]): Step {
  return { instance, actions: actions.filter((action) => action.do !== what) };
}

function forgetTimer({ instance, actions }: Step, name: TimerName): Step {
  if (instance.timers[name] === undefined) return { instance, actions };
  const { [name]: _, ...timers } = instance.timers;
  return { instance: { ...instance, timers }, actions: actions.filter((action) => action.do !== "setTimer" || action.name !== name) };
}
