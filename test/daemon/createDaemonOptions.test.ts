import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { test } from "node:test";
import { track } from "../support/cleanup.ts";
import { readLimits } from "../support/limits.ts";
import { needsProgram } from "../support/needs.ts";
import { inspect, ioPriority, isAlive } from "../support/process.ts";
import { until } from "../support/wait.ts";
import { assertClassicNode } from "./classicState.ts";
import { launchFixture, runFixture } from "./createDaemonFixture.ts";

test("cwd is relative to the caller's directory, and so are the other paths", async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  tracked.killNamedIn(`${dir}/pid`);
  const { daemon } = await launchFixture(tracked, { cwd: ".", stderr: "err", pidFile: "./pid" }, { cwd: dir });
  assert.deepEqual([daemon.cwd, daemon.fds.get(2)?.target], [dir, `${dir}/err`]);
  assert.equal(Number(readFileSync(`${dir}/pid`, "utf8")), daemon.pid);
});

test("umask is the daemon's, as a number or in octal text, and that of the files that are created for it", async (t) => {
  const tracked = track(t);
  const [number, text] = [await launchFixture(tracked, { umask: 0o027 }), await launchFixture(tracked, { umask: "077" })];
  assert.deepEqual([number.daemon.umask, text.daemon.umask], [0o027, 0o077]);
  assert.deepEqual(
    [number, text].map(({ dir }) => statSync(`${dir}/out`).mode & 0o777),
    [0o640, 0o600],
  );
});

test("name is the process's title, for ps and for the daemon itself", async (t) => {
  const { daemon, printed } = await launchFixture(track(t), { name: "hello" });
  assert.deepEqual([printed.title, daemon.cmdline[0], daemon.name], ["hello", "hello", "hello"]);
});

test("hangup: ignore outlives SIGHUP, default doesn't, and a handler of the program's own is called", async (t) => {
  const tracked = track(t);
  const [ignoring, dying, handling] = await Promise.all([
    launchFixture(tracked),
    launchFixture(tracked, { hangup: "default" }),
    launchFixture(tracked, {}, { action: "handler" }),
  ]);
  await until("the handler", () => inspect(handling.daemon.pid).sigCgt & 1n);
  for (const { daemon } of [ignoring, dying, handling]) process.kill(daemon.pid, "SIGHUP");
  await until("the end of the one", () => !isAlive(dying.daemon.pid));
  await until("the handler's word", () => readFileSync(`${handling.dir}/out`, "utf8").endsWith("hung up\n"));
  assert.ok(isAlive(ignoring.daemon.pid) && isAlive(handling.daemon.pid));
});

test("priorities, limits and no-new-privileges are what was asked, and nothing else changes", {
  skip: needsProgram("ionice"),
}, async (t) => {
  const { daemon, dir } = await launchFixture(track(t), {
    nice: 7,
    ioPriority: "best-effort:6",
    oomScore: 500,
    noNewPrivileges: true,
    limits: { nofile: [512, 1024], fsize: "64MiB" },
  });
  assertClassicNode(daemon, {
    streams: ["/dev/null", `${dir}/out`, "/dev/null"],
    others: [`${dir}/pid`],
    nice: 7,
    oomScoreAdj: 500,
    noNewPrivs: true,
    // Node raises its own soft limit again.
    limits: { ...inspect(process.pid).limits, nofile: [1024, 1024], fsize: [64 * 2 ** 20, 64 * 2 ** 20] },
  });
  assert.equal(ioPriority(daemon.pid), "best-effort: prio 6");
});

test("coreDump: false is a limit of 0, and memory that belongs to root alone", async (t) => {
  const tracked = track(t);
  const pidFile = tracked.killNamedIn(`${tracked.dir()}/pid`);
  const { stdout, stderr } = await runFixture({ pidFile, coreDump: false, exitLauncher: false });
  assert.equal(stderr, "");
  const pid = tracked.kill(JSON.parse(stdout).pid);
  assert.deepEqual(readLimits(pid).core, [0, 0]);
  // As for a program that changed its user: proc_pid(5).
  assert.equal(statSync(`/proc/${pid}/environ`).uid, 0);
});

test("coreDump: true raises the limit to the hard one", async (t) => {
  const { daemon } = await launchFixture(track(t), { coreDump: true });
  const [, hard] = inspect(process.pid).limits.core ?? [];
  assert.deepEqual(daemon.limits.core, [hard, hard]);
});
