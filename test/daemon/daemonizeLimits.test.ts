import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { daemonize } from "../../src/index.ts";
import { track } from "../support/cleanup.ts";
import { inspect } from "../support/process.ts";
import { cliArgv, type RunOptions, run } from "../support/run.ts";
import { startedUnder } from "../support/startedUnder.ts";
import { atRest } from "./atRest.ts";
import { assertClassic, assertClassicNode } from "./classicState.ts";
import { fixtureArgv } from "./createDaemonFixture.ts";

const MILLION = 2 ** 20;
const raised = ["prlimit", `--nofile=${MILLION}:${MILLION}`];
const [tool = "", ...limit] = raised;
const needsMillion = spawnSync(tool, [...limit, "true"]).status === 0 ? false : "this user may not have 2^20 open files";

/** A daemon's limits of open files, as a command prints the daemon's pid. */
async function nofileOf(t: Parameters<typeof track>[0], argv: readonly string[], options?: RunOptions) {
  const [file = "", ...args] = argv;
  const { stdout, stderr } = await run(file, args, options);
  assert.match(stdout, /^\d+\n$/, stderr);
  return atRest(track(t).kill(Number(stdout)));
}

test("a caller with a soft limit of 2^20 descriptors gets a daemon with the same, and no descriptor", { skip: needsMillion }, async (t) => {
  const daemon = await nofileOf(t, [...raised, ...cliArgv(["daemonize", "--print-pid", "--", "sleep", "1000"])]);
  assertClassic(daemon, { limits: { ...inspect(process.pid).limits, nofile: [MILLION, MILLION] } });
});

test("a caller with a soft limit of 2^20 descriptors becomes a daemon with the same", { skip: needsMillion }, async (t) => {
  const tracked = track(t);
  const pidFile = tracked.killNamedIn(`${tracked.dir()}/pid`);
  const [file = "", ...args] = [...raised, ...fixtureArgv({ pidFile, exitLauncher: false })];
  const { stdout, stderr } = await run(file, args);
  assert.notEqual(stdout, "", stderr);
  assertClassicNode(inspect(tracked.kill(JSON.parse(stdout).pid)), {
    others: [pidFile],
    limits: { ...inspect(process.pid).limits, nofile: [MILLION, MILLION] },
  });
});

test("a shell's soft limit of descriptors is the daemon's, though Node raises its own in between", async (t) => {
  const command = cliArgv(["daemonize", "--print-pid", "--", "sleep", "1000"]).map((word) => `'${word}'`);
  const daemon = await nofileOf(t, ["sh", "-c", `ulimit -Sn 256; ulimit -Hn 1024; ${command.join(" ")}; :`]);
  assert.deepEqual(daemon.limits.nofile, [256, 1024]);
});

test("where the caller's limit can't be known, Node's stays: the hard one, or what was asked for", async (t) => {
  const nofile = [256, 1024] as const;
  const daemonizing = (...flags: string[]) =>
    startedUnder({ nofile }, cliArgv(["daemonize", "--print-pid", ...flags, "--", "sleep", "1000"]));
  assert.deepEqual((await nofileOf(t, daemonizing())).limits.nofile, [1024, 1024]);
  assert.deepEqual((await nofileOf(t, daemonizing("--limit", "nofile=256:1024"))).limits.nofile, nofile);
});

test("limits are set one by one; the others stay", async (t) => {
  const limits = { nofile: [100, 200], core: 0, fsize: "10MiB", nproc: [5000, 6000], stack: [4096 * 1024, 8192 * 1024] } as const;
  const tracked = track(t);
  const before = inspect(process.pid).limits;
  const daemon = await atRest(tracked.kill(await daemonize("sleep", ["1000"], { limits })));
  assert.deepEqual(daemon.limits, {
    ...before,
    nofile: [100, 200],
    core: [0, 0],
    fsize: [10 * 2 ** 20, 10 * 2 ** 20],
    nproc: [5000, 6000],
    stack: [4096 * 1024, 8192 * 1024],
  });
  assert.deepEqual(inspect(process.pid).limits, before, "the launcher's own limits stay");
});
