import assert from "node:assert/strict";
import { test } from "node:test";
import type { Effect } from "../../src/tui/effects.ts";
import { newModel, SORTS } from "../../src/tui/model.ts";
import { logOf, rowsOf } from "../../src/tui/rows.ts";
import { update } from "../../src/tui/update.ts";
import { after, example, NOW, pressed, screen, status, survey } from "./examples.ts";

const effectsOf = (keys: readonly string[], model = example()): readonly Effect[] => {
  const last = keys.at(-1) ?? "";
  return update(pressed(model, ...keys.slice(0, -1)), { type: "key", key: { key: last } }).effects;
};

const selections: readonly [keys: readonly string[], selected: string][] = [
  [[], "web/0"],
  [["down"], "web/1"],
  [["j", "j"], "db/0"],
  [["j", "j", "k"], "web/1"],
  [["up"], "web/0"],
  [["end"], "job/0"],
  [["G", "down"], "job/0"],
  [["G", "home"], "web/0"],
  [["pagedown"], "job/0"],
  [["pagedown", "pageup"], "web/0"],
  [["o", "o", "o", "home"], "db/0"],
  [["/", "d", "b"], "db/0"],
  [["/", "d", "b", "escape"], "db/0"],
];

for (const [keys, selected] of selections) {
  test(`keys ${JSON.stringify(keys.join(" "))} select ${selected}`, () => {
    assert.equal(pressed(example(), ...keys).selected, selected);
  });
}

const effects: readonly [keys: readonly string[], effects: readonly Effect[]][] = [
  [["q"], [{ effect: "quit" }]],
  [["ctrl-c"], [{ effect: "quit" }]],
  [["/", "q"], []],
  [["/", "ctrl-c"], [{ effect: "quit" }]],
  [["ctrl-z"], [{ effect: "suspend" }]],
  [["ctrl-l"], [{ effect: "redraw" }]],
  [["enter"], [{ effect: "details", instance: "web/0" }]],
  [["s"], []],
  [["s", "y"], [{ effect: "act", action: "start", selector: "web" }]],
  [["x", "y"], [{ effect: "act", action: "stop", selector: "web" }]],
  [["r", "y"], [{ effect: "act", action: "restart", selector: "web" }]],
  [["l", "y"], [{ effect: "act", action: "reload", selector: "web" }]],
  [["x", "i"], [{ effect: "act", action: "stop", selector: "web/0" }]],
  [["x", "n"], []],
  [["x", "n", "y"], []],
  [["x", "escape", "y"], []],
  [["x", "r"], []],
  [["end", "x", "i"], []],
  [["enter", "r", "y"], [{ effect: "act", action: "restart", selector: "web" }]],
];

for (const [keys, expected] of effects) {
  test(`keys ${JSON.stringify(keys.join(" "))} have ${JSON.stringify(expected)} done`, () => {
    assert.deepEqual(effectsOf(keys), expected);
  });
}

test("without any service, every key is harmless", () => {
  const empty = after(newModel({ size: { columns: 80, rows: 24 }, now: NOW }), { type: "survey", survey: survey() });
  for (const key of ["s", "x", "r", "l", "enter", "up", "down", "pagedown", "end", "tab", "o"]) {
    assert.deepEqual(effectsOf([key], empty), [], key);
    assert.equal(screen(pressed(empty, key)).length, 24);
  }
});

test("o goes through all orders and back; what uses most comes first", () => {
  const names = (presses: number) => {
    const model = pressed(example(), ...new Array<string>(presses).fill("o"));
    return [model.sort, rowsOf(model).map(({ status: { name } }) => name)] as const;
  };
  assert.deepEqual(
    SORTS.map((_, index) => names(index)),
    [
      ["added", ["web/0", "web/1", "db/0", "job/0"]],
      ["name", ["db/0", "job/0", "web/0", "web/1"]],
      ["state", ["job/0", "web/0", "web/1", "db/0"]],
      ["cpu", ["db/0", "web/0", "web/1", "job/0"]],
      ["memory", ["web/1", "db/0", "web/0", "job/0"]],
      ["read", ["web/1", "web/0", "db/0", "job/0"]],
      ["write", ["db/0", "web/0", "web/1", "job/0"]],
      ["restarts", ["db/0", "web/0", "web/1", "job/0"]],
    ],
  );
  assert.equal(names(SORTS.length)[0], "added");
});

