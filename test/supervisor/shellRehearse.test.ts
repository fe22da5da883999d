import assert from "node:assert/strict";
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { newInstance } from "../../src/supervisor/instance.ts";
import { accountOf } from "../../src/supervisor/shell/accountOf.ts";
import type { Context } from "../../src/supervisor/shell/context.ts";
import { Rehearsal } from "../../src/supervisor/shell/rehearse.ts";
import { Unit } from "../../src/supervisor/shell/unit.ts";
import { specOf } from "../service/problems.ts";
import { track } from "../support/cleanup.ts";
import { freeze, identity } from "./machineFixture.ts";

/** Counts how often the specification is looked at to make a plan of it; all else that a supervisor has would throw. */
async function stage(command: string[], env: Record<string, string> = {}) {
  const spec = await specOf({ command, env });
  accountOf(spec);
  let plans = 0;
  const watched = Object.defineProperty({ ...spec }, "umask", {
    enumerable: true,
    get: () => {
      plans += 1;
      return spec.umask;
    },
  });
  const unit = new Unit("web", 0, watched, newInstance("web/0", { at: 0, wall: 0 }));
  unit.log = { out: 0, err: null, path: "/none/0.log", errorPath: null };
  unit.instance = freeze({
    ...unit.instance,
    ...{ wanted: true, state: "running", attempt: 1 },
    process: { attempt: 1, identity: identity(1), readyAt: 1, launcher: null, adopted: false },
  } as const);
  plans = 0;
  const context = { homeId: "0123456789abcdef", starter: {}, units: new Map([["web/0", unit]]), journal: { bootId: "boot" } };
  return { rehearsal: new Rehearsal(context as unknown as Context), unit, plans: () => plans };
}

test("it is done often at first, then now and then, and changes nothing", async () => {
  const { rehearsal, unit, plans } = await stage(["sleep", "1"]);
  const before = { ...unit };
  for (let call = 0; call < 4; call++) rehearsal.go();
  assert.equal(plans(), 200);
  for (let call = 0; call < 12; call++) rehearsal.go();
  assert.equal(plans(), 202);
  assert.deepEqual({ ...unit }, before);
});

test("a program that is gone by now is no reason to end", async (t) => {
  const dir = track(t).dir();
  const program = join(dir, "program");
  copyFileSync("/bin/true", program);
  const { rehearsal, plans } = await stage(["program"], { PATH: dir });
  rehearsal.go();
  assert.equal(plans(), 50);
  rmSync(program);
  rehearsal.go();
  assert.equal(plans(), 50);
});

test("where nothing runs, nothing is done", async () => {
  const { rehearsal, unit, plans } = await stage(["sleep", "1"]);
  unit.instance = { ...unit.instance, state: "stopped", process: null };
  rehearsal.go();
  assert.equal(plans(), 0);
});
