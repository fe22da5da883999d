import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { isListening } from "../../src/api/connect.ts";
import { type TestHome, testHome } from "../api/treeFixture.ts";
import { track } from "../support/cleanup.ts";
import { inspect, isAlive } from "../support/process.ts";
import { cli, fixture, node24, run } from "../support/run.ts";
import { until } from "../support/wait.ts";

const TIMEOUT = { timeout: 60_000 };

const shutdown = ({ env }: TestHome, ...args: string[]) =>
  run(node24, [fixture("oneCommand.ts"), "shutdown", ...args], { env, ...TIMEOUT });

/** The pid of a service that has just been started. */
async function started({ env }: TestHome, ...command: string[]): Promise<number> {
  const { code, stderr } = await cli(["start", "--name", "web", "--", ...command], { env, ...TIMEOUT });
  assert.equal(code, 0, stderr);
  const { stdout } = await cli(["status", "--json"], { env, ...TIMEOUT });
  return JSON.parse(stdout).services[0].instances[0].pid;
}

test("where nothing runs there is nothing to end: 0", async (t) => {
  const here = testHome(track(t));
  const { code, stdout, stderr } = await shutdown(here);
  assert.deepEqual([code, stdout, stderr], [0, "no supervisor runs: there is nothing to end\n", ""]);
  assert.deepEqual(JSON.parse((await shutdown(here, "--json")).stdout), { wasRunning: false, instances: [] });
  assert.equal(existsSync(here.home.run), false);
});

test("shutdown ends the services and the tree, says so, and the next start can follow at once", async (t) => {
  const here = testHome(track(t));
  const pid = await started(here, "sleep", "1000");
  const { code, stdout, stderr } = await shutdown(here);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^web\/0 stopped after .*\nthe supervisor has ended\n$/);
  assert.deepEqual([isAlive(pid), existsSync(here.home.socket)], [false, false]);
  await until("the tree to end", () => here.processes().length === 0);
  const next = await started(here, "sleep", "1000");
  assert.equal(inspect(next).name, "sleep");
  await shutdown(here, "--quiet");
});

test("shutdown --force doesn't ask a service that would not end", async (t) => {
  const here = testHome(track(t));
  const pid = await started(here, "sh", "-c", "trap '' TERM; while :; do sleep 1; done");
  const { code, stdout, stderr } = await shutdown(here, "--force", "--json");
  assert.equal(code, 0, stderr);
  assert.equal(JSON.parse(stdout).wasRunning, true);
  assert.equal(isAlive(pid), false);
});

test("after a crash of init and supervisor the services are found, and ended", async (t) => {
  const here = testHome(track(t));
  const pid = await started(here, "sleep", "1000");
  // The supervisor first: it would answer the death of init with another tree.
  const tree = here.processes().filter((one) => one !== pid);
  for (const victim of tree.toSorted((one, other) => other - one)) process.kill(victim, "SIGKILL");
  await until("nobody to listen", () => !isListening(here.home));
  assert.equal(isAlive(pid), true, "the service goes on");
  const result = await shutdown(here);
  assert.equal(result.code, 0, result.stderr);
  assert.equal(isAlive(pid), false);
  await until("the tree to end", () => here.processes().length === 0);
});