test("a filter finds names and states, is taken back by Esc and kept by Enter", () => {
  const filtered = pressed(example(), "/", "f", "a", "i", "l");
  assert.deepEqual(
    rowsOf(filtered).map(({ status: { name } }) => name),
    ["job/0"],
  );
  assert.equal(pressed(filtered, "enter").filter, "fail");
  assert.equal(pressed(filtered, "escape").filter, "");
  assert.equal(pressed(filtered, "backspace").filter, "fai");
  assert.equal(pressed(filtered, "enter", "escape").filter, "");
  assert.equal(pressed(filtered, "z", "z").selected, null);
});

test("pasted text never acts as keys; in a filter it is text", () => {
  const paste = { type: "key", key: { key: "paste", pasted: "x\ny" } } as const;
  assert.deepEqual(after(example(), paste), example());
  assert.equal(after(pressed(example(), "/"), paste).filter, "xy");
});

test("Tab moves on to the log and the events, and keys scroll them", () => {
  const lines = Array.from({ length: 100 }, (_, number) => `line ${number}`);
  const model = after(example(), { type: "log", instance: "web/0", lines, note: null });
  const back = pressed(model, "tab", "up", "up");
  assert.equal(back.focus, "log");
  assert.deepEqual(back.scroll, { log: 2, events: 0 });
  assert.equal(back.selected, "web/0");
  assert.ok(screen(back).includes("line 97"));
  assert.ok(!screen(back).includes("line 98"));
  assert.ok(screen(pressed(back, "end")).includes("line 99"));
  assert.ok(screen(pressed(back, "home")).includes("line 0"));
  assert.equal(pressed(model, "tab", "tab").focus, "events");
  assert.equal(pressed(model, "backtab").focus, "events");
  assert.equal(pressed(model, "tab", "tab", "tab").focus, "services");
});

test("e shows errors only where they have a file of their own", () => {
  const errorLog = "/nowhere/errors";
  const model = after(example(), { type: "survey", survey: survey(status("web/0", "running", { errorLog }), status("db/0")) });
  assert.equal(logOf(model)?.kind, "log");
  assert.deepEqual(logOf(pressed(model, "e")), { kind: "errors", path: errorLog });
  assert.equal(logOf(pressed(model, "e", "down"))?.kind, "log");
  assert.equal(logOf(pressed(model, "e", "e"))?.kind, "log");
});

test("what comes for an instance that is no longer selected is dropped", () => {
  const model = after(pressed(example(), "down"), { type: "log", instance: "web/0", lines: ["old"], note: null });
  assert.equal(model.log, null);
});

test("an instance that is deleted is no longer selected", () => {
  assert.equal(after(pressed(example(), "end"), { type: "survey", survey: survey(status("web/0")) }).selected, "web/0");
});

test("a supervisor that is silent, or not there, is told of until it answers", () => {
  const silent = after(example(), { type: "tick", now: NOW + 7000 });
  assert.match(screen(silent)[0] ?? "", /^the supervisor has not answered for 7 s/);
  const gone = after(example(), { type: "problem", message: "no supervisor runs" });
  assert.match(screen(gone)[0] ?? "", /no supervisor runs/);
  assert.match(screen(after(gone, { type: "survey", survey: survey(status("web/0")) }))[0] ?? "", /^CPU/);
});

test("what came of an action is told, and goes away", () => {
  const outcome = { name: "web/0", state: "failed", outcome: "failed", why: "exit status 3", pid: null } as const;
  const failed = after(example(), { type: "acted", action: "start", selector: "web", outcomes: [outcome] });
  assert.equal(screen(failed).at(-1), "start web: exit status 3");
  const good = after(example(), { type: "acted", action: "stop", selector: "web", outcomes: [{ ...outcome, outcome: "done" }] });
  assert.equal(screen(good).at(-1), "stopped web");
  assert.match(screen(after(good, { type: "tick", now: NOW + 9000 })).at(-1) ?? "", /q quit/);
});
