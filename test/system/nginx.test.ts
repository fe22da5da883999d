import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { type Tracked, track } from "../support/cleanup.ts";
import { findProgram, needsProgram } from "../support/needs.ts";
import { hasSignal, inspect, isAlive } from "../support/process.ts";
import { cli } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { childrenOf, daemonized, type Started, stopped } from "./daemons.ts";
import { type Address, fetchOnce, freeAddress } from "./sockets.ts";

const skip = needsProgram("nginx");
const WORKERS = 2;

test("nginx in the foreground serves; its master is the daemon, its workers live under it.", { skip }, async (t) => {
  const { daemon, address } = await nginx(t);
  await until("nginx to serve", async () => (await fetchOnce(address, "/greeting")).body === "one");
  const workers = await until("the workers", () => workersOf(daemon));
  const master = inspect(daemon.pid);
  assert.deepEqual([master.name, master.ttyNr, master.fds.get(0)?.target], ["nginx", 0, "/dev/null"]);
  for (const worker of workers) assert.equal(inspect(worker).sid, master.sid);

  await stopped(daemon, ["--signal", "QUIT"]);
  assert.deepEqual(workers.filter(isAlive), []);
  assert.ok(!readdirSync(daemon.dir).includes("daemon.pid"));
  await assert.rejects(fetchOnce(address, "/greeting"), { code: "ECONNREFUSED" });
});

test("A daemon ignores SIGHUP, nginx handles it: `daemonitor signal … HUP` makes it read its configuration again.", { skip }, async (t) => {
  const { daemon, address, configure } = await nginx(t);
  await until("nginx to serve", async () => (await fetchOnce(address, "/greeting")).body === "one");
  const { sigIgn, sigCgt } = inspect(daemon.pid);
  assert.ok(hasSignal(sigCgt, "SIGHUP") && !hasSignal(sigIgn, "SIGHUP"));
  const before = await until("the workers", () => workersOf(daemon));

  configure("two");
  const { code, stdout } = await cli(["signal", "--pid-file", daemon.pidFile, "HUP"]);
  assert.deepEqual([code, stdout], [0, `sent SIGHUP to nginx (${daemon.pid})\n`]);
  await until("the new configuration", async () => (await fetchOnce(address, "/greeting")).body === "two");
  await until("new workers only", () => workersOf(daemon)?.every((worker) => !before.includes(worker)));
  assert.ok(isAlive(daemon.pid));
  await stopped(daemon, ["--signal", "QUIT"]);
});

test("`daemonitor stop --signal QUIT` waits while nginx answers what it was asked before.", { skip }, async (t) => {
  const { daemon, address } = await nginx(t);
  await until("nginx to serve", async () => (await fetchOnce(address, "/greeting")).body === "one");
  let begun = false;
  const download = fetchOnce(address, "/slow", () => {
    begun = true;
  });
  await until("the download to begin", () => begun);
  const [{ status, body }] = await Promise.all([download, stopped(daemon, ["--signal", "QUIT"])]);
  assert.deepEqual([status, body.length], [200, SLOW_BYTES]);
});

/** At the rate below this takes about 2 s. */
const SLOW_BYTES = 96 * 1024;

async function nginx(t: TestContext) {
  const tracked = track(t);
  const dir = tracked.dir();
  const address = await freeAddress();
  const configure = (greeting: string) => writeFileSync(`${dir}/nginx.conf`, configuration(dir, address, greeting));
  for (const name of ["html", "tmp"]) mkdirSync(`${dir}/${name}`);
  writeFileSync(`${dir}/html/slow`, "x".repeat(SLOW_BYTES));
  configure("one");
  return { daemon: await start(tracked, dir), address, configure };
}

function start(tracked: Tracked, dir: string): Promise<Started> {
  const program = [findProgram("nginx") ?? "nginx", "-p", dir, "-c", `${dir}/nginx.conf`, "-e", "stderr", "-g", "daemon off;"];
  return daemonized(tracked, dir, program, ["--umask", "022"]);
}

function workersOf({ pid }: Started): number[] | undefined {
  const workers = childrenOf(pid).filter((child) => inspect(child).cmdline[0]?.includes("worker process") === true);
  return workers.length === WORKERS ? workers : undefined;
}

function configuration(dir: string, { host, port }: Address, greeting: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${dir}/tmp/${name};`);
  return `
worker_processes ${WORKERS};
pid ${dir}/nginx.pid;
lock_file ${dir}/nginx.lock;
events { worker_connections 64; }
http {
  access_log off;
  ${temporary.join("\n  ")}
  server {
    listen ${host}:${port};
    root ${dir}/html;
    location = /greeting { return 200 "${greeting}"; }
    location = /slow { limit_rate 48k; }
  }
}
`;
}
