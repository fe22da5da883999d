/** Checks over a restart of the supervisor: windows go on, nothing is told twice, and the end of it is told. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Check, type CheckLook, Checks } from "../../src/monitor/checks.ts";
import { ChecksMemory } from "../../src/supervisor/shell/checksMemory.ts";
import { checked } from "../fixtures/checks/checked.ts";
import { doing } from "../fixtures/checks/written.ts";
import { track } from "../support/cleanup.ts";
import { killTree } from "../support/killTree.ts";
import { until } from "../support/wait.ts";

const NOW = 1_700_000_000_000;
const LONG = { timeout: 60_000 };

const check: Check = {
  ...{ id: "web/0: memory above 1 MiB", subject: "web/0", service: "web", text: "memory above 1 MiB" },
  ...{ for: { times: 3, of: 5 }, actions: ["alert", { exec: ["/bin/page"] }] },
};
const looked = (bad: boolean | null, run = "1"): CheckLook => ({ check, bad, value: bad ? "2 MiB" : "1 B", run, needs: [] });

function after(before: Checks): Checks {
  return new Checks(JSON.parse(JSON.stringify(before.remembered)));
}

test("two bad samples before and one after are three of five; what fired is not told again, and recovers", () => {
  const first = new Checks();
  for (const bad of [true, false, true]) assert.deepEqual(first.look([looked(bad)], NOW), []);
  const second = after(first);
  assert.deepEqual(
    second.look([looked(true)], NOW + 5000).map(({ what, since }) => [what, since]),
    [["fired", NOW + 5000]],
  );
  const third = after(second);
  assert.equal(third.states[0]?.firingSince, NOW + 5000);
  assert.deepEqual(third.look([looked(null)], NOW + 10_000), []);
  assert.deepEqual(third.look([looked(true)], NOW + 15_000), []);
  const told = Array.from({ length: 8 }, (_, index) => third.look([looked(false)], NOW + 20_000 + index * 5000)).flat();
  assert.deepEqual(
    told.map(({ what, since }) => [what, since]),
    [["recovered", NOW + 5000]],
  );
  assert.deepEqual(third.remembered, [], "what is well needs no memory");
});

test("a check that is no more when the next supervisor begins has recovered; another process begins anew", () => {
  const first = new Checks();
  for (let index = 0; index < 3; index++) first.look([looked(true)], NOW);
  const gone = after(first).look([], NOW + 5000);
  assert.deepEqual(
    gone.map((decision) => [decision.what, decision.what === "recovered" && decision.gone]),
    [["recovered", true]],
  );
  const other = after(first);
  const told = Array.from({ length: 5 }, () => other.look([looked(true, "2")], NOW + 5000)).flat();
  assert.deepEqual(
    told.map((decision) => [decision.what, decision.what === "fired" && decision.again]),
    [["fired", true]],
  );
});

test("the file is written only when something is wrong and changes; after 5 min only what fires counts, after a boot nothing", (t) => {
  const path = join(track(t).dir(), "checks.json");
  const reports: (string | null)[] = [];
  const memory = (bootId = "b1") => new ChecksMemory({ path, bootId, report: (problem) => reports.push(problem) });
  const checks = new Checks();
  assert.deepEqual(memory().read(NOW), []);
  const own = memory();
  checks.look([looked(false)], NOW);
  own.write(checks.remembered, NOW);
  assert.ok(!existsSync(path));
  for (let index = 0; index < 3; index++) checks.look([looked(true)], NOW);
  own.write(checks.remembered, NOW);
  const { ino, mode } = statSync(path);
  assert.equal(mode & 0o777, 0o600);
  own.write(checks.remembered, NOW + 5000);
  assert.equal(statSync(path).ino, ino, "nothing has changed");
  assert.deepEqual(memory().read(NOW + 5000), checks.remembered);
  const [stale] = memory().read(NOW + 400_000);
  assert.deepEqual([stale?.judged.firing, stale?.judged.results], [NOW, []]);
  assert.deepEqual(memory("b2").read(NOW + 5000), []);
  assert.deepEqual(
    reports.filter((report) => report !== null),
    [],
  );
});

test("a file that is damaged, or can't be written, is told and stops nothing", (t) => {
  const dir = track(t).dir();
  const path = join(dir, "checks.json");
  const reports: (string | null)[] = [];
  const memory = (at: string) => new ChecksMemory({ path: at, bootId: "b1", report: (problem) => reports.push(problem) });
  for (const text of ["", "{", '{"version":1,"boot":"b1","at":1,"checks":[{}]}', '{"version":2}']) {
    writeFileSync(path, text);
    assert.deepEqual(memory(path).read(NOW), []);
    assert.match(reports.pop() ?? "", /^what checks have seen is lost: /, text);
  }
  mkdirSync(join(dir, "directory.json"));
  const checks = new Checks();
  for (let index = 0; index < 3; index++) checks.look([looked(true)], NOW);
  memory(join(dir, "directory.json")).write(checks.remembered, NOW);
  assert.match(reports.pop() ?? "", /^what checks have seen can't be kept: /);
});

test("a check that fires goes on firing when the supervisor is killed: no alert twice, and its recovery is told once", async (t) => {
  const s = await checked(t, (dir) => ({ alerts: [{ exec: ["sh", "-c", 'cat >> "$0"', join(dir, "told")] }] }));
  const told = () => {
    const file = join(s.dir, "told");
    const lines = existsSync(file)
      ? readFileSync(file, "utf8")
          .split("\n")
          .filter((line) => line !== "")
      : [];
    return lines.map((line) => JSON.parse(line).kind as string);
  };
  const command = ["sh", "-c", "sleep 1000 & exec sleep 1000"];
  await s.apply({ web: { command, checks: [doing({ metric: "processes", above: 1, for: "2 of 3" }, "alert")] } });
  const before = await s.check("web/0: processes", ({ state }) => state === "firing");
  await until("the alert", () => told().length === 1, LONG);
  await until("it to be remembered", () => existsSync(join(s.home.run, "checks.json")), LONG);
  const { pid } = await s.about();
  await killTree(s, "supervisor");
  await until("the next supervisor", async () => (await s.about()).pid !== pid, LONG);
  const kept = await s.check("web/0: processes", ({ state, samples }) => state === "firing" && samples > 0);
  assert.equal(kept.firingSince, before.firingSince);
  assert.match((await s.about()).degraded.join(), /web\/0: processes above 1/);
  await s.check("web/0: processes", ({ values }) => values.length === 3);
  assert.deepEqual(told(), ["failing"]);
  const { bad } = await s.check("web/0: processes", () => true);
  assert.equal(bad, 3);
  await s.apply({ web: { command: ["sleep", "1000"], checks: [doing({ metric: "processes", above: 1, for: "2 of 3" }, "alert")] } });
  await s.check("web/0: processes", ({ state }) => state === "ok");
  await until("the recovery to be told", () => told().length === 2, LONG);
  assert.deepEqual(told(), ["failing", "recovered"]);
  const events = (await s.events()).filter((event) => "subject" in event && event.subject.startsWith("web/0: processes"));
  assert.deepEqual(
    events.map(({ type }) => type),
    ["problem", "recovered"],
  );
});
