import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { track } from "../support/cleanup.ts";
import { needsProgram } from "../support/needs.ts";
import { hasSignal, inspect, isAlive } from "../support/process.ts";
import { cli } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { daemonized, stopped } from "./daemons.ts";
import { fetchOnce } from "./sockets.ts";

const skip = needsProgram("python3");

test("Python's http.server serves its working directory, logs, outlives a hangup and stops.", { skip }, async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  mkdirSync(`${dir}/site`);
  writeFileSync(`${dir}/site/page.txt`, "from a daemon\n");
  const program = ["python3", "-u", "-m", "http.server", "--bind", "127.0.0.1", "0"];
  const daemon = await daemonized(tracked, dir, program, ["--cwd", `${dir}/site`]);
  const port = Number(await until("the port in the log", () => /port (\d+)/.exec(daemon.log())?.[1]));
  const address = { host: "127.0.0.1", port };
  const page = () => fetchOnce(address, "/page.txt");
  assert.deepEqual(await page(), { status: 200, body: "from a daemon\n" });
  assert.match(daemon.log(), /"GET \/page\.txt HTTP\/1\.1" 200/);

  const { cwd, ttyNr, sigIgn } = inspect(daemon.pid);
  assert.deepEqual([cwd, ttyNr, hasSignal(sigIgn, "SIGHUP")], [`${dir}/site`, 0, true]);
  assert.equal((await cli(["signal", "--pid-file", daemon.pidFile, "HUP"])).code, 0);
  assert.equal((await page()).status, 200);

  const { code, stdout } = await cli(["status", "--pid-file", daemon.pidFile]);
  assert.equal(code, 0);
  assert.match(stdout, new RegExp(`^running: python3\\S* \\(${daemon.pid}\\) for `));
  await stopped(daemon);
  assert.ok(!existsSync(daemon.pidFile));
});

test("With `--hangup default` a hangup ends it, as it would without a daemon's habits.", { skip }, async (t) => {
  const tracked = track(t);
  const program = ["python3", "-u", "-m", "http.server", "--bind", "127.0.0.1", "0"];
  const daemon = await daemonized(tracked, tracked.dir(), program, ["--hangup", "default"]);
  await until("the server to run", () => /Serving HTTP/.test(daemon.log()));
  assert.equal((await cli(["signal", "--pid-file", daemon.pidFile, "HUP"])).code, 0);
  await until("the server's end", () => !isAlive(daemon.pid));
  assert.equal((await cli(["status", "--pid-file", daemon.pidFile])).code, 1);
});
