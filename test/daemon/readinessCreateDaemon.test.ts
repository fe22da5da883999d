import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { type Tracked, track } from "../support/cleanup.ts";
import { allPids, inspect, isAlive, readList } from "../support/process.ts";
import { node24, type RunResult, run } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { runFixture } from "./createDaemonFixture.ts";
import { writeProgram } from "./createDaemonProgram.ts";
import { told } from "./exitTold.ts";

test("the launcher ends when the daemon says that it is ready; its standard error is discarded from then on", async (t) => {
  const tracked = track(t);
  const pidFile = tracked.killNamedIn(`${tracked.dir()}/pid`);
  const { code, stdout, stderr } = await runFixture({ pidFile, ready: "manual" }, { action: "ready" });
  assert.deepEqual([code, stdout, stderr], [0, "", ""]);
  const pid = Number(readFileSync(pidFile, "utf8"));
  assert.ok(isAlive(pid));
  assert.equal(inspect(pid).fds.get(2)?.target, "/dev/null");
});

interface Ending {
  readonly action: string;
  readonly code: number;
  /** What the launcher says; PID stands for the daemon's pid. */
  readonly line: string;
  readonly words: string;
}

const endings: readonly Ending[] = [
  { action: "fail", code: 69, line: "ready: no database", words: "" },
  { action: "failedOpen", code: 69, line: "ready open: No such file or directory \\(ENOENT\\)", words: "" },
  { action: "exit=0", code: 69, line: `ready: daemon \\(PID\\) ended before it was ready: ${told("exit status 0")}`, words: "giving up\n" },
  { action: "exit=3", code: 69, line: `ready: daemon \\(PID\\) ended before it was ready: ${told("exit status 3")}`, words: "giving up\n" },
  {
    action: "kill",
    code: 69,
    line: `ready: daemon \\(PID\\) ended before it was ready: ${told("killed by SIGKILL")}`,
    words: "about to be killed\n",
  },
];

for (const { action, code, line, words } of endings) {
  test(`a daemon that does "${action}" before it is ready: exit code ${code} at once, and its last words`, async (t) => {
    const result = await failing(track(t), {}, action);
    assert.equal(result.code, code, result.stderr);
    assert.match(result.stderr, new RegExp(`^${line.replace("PID", "\\d+")}\n${words}$`));
  });

  test(`"${action}" with standard error in a file: the last words are in both places`, async (t) => {
    const tracked = track(t);
    const stderr = `${tracked.dir()}/err`;
    const result = await failing(tracked, { stderr }, action);
    assert.equal(result.code, code, result.stderr);
    // A log that the launch created and nobody wrote to goes with it.
    assert.equal(existsSync(stderr) ? readFileSync(stderr, "utf8") : undefined, words === "" ? undefined : words);
    assert.ok(result.stderr.endsWith(words));
  });
}

test("a daemon that crashes: the launcher shows what it said and its stack", async (t) => {
  const { code, stderr } = await failing(track(t), {}, "crash");
  assert.equal(code, 69);
  assert.match(
    stderr,
    new RegExp(`^ready: daemon \\(\\d+\\) ended before it was ready: ${told("exit status 1")}\nconnecting\nno database\n`),
  );
  assert.match(stderr, /Error: crashed on purpose\n {4}at /);
});

test("a program that crashes before it reaches createDaemon again", async (t) => {
  const program = writeProgram(
    track(t),
    `if (isDaemon()) throw new Error("only the second time");
    createDaemon({ errors: "exit", readyTimeout: "1min" });`,
  );
  const { code, stderr } = await run(node24, [program]);
  assert.equal(code, 69);
  assert.match(stderr, /Error: only the second time/);
});

