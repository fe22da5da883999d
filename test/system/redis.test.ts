import assert from "node:assert/strict";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { track } from "../support/cleanup.ts";
import { needsProgram } from "../support/needs.ts";
import { hasSignal, inspect } from "../support/process.ts";
import { cli } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { daemonized, stopped } from "./daemons.ts";
import { ask, freeAddress } from "./sockets.ts";

const skip = needsProgram("redis-server");

/** Persistent files in the directory, nothing that depends on the system's configuration. */
const redis = (dir: string, ...more: string[]) => ["redis-server", "--dir", dir, "--save", "", ...more];

test("Redis in the foreground is a daemon that answers on its port, logs to its file and stops by its pid file.", { skip }, async (t) => {
  const tracked = track(t);
  const { host, port } = await freeAddress();
  const daemon = await daemonized(tracked, tracked.dir(), redis("/", "--bind", host, "--port", String(port)));
  const ping = () => ask({ host, port }, "PING\r\n");
  assert.equal(await until("Redis to answer", ping), "+PONG\r\n");
  const { name, cwd, ttyNr, pgrp, sid, umask, fds } = inspect(daemon.pid);
  assert.deepEqual([name, cwd, ttyNr, umask], ["redis-server", "/", 0, 0]);
  assert.ok(pgrp !== daemon.pid && sid !== daemon.pid);
  assert.deepEqual([fds.get(0)?.target, fds.get(1)?.target, fds.get(2)?.target], ["/dev/null", daemon.logFile, daemon.logFile]);

  assert.ok(hasSignal(inspect(daemon.pid).sigIgn, "SIGHUP"));
  process.kill(daemon.pid, "SIGHUP");
  assert.equal(await ping(), "+PONG\r\n");

  await stopped(daemon);
  await assert.rejects(ping(), { code: "ECONNREFUSED" });
  assert.match(daemon.log(), /Ready to accept connections[\s\S]*bye bye/);
  assert.ok(!existsSync(daemon.pidFile));
});

test("With `--ready notify` the launcher ends only when Redis, under `--supervised systemd`, can be used.", { skip }, async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  const path = `${dir}/redis.sock`;
  const program = redis(dir, "--port", "0", "--unixsocket", path, "--supervised", "systemd");
  const first = await daemonized(tracked, dir, program, ["--ready", "notify"]);
  assert.equal(await ask({ path }, "PING\r\n"), "+PONG\r\n");

  // Redis listens before it has loaded its data, and says LOADING until then: only READY=1 tells.
  const fill = "for i = 1, 200000 do redis.call('set', 'key:' .. i, 'value ' .. i) end return 'filled'";
  assert.match(await ask({ path }, `EVAL "${fill}" 0\r\n`), /filled/);
  assert.equal(await ask({ path }, "SAVE\r\n"), "+OK\r\n");
  assert.ok(statSync(`${dir}/dump.rdb`).size > 1_000_000);
  await stopped(first);

  const second = await daemonized(tracked, dir, program, ["--ready", "notify"]);
  assert.equal(await ask({ path }, "DBSIZE\r\n"), ":200000\r\n");
  await stopped(second);
  assert.ok(!existsSync(path));
});

test("A wrong configuration makes the launcher fail at once, with Redis's last words.", { skip }, async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  writeFileSync(`${dir}/redis.conf`, "port 0\nno-such-directive yes\n");
  const pidFile = tracked.killNamedIn(`${dir}/pid`);
  const flags = ["--ready", "notify", "--timeout", "10min", "--pid-file", pidFile, "--stderr", `${dir}/log`];
  const { code, stdout, stderr } = await cli(["daemonize", ...flags, "--", "redis-server", `${dir}/redis.conf`, "--supervised", "systemd"]);
  assert.deepEqual([code, stdout], [69, ""]);
  const [line, ...words] = stderr.trimEnd().split("\n");
  assert.match(line ?? "", /^daemonitor: ready: redis-server \(\d+\) ended before it was ready: exit status 1$/);
  assert.ok(words.includes("  | >>> 'no-such-directive yes'"), stderr);
  assert.ok(!existsSync(pidFile));
});

test("Redis that can't listen is a failed start too, told from its log.", { skip }, async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  const pidFile = tracked.killNamedIn(`${dir}/pid`);
  const log = `${dir}/log`;
  const flags = ["--ready", "notify", "--timeout", "10min", "--pid-file", pidFile, "--stdout", log, "--stderr", log];
  const program = redis(dir, "--port", "0", "--unixsocket", `${dir}/missing/redis.sock`, "--supervised", "systemd");
  const { code, stderr } = await cli(["daemonize", ...flags, "--", ...program]);
  assert.equal(code, 69);
  assert.match(stderr, /ended before it was ready: exit status 1[^\n]*\n[\s\S]*bind: No such file or directory/i);
  assert.ok(!existsSync(pidFile));
});
