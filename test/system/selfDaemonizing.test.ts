import assert from "node:assert/strict";
import { readFileSync, readlinkSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { track } from "../support/cleanup.ts";
import { needsProgram } from "../support/needs.ts";
import { allPids, inspect, isAlive } from "../support/process.ts";
import { cli } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { ask } from "./sockets.ts";

const skip = needsProgram("redis-server");

test("A program that daemonizes itself leaves our pid file naming a dead process, but keeps its lock, and is named.", {
  skip,
}, async (t) => {
  const redis = backgroundRedis(t);
  const pidFile = `${redis.dir}/pid`;
  const { code, stdout } = await cli(["daemonize", "--umask", "022", "--print-pid", "--pid-file", pidFile, "--", ...redis.program]);
  assert.equal(code, 0);
  const first = Number(stdout);
  const real = await redis.running();
  await until("the first process to end", () => !isAlive(first));
  assert.notEqual(real, first);
  assert.equal(inspect(real).sid, real);

  for (const [command, ...rest] of [["stop"], ["status"], ["daemonize", "--", "true"]] as const) {
    const refused = await cli([command, "--pid-file", pidFile, ...rest]);
    assert.equal(refused.code, 75);
    assert.match(refused.stderr, new RegExp(`held by process ${real} \\(redis-server\\), which it doesn't name`));
  }
  assert.equal((await cli(["stop", "--pid-file", redis.pidFile])).code, 0);
  assert.ok(!isAlive(real));
  assert.equal((await cli(["status", "--pid-file", pidFile])).code, 1);
});

test("With --foreground its caller gets the exit status of the first process, and Redis lives on.", { skip }, async (t) => {
  const redis = backgroundRedis(t);
  const flags = ["--foreground", "--umask", "022"];
  const { code } = await cli(["daemonize", ...flags, "--", ...redis.program], { waitFor: "exit" });
  assert.equal(code, 0);
  const real = await redis.running();
  assert.equal((await cli(["stop", "--pid-file", redis.pidFile])).code, 0);
  assert.ok(!isAlive(real));
});

test("With `--ready notify` a first process that ends is a failed start.", { skip }, async (t) => {
  const redis = backgroundRedis(t);
  const { code, stderr } = await cli(["daemonize", "--ready", "notify", "--timeout", "10min", "--", ...redis.program]);
  assert.equal(code, 69);
  assert.match(stderr, /^daemonitor: ready: redis-server \(\d+\) ended before it was ready: exit status 0/);
});

/** Redis that goes to the background by itself. It runs in a directory of its own, by which it is found in the end. */
function backgroundRedis(t: TestContext) {
  const tracked = track(t);
  const dir = tracked.dir();
  const pidFile = `${dir}/redis.pid`;
  const path = `${dir}/redis.sock`;
  tracked.defer(() =>
    until("Redis to end", () => {
      const left = allPids().filter((pid) => directoryOf(pid) === dir && isAlive(pid));
      for (const pid of left) process.kill(pid, "SIGKILL");
      return left.length === 0;
    }),
  );
  const listen = ["--port", "0", "--unixsocket", path];
  return {
    dir,
    pidFile,
    program: ["redis-server", "--daemonize", "yes", ...listen, "--save", "", "--dir", dir, "--pidfile", pidFile],
    /** Resolves to the pid of the Redis that answers. */
    async running(): Promise<number> {
      await until("Redis to answer", async () => (await ask({ path }, "PING\r\n")) === "+PONG\r\n");
      return Number(await until("its own pid file", () => readFileSync(pidFile, "utf8").trim() || undefined));
    },
  };
}

function directoryOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}
