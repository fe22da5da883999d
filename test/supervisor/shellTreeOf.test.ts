import assert from "node:assert/strict";
import { test } from "node:test";
import { newInstance } from "../../src/supervisor/instance.ts";
import { treeOf } from "../../src/supervisor/shell/treeOf.ts";
import { Unit } from "../../src/supervisor/shell/unit.ts";
import { specOf } from "../service/problems.ts";
import { identity } from "./machineFixture.ts";

test("the tree of an instance is that of the attempts that there are: a kill that takes a while spares the next one", async () => {
  const unit = new Unit("web", 0, await specOf({ command: ["sleep", "1"] }), {
    ...newInstance("web/0", { at: 0, wall: 0 }),
    attempt: 6,
  });
  unit.attempt(5).identity = identity(5);
  unit.attempt(6).identity = identity(6);
  const home = { homeId: "0123456789abcdef" };
  const all = treeOf(home, unit, "all");
  assert.deepEqual(all.mark, { home: "0123456789abcdef", instance: "web/0", latest: 6 });
  assert.deepEqual(all.roots, [identity(5), identity(6)]);
  assert.deepEqual(treeOf(home, unit, 5).mark, { home: "0123456789abcdef", instance: "web/0", attempt: 5 });
  // What a damaged journal has forgotten, and was found all the same.
  unit.attempt(9);
  assert.equal(treeOf(home, unit, "all").mark.latest, 9);
});
