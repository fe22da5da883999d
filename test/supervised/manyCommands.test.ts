import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { treeOf } from "../fixtures/supervised2/tree.ts";
import { killTree } from "../support/killTree.ts";
import { supervised } from "../support/supervised.ts";

const COMMANDS = 50;

test(`${COMMANDS} commands at once on an empty home start one supervisor, and all succeed`, async (t) => {
  const s = await supervised(t, { start: false });
  const names = Array.from({ length: COMMANDS }, (_, number) => `nap-${number}`);
  const results = await Promise.all(names.map((name) => s.command(["start", "--name", name, "--", "sleep", "1000"], { timeout: 180_000 })));
  assert.deepEqual(
    results.filter(({ code }) => code !== 0).map(({ stderr }) => stderr),
    [],
  );
  const { services, running, init } = await s.about();
  assert.deepEqual([services, running, init.supervisors], [COMMANDS, COMMANDS, 1]);
  assert.equal(s.processes().length, COMMANDS);
  const { supervisors, inits } = treeOf(s);
  assert.deepEqual([supervisors.length, inits], [1, [init.pid]]);
  const started = (await s.events()).filter((event) => event.type === "supervisor" && event.what === "started");
  assert.equal(started.length, 1);
  assert.equal(readFileSync(join(s.home.log, "supervisor.log"), "utf8"), "");
});

test("commands that come while the supervisor is started again wait, and succeed", async (t) => {
  const s = await supervised(t);
  await s.apply({ nap: { command: ["sleep", "1000"] }, ends: { command: ["sleep", "1000"] }, steady: { command: ["sleep", "1000"] } });
  for (const victim of ["supervisor", "init"] as const) {
    const commands: Promise<{ readonly code: number | null; readonly stderr: string }>[] = [];
    await killTree(s, victim, () => {
      const options = { timeout: 120_000 };
      commands.push(
        s.command(["status", "steady"], options),
        s.command(["start", "--name", `after-${victim}`, "--", "sleep", "1000"], options),
      );
      commands.push(s.command(["restart", "nap"], options), s.command(["stop", "ends"], options), s.command(["why", "nap"], options));
    });
    for (const { code, stderr } of await Promise.all(commands))
      assert.deepEqual([code, stderr.includes("daemonitor:")], [0, false], stderr);
    const status = await s.status(`after-${victim}/0`);
    assert.equal(status.state, "running");
    await s.client.act({ selector: "ends", action: "start" });
  }
});
