import assert from "node:assert/strict";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { track } from "../support/cleanup.ts";
import { needsProgram } from "../support/needs.ts";
import { inspect, isAlive, readList } from "../support/process.ts";
import { cli, cliArgv, root, run } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { daemonized, stopped } from "./daemons.ts";

test("A shell script with a #! line is a daemon under its own name.", async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  const path = script(dir, "job", 'echo "$$ in $PWD with $# arguments"; exec sleep 1000');
  const daemon = await daemonized(tracked, dir, [path]);
  await until("its word", () => daemon.log() === `${daemon.pid} in / with 0 arguments\n`);
  await until("exec of sleep", () => inspect(daemon.pid).name === "sleep");
  await stopped(daemon);
});

test("A relative path counts from the caller's directory, though the daemon runs in another.", async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  script(dir, "job", "exec sleep 1000");
  const { code, stdout, stderr } = await cli(["daemonize", "--print-pid", "--", "./job"], { cwd: dir });
  assert.deepEqual([code, stderr], [0, ""]);
  assert.equal(inspect(tracked.kill(Number(stdout))).cwd, "/");
});

test("Blanks, quotes, line ends, patterns and bytes that are no UTF-8 reach a script as they were typed.", async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  const path = script(dir, "a job's name", 'printf "<%s>\\n" "$@"; exec sleep 1000');
  const log = `${dir}/log`;
  const odd = [
    ["'two words'", "two words"],
    [`"it's"`, "it's"],
    [`'say "hi"'`, 'say "hi"'],
    ["''", ""],
    ["$'one\\ntwo'", "one\ntwo"],
    ["'*'", "*"],
    ["'$HOME `id`'", "$HOME `id`"],
    ["$'\\xff\\xfe\\x80'", "\xff\xfe\x80"],
    ["--", "--"],
    ["--stdout", "--stdout"],
  ] as const;
  const typed = odd.map(([word]) => word).join(" ");
  const shell = `exec "$@" daemonize --print-pid --stdout "$LOG" -- "$JOB" ${typed}`;
  const { code, stdout, stderr } = await run("bash", ["-c", shell, "bash", ...cliArgv([])], { env: { LOG: log, JOB: path } });
  assert.deepEqual([code, stderr], [0, ""]);
  tracked.kill(Number(stdout));
  const expected = odd.map(([, argument]) => `<${argument}>\n`).join("");
  await until("the arguments", () => readFileSync(log, "latin1") === expected);
});

test("A program and a working directory whose names are not UTF-8 are found.", { skip: needsProgram("bash") }, async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  const shell = `
    cd "$DIR" && mkdir $'bin\\xff' && printf '#!/bin/sh\\nexec sleep 1000\\n' > $'bin\\xff/job\\xfe' && chmod +x $'bin\\xff/job\\xfe'
    exec "$@" daemonize --print-pid -- $'./bin\\xff/job\\xfe'`;
  const { code, stdout, stderr } = await run("bash", ["-c", shell, "bash", ...cliArgv([])], { env: { DIR: dir } });
  assert.deepEqual([code, stderr], [0, ""]);
  const pid = tracked.kill(Number(stdout));
  await until("exec of sleep", () => readList(pid, "cmdline")[0]?.toString() === "sleep");
});

test("A script tells by systemd-notify(1) that it is ready, and the launcher waits for that.", {
  skip: needsProgram("systemd-notify"),
}, async (t) => {
  const tracked = track(t);
  const program = [join(root, "examples/notify.sh")];
  const daemon = await daemonized(tracked, tracked.dir(), program, ["--ready", "notify", "--env", "WARM_UP=1"]);
  assert.ok(inspect(daemon.pid).environ.some((entry) => entry.startsWith("NOTIFY_SOCKET=@")));
  await until("it to work", () => /\d/.test(daemon.log()));
  await stopped(daemon);
});

test("One that never says so is ended in time, and its last status is told.", { skip: needsProgram("systemd-notify") }, async (t) => {
  const tracked = track(t);
  const pidFile = tracked.killNamedIn(`${tracked.dir()}/pid`);
  const flags = ["--ready", "notify", "--timeout", "2s", "--pid-file", pidFile, "--env", "WARM_UP=1000"];
  const { code, stderr } = await cli(["daemonize", ...flags, "--", join(root, "examples/notify.sh")]);
  assert.equal(code, 75);
  assert.match(stderr, /^daemonitor: ready: notify\.sh \(\d+\) was not ready within 2 s and was ended; its last status: warming up/);
  const pid = Number(/\((\d+)\)/.exec(stderr)?.[1]);
  assert.ok(!isAlive(pid));
  // Its sleep is gone too, which would have held the lock: the next start gets it.
  assert.equal((await cli(["daemonize", "--pid-file", pidFile, "--", "true"])).code, 0);
});

function script(dir: string, name: string, body: string): string {
  const path = `${dir}/${name}`;
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}
