import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { type Tracked, track } from "../support/cleanup.ts";
import { inspect, readList } from "../support/process.ts";
import { run } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { fixtureArgv, launchFixture, type Printed } from "./createDaemonFixture.ts";

test("env, envFile and clearEnv make the environment of a Node daemon", async (t) => {
  const tracked = track(t);
  const envFile = `${tracked.dir()}/env`;
  writeFileSync(envFile, "FILE=1\nWON=file\n");
  const { printed } = await launchFixture(tracked, { clearEnv: true, envFile, env: { WON: "env", ABSENT: undefined } });
  const { PATH, ...rest } = printed.env;
  assert.deepEqual(rest, { FILE: "1", WON: "env" });
});

test("the daemon's children inherit no mark of the launch", async (t) => {
  const { printed } = await launchFixture(track(t), {}, { env: { KEPT: "1" } });
  assert.equal(printed.env.KEPT, "1");
  assert.deepEqual(
    Object.keys(printed.env).filter((name) => name.startsWith("DAEMONITOR_") && name !== "DAEMONITOR_TEST"),
    [],
  );
});

test("arguments and variables that are not UTF-8 survive byte for byte", async (t) => {
  const { pid } = await launchFrom(track(t), "export BYTES=$'\\xff\\xfe'; set -- \"$@\" $'\\xfe' '' 'é b'");
  assert.deepEqual(
    readList(pid, "cmdline")
      .slice(-3)
      .map((bytes) => bytes.toString("latin1")),
    ["\xfe", "", "\xc3\xa9 b"],
  );
  assert.ok(readList(pid, "environ").some((entry) => entry.toString("latin1") === "BYTES=\xff\xfe"));
});

test("what a service manager told the caller is the daemon's, under its own pid after both forks", async (t) => {
  const exports = "export LISTEN_PID=$$ WATCHDOG_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=http:admin WATCHDOG_USEC=5000000 NOTIFY_SOCKET=@nobody";
  const { pid, env } = await launchFrom(track(t), `exec 3</etc/hosts 4</etc/passwd 5</etc/group; ${exports}`);
  assert.deepEqual([env.LISTEN_PID, env.WATCHDOG_PID], [String(pid), String(pid)]);
  assert.deepEqual([env.LISTEN_FDS, env.LISTEN_FDNAMES, env.WATCHDOG_USEC, env.NOTIFY_SOCKET], ["2", "http:admin", "5000000", "@nobody"]);
  const targets = [...inspect(pid).fds.entries()].filter(([, { target }]) => target.startsWith("/etc/"));
  assert.deepEqual(targets.map(([fd, { target }]) => `${fd} ${target}`).sort(), ["3 /etc/hosts", "4 /etc/passwd"]);
});

test("what a service manager told another process stays as it is, and its descriptors are closed", async (t) => {
  const { pid, env } = await launchFrom(track(t), "exec 3</etc/hosts; export LISTEN_PID=1 WATCHDOG_PID=1 LISTEN_FDS=1");
  assert.deepEqual([env.LISTEN_PID, env.WATCHDOG_PID], ["1", "1"]);
  assert.ok(![...inspect(pid).fds.values()].some(({ target }) => target === "/etc/hosts"));
});

/** The fixture, launched from a shell that has run a script. */
async function launchFrom(tracked: Tracked, script: string): Promise<Printed> {
  const dir = tracked.dir();
  const options = { stdout: `${dir}/out`, pidFile: tracked.killNamedIn(`${dir}/pid`) };
  const { code, stderr } = await run("bash", ["-c", `set -e; ${script}; exec "$@"`, "bash", ...fixtureArgv(options)]);
  assert.equal(code, 0, stderr);
  return JSON.parse(await until("what the daemon prints", () => /^.*(?=\n)/.exec(readFileSync(`${dir}/out`, "utf8"))?.[0])) as Printed;
}
