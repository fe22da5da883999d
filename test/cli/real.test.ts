/** The commands and the real supervisor, with real services. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { SupervisorStatus } from "../../src/supervisor/control.ts";
import { testHome } from "../api/treeFixture.ts";
import { track } from "../support/cleanup.ts";
import { isAlive } from "../support/process.ts";
import { cli } from "../support/run.ts";
import { until } from "../support/wait.ts";

const SERVER = 'require("node:http").createServer((_, answer) => answer.end("hi")).listen(0); setInterval(() => {}, 1000);';

interface Seen {
  readonly supervisor: SupervisorStatus;
  readonly services: readonly {
    readonly name: string;
    readonly instances: readonly { readonly state: string; readonly pid: number | null }[];
  }[];
}

test("start, status, why, stop and shutdown of a real service, over the death of the supervisor", async (t) => {
  const tracked = track(t);
  const { env } = testHome(tracked);
  const cwd = tracked.dir();
  writeFileSync(join(cwd, "server.cjs"), SERVER);
  writeFileSync(join(cwd, "bad.cjs"), 'console.log("last words"); process.exit(3);');
  const run = (...args: string[]) => cli(args, { env, cwd, timeout: 60_000 });
  const status = async (): Promise<Seen> => JSON.parse((await run("status", "--json")).stdout);

  const started = await run("start", "server.cjs", "-i", "2");
  assert.equal(started.code, 0, started.stderr);
  assert.match(started.stdout, /^server\/0 running \(pid \d+\) after .*\nserver\/1 running \(pid \d+\) after .*\n$/);
  const { supervisor, services } = await status();
  const pids = services[0]?.instances.map(({ pid }) => pid ?? 0) ?? [];
  assert.ok(pids.length === 2 && pids.every(isAlive), JSON.stringify(services));

  process.kill(supervisor.pid, "SIGKILL");
  const after = await status();
  assert.notEqual(after.supervisor.pid, supervisor.pid);
  assert.deepEqual(
    after.services[0]?.instances.map(({ pid }) => pid),
    pids,
  );

  assert.equal((await run("start", "bad.cjs", "--restart", "never", "--no-wait")).code, 0);
  await until("the failure", async () => (await status()).services[1]?.instances[0]?.state === "failed");
  assert.equal((await run("status")).code, 3);
  assert.match((await run("why", "bad")).stdout, /^bad\/0 failed at .*: exit status 3[\s\S]*\n {2}\| last words\n$/);

  const stopped = await run("stop", "all");
  assert.equal(stopped.code, 0, stopped.stderr);
  assert.match(stopped.stdout, /^server\/0 stopped after .*\nserver\/1 stopped after .*$/m);
  assert.ok(!pids.some(isAlive));
  const ended = await run("shutdown");
  assert.equal(ended.code, 0, ended.stderr);
  assert.equal((await run("status")).code, 3);
});

test("start tells of a program that ends in its first moments, as failed and with the reason", async (t) => {
  const tracked = track(t);
  const { env } = testHome(tracked);
  const cwd = tracked.dir();
  const start = (name: string, ...command: string[]) => cli(["start", "--name", name, "--", ...command], { env, cwd, timeout: 60_000 });
  const bad = await start("bad", "sh", "-c", "exit 3");
  assert.deepEqual([bad.code, bad.stdout], [1, ""]);
  assert.match(bad.stderr, /^bad\/0 .* after [^:]*: exit status 3,.*\n"daemonitor why bad" tells more\n$/);
  const missing = await start("gone", "no-such-program");
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /^gone\/0 backoff after [^:]*: exec no-such-program: No such file or directory/m);
  const background = await start("background", "sh", "-c", "sleep 1000 & exit 0");
  assert.match(
    background.stderr,
    /exit status 0[,;].*\n"daemonitor why background" tells more\nit ended without an error: .*"type: forking"/,
  );
});
