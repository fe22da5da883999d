import assert from "node:assert/strict";
import { test } from "node:test";
import { track } from "../support/cleanup.ts";
import { isAlive } from "../support/process.ts";
import { CALLERS } from "./callers.ts";
import { assertClassicNode, IGNORED_BY_NODE } from "./classicState.ts";
import { launchFixture } from "./createDaemonFixture.ts";

for (const [who, under] of CALLERS) {
  test(`${who} gets a Node daemon as in the recipe`, async (t) => {
    const { launcher, daemon, printed, dir } = await launchFixture(track(t), {}, { under });
    assert.deepEqual([launcher.stdout, launcher.stderr], ["", ""]);
    assertClassicNode(daemon, { streams: ["/dev/null", `${dir}/out`, "/dev/null"], others: [`${dir}/pid`] });
    assert.deepEqual([printed.role, printed.rc, printed.pid], ["daemon", 0, daemon.pid]);
    assert.ok(!isAlive(launcher.pid));
  });
}

test("with hangup: default, a Node daemon doesn't ignore SIGHUP, also when its caller did", async (t) => {
  const { daemon, dir } = await launchFixture(track(t), { hangup: "default" }, { under: { ignored: ["SIGHUP"] } });
  assertClassicNode(daemon, {
    ignored: IGNORED_BY_NODE,
    streams: ["/dev/null", `${dir}/out`, "/dev/null"],
    others: [`${dir}/pid`],
  });
});
