import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { test } from "node:test";
import { daemonize } from "../../src/index.ts";
import { track } from "../support/cleanup.ts";
import { needsProgram } from "../support/needs.ts";
import { inspect, ioPriority, isAlive, readList } from "../support/process.ts";
import { cli } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { atRest } from "./atRest.ts";
import { assertClassic } from "./classicState.ts";

test("all that can be asked for at once is what the program has", { skip: needsProgram("ionice") }, async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  const pid = await daemonize("sleep", ["1000"], {
    cwd: dir,
    umask: "027",
    stdout: `${dir}/log`,
    stderr: `${dir}/log`,
    hangup: "default",
    pidFile: `${dir}/pid`,
    nice: 5,
    ioPriority: "idle",
    oomScore: 300,
    noNewPrivileges: true,
    limits: { nofile: 333 },
    coreDump: false,
  });
  const daemon = await atRest(tracked.kill(pid));
  assertClassic(daemon, {
    cwd: dir,
    umask: 0o027,
    streams: ["/dev/null", `${dir}/log`, `${dir}/log`],
    ignored: [],
    others: [`${dir}/pid`],
    nice: 5,
    oomScoreAdj: 300,
    noNewPrivs: true,
    limits: { ...inspect(process.pid).limits, nofile: [333, 333], core: [0, 0] },
  });
  assert.equal(ioPriority(pid), "idle");
  assert.equal(Number(readFileSync(`${dir}/pid`, "utf8")), pid);
  assert.equal(statSync(`${dir}/log`).mode & 0o777, 0o640);
});

test("every flag of the command is the option of that name", { skip: needsProgram("ionice") }, async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  const pidFile = tracked.killNamedIn(`${dir}/pid`);
  const flags = ["--cwd", "..", "--umask", "027", "--stdout", "log", "--stderr", "log", "--hangup", "default", "--pid-file", "pid"];
  const more = ["--nice", "5", "--io-priority", "idle", "--oom-score", "300", "--no-new-privileges", "--limit", "nofile=333", "--no-core"];
  const { code, stderr } = await cli(["daemonize", ...flags, ...more, "--", "sleep", "1000"], { cwd: dir });
  assert.equal(code, 0, stderr);
  const daemon = await atRest(Number(readFileSync(pidFile, "utf8")));
  assertClassic(daemon, {
    cwd: dir.replace(/\/[^/]*$/, ""),
    umask: 0o027,
    streams: ["/dev/null", `${dir}/log`, `${dir}/log`],
    ignored: [],
    others: [pidFile],
    nice: 5,
    oomScoreAdj: 300,
    noNewPrivs: true,
    limits: { ...inspect(process.pid).limits, nofile: [333, 333], core: [0, 0] },
  });
  assert.equal(ioPriority(daemon.pid), "idle");
});

test("coreDump: true raises the limit to the hard one", async (t) => {
  const daemon = await atRest(track(t).kill(await daemonize("sleep", ["1000"], { coreDump: true })));
  const [, hard] = inspect(process.pid).limits.core ?? [];
  assert.deepEqual(daemon.limits.core, [hard, hard]);
});

test("a program outlives SIGHUP, but not with hangup: default", async (t) => {
  const tracked = track(t);
  const ignoring = tracked.kill(await daemonize("sleep", ["1000"]));
  const dying = tracked.kill(await daemonize("sleep", ["1000"], { hangup: "default" }));
  process.kill(ignoring, "SIGHUP");
  process.kill(dying, "SIGHUP");
  await until("the end of the one", () => !isAlive(dying));
  assert.ok(isAlive(ignoring));
});

test("file and arguments are handed over byte for byte", async (t) => {
  const bytes = [Buffer.from("--\xff\xfe", "latin1"), "é", "", "a b\tc\n"];
  const pid = track(t).killSession(await daemonize(Buffer.from("sh"), ["-c", "while :; do sleep 1000; done", ...bytes]));
  // Empty while the program is being loaded.
  const list = await until("the command line", () => readList(pid, "cmdline").length > 0 && readList(pid, "cmdline"));
  assert.deepEqual(
    list,
    ["sh", "-c", "while :; do sleep 1000; done", ...bytes].map((text) => Buffer.from(text)),
  );
});

test("a file with a slash in it is relative to the caller's directory, and argv[0] stays as it was written", async (t) => {
  const tracked = track(t);
  const { stdout, stderr } = await cli(["daemonize", "--print-pid", "--", "./sleep", "1000"], { cwd: "/bin" });
  assert.match(stdout, /^\d+\n$/, stderr);
  assert.deepEqual((await atRest(tracked.kill(Number(stdout)))).cmdline, ["./sleep", "1000"]);
});
