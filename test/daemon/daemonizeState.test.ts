import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { daemonize } from "../../src/index.ts";
import { track } from "../support/cleanup.ts";
import { isAlive } from "../support/process.ts";
import { cliArgv, run } from "../support/run.ts";
import { startedUnder } from "../support/startedUnder.ts";
import { atRest } from "./atRest.ts";
import { CALLERS } from "./callers.ts";
import { assertClassic } from "./classicState.ts";

for (const [who, under] of CALLERS) {
  test(`${who} gets a program that is a daemon as in the recipe`, async (t) => {
    const tracked = track(t);
    const pidFile = tracked.killNamedIn(`${tracked.dir()}/pid`);
    const [file, ...args] = startedUnder(under, cliArgv(["daemonize", "--pid-file", pidFile, "--", "sleep", "1000"]));
    const launcher = await run(file, args);
    assert.deepEqual([launcher.code, launcher.stdout, launcher.stderr], [0, "", ""]);
    const daemon = await atRest(pidIn(pidFile));
    assertClassic(daemon, { others: [pidFile] });
    assert.deepEqual(daemon.cmdline, ["sleep", "1000"]);
    assert.ok(!isAlive(launcher.pid));
  });
}

test("without a pid file, a program has descriptors 0 to 2 and no other", async (t) => {
  const tracked = track(t);
  const daemon = await atRest(tracked.kill(await daemonize("sleep", ["1000"])));
  assertClassic(daemon);
  assert.deepEqual([...daemon.fds.keys()], [0, 1, 2]);
});

test("with hangup: default, a program ignores no signal", async (t) => {
  assertClassic(await atRest(track(t).kill(await daemonize("sleep", ["1000"], { hangup: "default" }))), { ignored: [] });
});

function pidIn(path: string): number {
  return Number(readFileSync(path, "utf8"));
}
