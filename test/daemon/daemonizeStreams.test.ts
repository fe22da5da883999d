import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { daemonize } from "../../src/index.ts";
import { type Tracked, track } from "../support/cleanup.ts";
import { inspect } from "../support/process.ts";
import { cliArgv, run } from "../support/run.ts";
import { startedUnder } from "../support/startedUnder.ts";
import { until } from "../support/wait.ts";
import { atRest } from "./atRest.ts";

test("a program reads its input from a file, and appends to its log", async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  writeFileSync(`${dir}/in`, "input\n");
  writeFileSync(`${dir}/out`, "before\n");
  writeFileSync(`${dir}/err`, "before\n");
  const script = "cat; echo error >&2; kill -STOP $$";
  const pid = await daemonize("sh", ["-c", script], { stdin: `${dir}/in`, stdout: `${dir}/out`, stderr: `${dir}/err` });
  tracked.killSession(pid);
  await until("the program to be done", () => inspect(pid).state === "T");
  assert.equal(readFileSync(`${dir}/out`, "utf8"), "before\ninput\n");
  assert.equal(readFileSync(`${dir}/err`, "utf8"), "before\nerror\n");
});

test("truncate empties the logs first", async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  writeFileSync(`${dir}/out`, "before\n");
  writeFileSync(`${dir}/err`, "before\n");
  tracked.kill(await daemonize("sleep", ["1000"], { stdout: `${dir}/out`, stderr: `${dir}/err`, truncate: true }));
  assert.deepEqual([statSync(`${dir}/out`).size, statSync(`${dir}/err`).size], [0, 0]);
});

for (const truncate of [false, true]) {
  test(`one file for output and error holds both in order, with truncate: ${truncate}`, async (t) => {
    const tracked = track(t);
    const log = `${tracked.dir()}/log`;
    writeFileSync(log, "before\n");
    const script = "echo 1; echo 2 >&2; echo 3; echo 4 >&2; kill -STOP $$";
    const pid = tracked.killSession(await daemonize("sh", ["-c", script], { stdout: log, stderr: log, truncate }));
    await until("the program to be done", () => inspect(pid).state === "T");
    assert.equal(readFileSync(log, "utf8"), `${truncate ? "" : "before\n"}1\n2\n3\n4\n`);
  });
}

test("inherit leaves the caller's streams, and descriptors can be swapped", async (t) => {
  const tracked = track(t);
  for (const [flags, expected] of [
    [["--stdin", "inherit", "--stdout", "inherit", "--stderr", "inherit"], "in out err"],
    [["--stdout", "fd=2", "--stderr", "fd=1"], "null err out"],
    [["--stdin", "fd=0", "--stdout", "fd=1", "--stderr", "fd=1"], "in out out"],
    [["--stdout", "fd=2", "--stderr", "inherit"], "null err err"],
  ] as const) {
    const { fds } = await atRest(await launchOnFiles(tracked, flags));
    assert.equal([0, 1, 2].map((fd) => fds.get(fd)?.target.replace(/^.*\//, "")).join(" "), expected);
    assert.deepEqual([...fds.keys()].slice(3), [64], "only the pid file is open beside them");
  }
});

test("a stream can be any descriptor of the caller's; kept ones stay under their number, and only they", async (t) => {
  const under = { fds: { 5: "/etc/hosts", 37: "/dev/zero", 251: "/etc/passwd", 252: "/etc/group" } };
  const flags = ["--print-pid", "--stdin", "fd=251", "--keep-fd", "37", "--keep-fd", "252"];
  const [file, ...args] = startedUnder(under, cliArgv(["daemonize", ...flags, "--", "sleep", "1000"]));
  const { stdout, stderr } = await run(file, args);
  assert.match(stdout, /^\d+\n$/, stderr);
  const { fds } = await atRest(track(t).kill(Number(stdout)));
  assert.deepEqual(Object.fromEntries([...fds].map(([fd, { target }]) => [fd, target])), {
    0: "/etc/passwd",
    1: "/dev/null",
    2: "/dev/null",
    37: "/dev/zero",
    252: "/etc/group",
  });
});

test("a FIFO with a reader can be standard output", async (t) => {
  const tracked = track(t);
  const fifo = `${tracked.dir()}/fifo`;
  assert.equal((await run("mkfifo", [fifo])).code, 0);
  const reader = run("head", ["-n", "1", fifo]);
  // Until its reader has opened it, it is refused: see the tests of failures.
  const pid = await until("the reader to have opened it", () => daemonize("sh", ["-c", "echo line; exec sleep 1000"], { stdout: fifo }));
  tracked.kill(pid);
  assert.equal((await reader).stdout, "line\n");
  // Blocking, as a program expects it: O_NONBLOCK was for the open alone.
  assert.equal((inspect(pid).fds.get(1)?.flags ?? 0) & 0o4000, 0);
});

/** sleep(1) launched by the command with files as its three streams. */
async function launchOnFiles(tracked: Tracked, flags: readonly string[]): Promise<number> {
  const dir = tracked.dir();
  writeFileSync(`${dir}/in`, "");
  const stdio = [openSync(`${dir}/in`, "r"), openSync(`${dir}/out`, "w"), openSync(`${dir}/err`, "w")];
  try {
    const pidFile = tracked.killNamedIn(`${dir}/pid`);
    const [file = "", ...args] = cliArgv(["daemonize", "--pid-file", pidFile, ...flags, "--", "sleep", "1000"]);
    const { code } = await run(file, args, { stdio });
    assert.equal(code, 0, readFileSync(`${dir}/err`, "utf8"));
    return Number(readFileSync(pidFile, "utf8"));
  } finally {
    for (const fd of stdio) closeSync(fd);
  }
}
