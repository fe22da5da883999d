import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Check, type CheckLook, Checks } from "../../src/monitor/checks.ts";
import { lookAtInstance } from "../../src/monitor/checksInstance.ts";
import { SAMPLE } from "../api/memoryMonitor.ts";
import { doing } from "../fixtures/checks/written.ts";

function check(often = "3 of 5", more: Partial<Check> = {}): Check {
  const [times = 1, of = 1] = often.split(" of ").map(Number);
  const base = { id: "web/0: memory", subject: "web/0", service: "web", text: "memory above 1", actions: ["alert" as const] };
  return { ...base, for: { times, of }, ...more };
}

function look(bad: boolean | null, more: Partial<CheckLook> = {}): CheckLook {
  return { check: check(), bad, value: bad === null ? null : String(bad), run: "1", needs: [], ...more };
}

/** What happens at each sample: "!" it fires, "+" it fires again, "o" it recovers, "." nothing. */
function story(often: string, samples: string): string {
  const checks = new Checks();
  let run = 1;
  return [...samples]
    .flatMap((letter, at) => {
      if (letter === "R") {
        run += 1;
        return [];
      }
      const bad = letter === "?" ? null : letter === "x";
      const [decision] = checks.look([look(bad, { check: check(often), run: String(run) })], at);
      if (decision === undefined) return ["."];
      return [decision.what === "recovered" ? "o" : decision.again ? "+" : "!"];
    })
    .join("");
}

// x is bad, - is good, ? wasn't measured, R is a new process.
const STORIES: readonly (readonly [often: string, samples: string, told: string, what: string])[] = [
  ["1 of 1", "x-x-", "!o!o", "one of one says each"],
  ["3 of 5", "xx---xx-x", "........!", "fires at the third of five, not before"],
  ["3 of 5", "xxx", "..!", "needs no five samples to fire"],
  ["3 of 5", "xxxxxxxxx", "..!......", "fires once"],
  ["3 of 5", "xxx--------", "..!......o.", "recovers when five moments in a row had fewer than three"],
  ["3 of 5", "xxx--xx----", "..!........", "what comes back before that has not recovered"],
  ["3 of 5", "x?x?x", "....!", "what wasn't measured doesn't count"],
  ["3 of 5", "xxRxx", "....", "a new process begins anew"],
  ["2 of 4", "xxRxxxx", ".!...+", "a new process that is bad makes it act again, after four samples of its own"],
  ["2 of 4", "xxR----", ".!...o", "a new process that is well for four samples is a recovery"],
  ["2 of 4", "xxR?xx?xx", ".!.....+", "and what wasn't measured is none of them"],
];
for (const [often, samples, told, what] of STORIES) {
  test(`${often}, ${samples}: ${what}`, () => assert.equal(story(often, samples), told));
}

test("N of M fires exactly when N of the last M were bad, and not again before it has recovered", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 0, max: 6 }),
      fc.array(fc.constantFrom(true, false, null), { maxLength: 60 }),
      (times, more, samples) => {
        const of = times + more;
        const told = story(`${times} of ${of}`, samples.map((bad) => (bad === null ? "?" : bad ? "x" : "-")).join(""));
        const seen: boolean[] = [];
        let firing = false;
        let calm = 0;
        for (const [index, bad] of samples.entries()) {
          let expected = ".";
          if (bad !== null) {
            seen.push(bad);
            const isBad = seen.slice(-of).filter(Boolean).length >= times;
            calm = isBad ? 0 : calm + 1;
            if (!firing && isBad) expected = "!";
            else if (firing && calm >= of) expected = "o";
            if (expected !== ".") firing = expected === "!";
          }
          assert.equal(told[index], expected, `sample ${index} of ${told}`);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test("between two alerts of a check are at least M samples", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 0, max: 5 }),
      fc.stringMatching(/^[x\-?R]{0,80}$/),
      (times, more, samples) => {
        const of = times + more;
        const told = story(`${times} of ${of}`, samples);
        const measured = samples.replaceAll("R", "");
        let before: number | undefined;
        for (const [index, letter] of [...told].entries()) {
          if (letter !== "!" && letter !== "+") continue;
          const between = before === undefined ? of : measured.slice(before + 1, index + 1).replaceAll("?", "").length;
          assert.ok(between >= of, `${told} for ${samples}`);
          before = index;
        }
      },
    ),
    { numRuns: 500 },
  );
});

test("a check is held back while one of a service that it depends on fires, and says by which", () => {
  const checks = new Checks();
  const db = check("1 of 1", { id: "db/0: x", subject: "db/0", service: "db" });
  const web = check("1 of 1", { id: "web/0: x" });
  const at = (dbBad: boolean, webBad: boolean, now: number) =>
    checks
      .look([look(webBad, { check: web, needs: ["cache", "db"] }), look(dbBad, { check: db })], now)
      .map(({ what, check: { subject } }) => `${subject} ${what}`);
  assert.deepEqual(at(true, true, 1), ["db/0 fired"]);
  assert.equal(checks.states.find(({ subject }) => subject === "web/0")?.heldBy, "db");
  assert.deepEqual(at(true, true, 2), []);
  assert.deepEqual(at(false, true, 3), ["web/0 fired", "db/0 recovered"]);
  assert.deepEqual(at(true, true, 4), ["db/0 fired"], "what fires already goes on");
  assert.deepEqual(at(true, false, 5), ["web/0 recovered"]);
});

test("a check that is none any more recovers, and says that it is gone", () => {
  const checks = new Checks();
  const [fired] = checks.look([look(true, { check: check("1 of 1") })], 7);
  assert.equal(fired?.what, "fired");
  const [gone] = checks.look([], 9);
  assert.deepEqual(gone, { what: "recovered", check: check("1 of 1"), value: null, since: 7, gone: true });
  assert.deepEqual(checks.states, []);
});

test("the state tells the last values, since when it fires, and what was done", () => {
  const checks = new Checks();
  for (const [at, bad] of [true, false, true, true].entries()) checks.look([look(bad, { value: `${at} MiB` })], at);
  checks.acted("web/0: memory", 4, "restarted");
  const [state] = checks.states;
  assert.deepEqual(
    [state?.state, state?.bad, state?.samples, state?.values, state?.firingSince, state?.lastAction],
    ["firing", 3, 4, ["0 MiB", "1 MiB", "2 MiB", "3 MiB"], 3, { at: 4, text: "restarted" }],
  );
});

test("metrics of an instance are read in their units, and only of one that serves", () => {
  const [sample] = SAMPLE.instances;
  const one = (metric: "cpu" | "memory" | "uptime" | "processes" | "restarts", when: "above" | "below", threshold: number) =>
    doing({ metric, when, threshold, for: { times: 1, of: 1 } }, "alert");
  const all = [one("cpu", "above", 20), one("memory", "above", 4096), one("uptime", "below", 6000), one("processes", "below", 1)];
  const looks = (condition: "serves" | "rests" | "other") =>
    lookAtInstance({ name: "web/0", service: "web", run: "1", condition, needs: [], checks: all }, sample);
  assert.deepEqual(
    looks("serves").map(({ bad, value, check: { text } }) => [text, bad, value]),
    [
      ["cpu above 20 %", true, "25 %"],
      ["memory above 4.0 KiB", false, "4.0 KiB"],
      ["uptime below 6 s", true, "5 s"],
      ["processes below 1", false, "2"],
    ],
  );
  assert.deepEqual(
    looks("rests").map(({ bad }) => bad),
    [null, null, null, false],
  );
  assert.deepEqual(
    looks("other").map(({ bad }) => bad),
    [null, null, null, null],
  );
});
