import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { track } from "../support/cleanup.ts";
import { inspect, isAlive, readList } from "../support/process.ts";
import { cli, cliArgv, run, start } from "../support/run.ts";
import { until } from "../support/wait.ts";

test("--print-pid prints the daemon's pid, and nothing else is printed", async (t) => {
  const tracked = track(t);
  const { code, stdout, stderr } = await cli(["daemonize", "--print-pid", "--", "sleep", "1000"]);
  assert.deepEqual([code, stderr], [0, ""]);
  const daemon = inspect(tracked.kill(Number(stdout)));
  assert.equal(daemon.name, "sleep");
  assert.deepEqual([daemon.cwd, daemon.umask, daemon.ttyNr], ["/", 0, 0]);
  assert.notEqual(daemon.pid, daemon.sid);
});

test("--json prints the pid as JSON; without either, nothing is printed", async (t) => {
  const tracked = track(t);
  const pidFile = tracked.killNamedIn(`${tracked.dir()}/pid`);
  const { stdout } = await cli(["daemonize", "--json", "--", "sleep", "1000"]);
  assert.equal(inspect(tracked.kill(JSON.parse(stdout).pid)).name, "sleep");
  const silent = await cli(["daemonize", "--pid-file", pidFile, "--", "sleep", "1000"]);
  assert.deepEqual([silent.code, silent.stdout, silent.stderr], [0, "", ""]);
});

test("arguments reach the program byte for byte, without -- too", async (t) => {
  const tracked = track(t);
  const script = 'exec "$@" daemonize --print-pid sh -c "sleep 1000; :" $\'\\xff\\xfe\' "" --print-pid $\'a\\xc3\\xa9\'';
  const { stdout, stderr } = await run("bash", ["-c", script, "bash", ...cliArgv([])]);
  const pid = tracked.kill(Number(stdout));
  assert.ok(pid > 0, stderr);
  tracked.killSession(pid);
  assert.deepEqual(
    readList(pid, "cmdline").map((bytes) => bytes.toString("latin1")),
    ["sh", "-c", "sleep 1000; :", "\xff\xfe", "", "--print-pid", "a\xc3\xa9"],
  );
});

test("--env passes on bytes, from the line and from the caller", async () => {
  const script = "export CALLERS=$'\\xfe'; exec \"$@\" daemonize --foreground --clear-env --env CALLERS --env LINE=$'\\xff' -- env";
  const { stdout, code } = await run("bash", ["-c", `${`(${script})`} | od -An -c`, "bash", ...cliArgv([])]);
  assert.equal(code, 0);
  const text = stdout.replaceAll(/\s+/g, "");
  assert.match(text, /CALLERS=376/);
  assert.match(text, /LINE=377/);
});

test("--foreground becomes the command: its output and exit status are the caller's", async () => {
  const { pid, code, stdout } = await cli(["daemonize", "--foreground", "--umask", "027", "--", "sh", "-c", "echo $$; umask; exit 7"]);
  assert.equal(code, 7);
  assert.equal(stdout, `${pid}\n0027\n`);
});

test("--dry-run prints the plan and starts nothing", async (t) => {
  const dir = track(t).dir();
  const args = ["daemonize", "--dry-run", "--pid-file", `${dir}/pid`, "--stdout", `${dir}/out`];
  const { code, stdout } = await cli([...args, "--", "touch", `${dir}/touched`]);
  assert.equal(code, 0);
  const ops = [...stdout.matchAll(/^ *\d+ {2}(\w+)\(/gm)].map(([, op]) => op);
  assert.deepEqual(ops.slice(0, 4), ["fork", "setsid", "ignoreSignal", "fork"]);
  assert.equal(ops.at(-1), "exec");
  const json = await cli([...args, "--json", "--", "touch", `${dir}/touched`]);
  assert.equal(JSON.parse(json.stdout).plan.length, ops.length);
  assert.deepEqual(
    ["pid", "out", "touched"].filter((name) => existsSync(`${dir}/${name}`)),
    [],
  );
});

const failures: readonly (readonly [string, readonly string[], number, RegExp])[] = [
  [
    "a missing command",
    ["--", "no-such-command-here"],
    127,
    /^daemonitor: exec no-such-command-here: No such file or directory \(ENOENT\)/,
  ],
  ["a directory as command", ["--", "/tmp"], 126, /^daemonitor: exec \/tmp: .*\(EACCES\)/],
  ["a missing directory", ["--cwd", "/no/such/dir", "--", "true"], 78, /^daemonitor: chdir \/no\/such\/dir: No such file or directory/],
  ["an unknown user", ["--user", "no-such-user", "--", "true"], 78, /^daemonitor: .*no-such-user/],
  ["a log that can't be written", ["--stdout", "/no/such/dir/log", "--", "true"], 73, /^daemonitor: .*\/no\/such\/dir\/log: No such file/],
];

for (const [what, args, expected, message] of failures) {
  test(`${what} is one line and exit code ${expected}, as text and as JSON`, async () => {
    const [text, json] = await Promise.all([cli(["daemonize", ...args]), cli(["daemonize", "--json", ...args])]);
    assert.match(text.stderr, message);
    assert.deepEqual([text.code, text.stdout, text.stderr.split("\n").length], [expected, "", 2]);
    assert.deepEqual([json.code, json.stderr], [expected, ""]);
    const { error } = JSON.parse(json.stdout);
    assert.equal(error.exitCode, expected);
    assert.ok(error.errno > 0 && error.strerror !== "" && error.code !== "" && error.step !== "", json.stdout);
    assert.equal(`daemonitor: ${error.message}\n`, text.stderr);
  });
}

test("a daemon that dies before it is ready: its last words follow, marked as its own", async (t) => {
  const log = `${track(t).dir()}/log`;
  const script = "echo first >&2; echo last >&2; exit 3";
  const { code, stderr } = await cli(["daemonize", "--ready", "notify", "--timeout", "1min", "--stderr", log, "--", "sh", "-c", script]);
  assert.equal(code, 69);
  const [line, ...words] = stderr.split("\n");
  assert.match(line ?? "", /^daemonitor: .* exit status 3/);
  assert.deepEqual(words, ["  | first", "  | last", ""]);
});

for (const [signal, expected] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  test(`${signal} while it waits ends the daemon and then the launcher, with ${expected}`, async (t) => {
    const tracked = track(t);
    const pidFile = tracked.killNamedIn(`${tracked.dir()}/pid`);
    const [node = "", ...args] = cliArgv([
      "daemonize",
      "--ready",
      "notify",
      "--timeout",
      "0",
      "--pid-file",
      pidFile,
      "--",
      "sleep",
      "1000",
    ]);
    const launcher = start(node, args);
    tracked.kill(launcher.pid ?? 0);
    let stderr = "";
    launcher.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const ended = new Promise<number | null>((resolve) => launcher.on("close", resolve));
    const pid = Number(await until("the pid file", () => readFileSync(pidFile, "utf8").trim()));
    launcher.kill(signal);
    assert.equal(await ended, expected);
    assert.match(stderr, new RegExp(`^daemonitor: ready: interrupted by ${signal} before the daemon was ready; it was ended`));
    await until("the daemon's end", () => !isAlive(pid));
    assert.ok(!existsSync(pidFile));
  });
}