test("lastWords of the error are the last 20 lines of 8 KiB, without those of earlier runs", async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  const program = writeProgram(
    tracked,
    `import { writeSync } from "node:fs";
    try {
      createDaemon({ stderr: ${JSON.stringify(`${dir}/err`)}, ready: "manual", readyTimeout: "1min" });
      writeSync(2, process.argv[2].repeat(Number(process.argv[3])));
      process.exit(1);
    } catch ({ code, lastWords }) {
      console.log(JSON.stringify({ code, lastWords }));
    }`,
  );
  const lastWords = async (text: string, count: number): Promise<string> => {
    const { stdout, stderr } = await run(node24, [program, text, String(count)]);
    assert.notEqual(stdout, "", stderr);
    const error = JSON.parse(stdout);
    assert.equal(error.code, "ERR_DAEMON_EXITED");
    return error.lastWords;
  };
  assert.equal(await lastWords("first\n", 50), "first\n".repeat(20).trimEnd());
  assert.equal(await lastWords("second\n", 3), "second\n".repeat(3).trimEnd());
  assert.equal((await lastWords("x", 20_000)).length, 8192);
});

// The stubborn one must have got as far as to be stubborn.
for (const [action, readyTimeout, time] of [
  ["stay", 500, "0\\.5 s"],
  ["stubborn", 6000, "6 s"],
] as const) {
  test(`a daemon that never reports (${action}) is ended at the timeout: exit code 75, nothing is left`, async (t) => {
    const tracked = track(t);
    const dir = tracked.dir();
    const options = { pidFile: `${dir}/pid`, ready: "manual", readyTimeout, errors: "exit" };
    const { code, stderr } = await runFixture(options, { action });
    assert.equal(code, 75);
    assert.match(stderr, new RegExp(`^ready: daemon \\(\\d+\\) was not ready within ${time} and was ended`));
    assert.equal(stderr.endsWith("never ready\n"), action === "stubborn", stderr);
    assertGone(`${dir}/pid`);
  });
}

test("errors: return gives a tuple for a daemon that died as well", async (t) => {
  const result = await failing(track(t), { errors: "return" }, "exit=0");
  assert.equal(result.code, 0);
  const [errno, strerror] = JSON.parse(result.stdout);
  assert.equal(errno, 10);
  assert.match(strerror, /ended before it was ready/);
});

test("a daemon whose launcher is gone when it gets ready goes on", async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  const pidFile = tracked.killNamedIn(`${dir}/pid`);
  const program = writeProgram(
    tracked,
    `import { existsSync, writeFileSync } from "node:fs";
    if (!isDaemon()) writeFileSync("launcher", String(process.pid));
    const daemon = createDaemon({ cwd: ".", pidFile: "pid", ready: "manual" });
    const timer = setInterval(() => {
      if (!existsSync("go")) return;
      daemon.ready();
      clearInterval(timer);
      writeFileSync("went", "");
      setInterval(() => {}, 60_000);
    }, 10);`,
  );
  const launched = run(node24, [program], { cwd: dir });
  await until("the daemon", () => readFileSync(pidFile, "utf8") !== "");
  process.kill(Number(readFileSync(`${dir}/launcher`, "utf8")), "SIGKILL");
  assert.equal((await launched).signal, "SIGKILL");
  writeFileSync(`${dir}/go`, "");
  await until("the daemon to go on", () => existsSync(`${dir}/went`));
  assert.ok(isAlive(Number(readFileSync(pidFile, "utf8"))));
});

/** A launch that must not come near its timeout. */
async function failing(tracked: Tracked, options: object, action: string): Promise<RunResult> {
  const pidFile = `${tracked.dir()}/pid`;
  const begin = performance.now();
  const result = await runFixture({ pidFile, ready: "manual", readyTimeout: "1min", errors: "exit", ...options }, { action });
  assert.ok(performance.now() - begin < 20_000, "it waited out the timeout");
  assertGone(pidFile);
  return result;
}

/** No process has a pid file's path in its arguments, as the fixture has. */
function assertGone(pidFile: string): void {
  assert.ok(!existsSync(pidFile));
  const left = allPids().filter((pid) => {
    try {
      return pid !== process.pid && isAlive(pid) && readList(pid, "cmdline").some((argument) => argument.includes(pidFile));
    } catch {
      return false;
    }
  });
  assert.deepEqual(left, []);
}
