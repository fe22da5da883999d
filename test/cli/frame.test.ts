import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { commands } from "../../src/cli/commands.ts";
import { track } from "../support/cleanup.ts";
import { onTerminal } from "../support/pty.ts";
import { cli, cliArgv, root, run } from "../support/run.ts";

const names = Object.keys(commands);

test("--help, -h, help and no command at all show every command", async () => {
  const [first, ...others] = await Promise.all([["--help"], ["-h"], ["help"], []].map((args) => cli(args)));
  assert.equal(first?.code, 0);
  assert.equal(first?.stderr, "");
  for (const name of names) assert.match(first?.stdout ?? "", new RegExp(`^  ${name} +\\S`, "m"));
  for (const other of others) assert.equal(other.stdout, first?.stdout);
});

for (const name of names) {
  test(`help ${name} shows its usage, every flag and an example`, async () => {
    const command = await commands[name]?.load();
    const [before, after] = await Promise.all([cli(["help", name]), cli([name, "--help"])]);
    assert.equal(before.code, 0);
    assert.equal(before.stdout, after.stdout);
    assert.match(before.stdout, new RegExp(`^Usage:\n  daemonitor ${name} `, "m"));
    for (const flag of Object.keys(command?.flags ?? {})) assert.match(before.stdout, new RegExp(`--${flag}\\b`));
    assert.match(before.stdout, new RegExp(`^Examples:\n  # .+\n  .*daemonitor ${name}`, "m"));
  });
}

test("each command's summary is the one in the overview", async () => {
  for (const [name, { summary, load }] of Object.entries(commands)) assert.equal((await load()).summary, summary, name);
});

for (const [alias, name] of [
  ["ls", "status"],
  ["list", "status"],
  ["show", "describe"],
] as const) {
  test(`${alias} is ${name}, and is not listed`, async () => {
    const [one, other, all] = await Promise.all([cli(["help", alias]), cli(["help", name]), cli(["--help"])]);
    assert.deepEqual([one.code, one.stdout], [0, other.stdout]);
    assert.doesNotMatch(all.stdout, new RegExp(`^  ${alias} `, "m"));
  });
}

test("the overview groups the commands, and fits on a narrow terminal", async (t) => {
  const { stdout } = await cli(["--help"]);
  assert.match(stdout, /^Services, .*:\n {2}start /m);
  assert.match(stdout, /^Daemons, .*:\n {2}daemonize /m);
  const terminal = onTerminal(["sh", "-c", 'stty cols 72; exec "$@"', "sh", ...cliArgv(["help", "start"])], {
    env: { TERM: "xterm", NO_COLOR: "1" },
  });
  track(t).defer(() => terminal.close());
  assert.equal(await terminal.exited, 0);
  const prose = terminal
    .output()
    .split("\r\n")
    .filter((line) => !/^ {2}(?:daemonitor|#) /.test(line));
  assert.deepEqual(
    prose.filter((line) => line.length > 72),
    [],
  );
});

test("the help of a command is shown whatever else is on the line", async () => {
  const { code, stdout } = await cli(["stop", "one", "two", "--help"]);
  assert.equal(code, 0);
  assert.match(stdout, /^daemonitor stop:/);
});

test("--version is the package's", async () => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const flag of ["--version", "-V"]) {
    const { code, stdout } = await cli([flag]);
    assert.deepEqual([code, stdout], [0, `daemonitor ${version}\n`]);
  }
});

const mistakes: readonly (readonly [readonly string[], RegExp])[] = [
  [["demonize"], /unknown command "demonize": did you mean daemonize\?$/],
  [["frobnicate"], /unknown command "frobnicate"; see "daemonitor --help"$/],
  [["constructor"], /unknown command "constructor"/],
  [["--hepl"], /unknown flag --hepl: did you mean --help\?$/],
  [["help", "stpo"], /unknown command "stpo": did you mean stop\?$/],
  [[""], /unknown command ""/],
  [["daemonize"], /daemonize: no command is given; see "daemonitor daemonize --help"$/],
  [["daemonize", "--"], /daemonize: no command is given/],
  [["daemonize", "--pidfile", "x", "--", "true"], /daemonize: unknown flag --pidfile: did you mean --pid-file\?/],
  [["daemonize", "--umask", "9", "--", "true"], /--umask: "9" is not an octal mode/],
  [["daemonize", "--", ""], /command: the command is empty$/],
  [["stop"], /stop: no service is named, and no supervisor runs; see "daemonitor stop --help"$/],
  [["stop", "--signal", "HUP", "web"], /stop: --signal is for --pid-file/],
  [["stop", "--pid-file", "/x", "web"], /stop: unexpected argument "web": --pid-file names the daemon already/],
  [["stop", "--pid-file", "/x", "--no-wait"], /stop: --no-wait is for services, not for a pid file$/],
  [["stop", "--pid-file", ""], /stop: --pid-file needs the path of a file/],
  [["signal"], /signal: no service is named/],
  [["signal", "--pid-file", "/x", "--all", "HUP"], /signal: --all is for services/],
  [["signal", "web"], /signal: no signal is named: "daemonitor signal HUP web"/],
  [["scale", "web"], /scale: how many instances\? "daemonitor scale web 3"/],
  [["scale", "web", "many"], /scale: "many" is not a number of instances/],
  [["restart", "web", "--no-wait", "--timeout", "1s"], /--no-wait and --timeout contradict each other/],
  [["restart", "web", "--timeout", "x"], /--timeout: "x" is not a duration/],
  [["events", "--after", "x"], /--after: "x" is not the number of an event/],
  [["events", "-n", "few"], /--lines: "few" is not a number of events/],
  [["apply", "file.yaml"], /apply: unexpected argument "file.yaml"/],
  [["start"], /start: nothing is named: a script, a configuration, a service, or "-- command"/],
  [["start", "--env", "X", "--", "true"], /--env: write NAME=VALUE/],
  [["start", "--ready", "port=x", "--", "true"], /^daemonitor: --ready: "x" is not a port/],
  [["start", "--name", "a/b", "--", "true"], /^daemonitor: --name: the name "a\/b" has a "\/" in it/],
  [["start", "-i", "many", "--", "true"], /^daemonitor: --instances: "many" is not/],
  [["signal", "--pid-file", "/x"], /signal: no signal is named/],
  [["signal", "--pid-file", "/x", "HUPP"], /--signal: "HUPP" is not a signal: did you mean SIGHUP\?$/],
  [["signal", "--pid-file", "/x", "--signal", "HUP", "TERM"], /signal: the signal is named twice/],
  [["stop", "--pid-file"], /--pid-file needs a value: --pid-file FILE$/],
  [["stop", "--pid-file", "/x", "--timeout", "-1"], /--timeout: "-1" is not a duration/],
  [["daemonize", "--core", "--no-core", "--", "true"], /--core and --no-core contradict each other/],
  [["status", "--pid-file", "/x", "more"], /status: unexpected argument "more"/],
  [["status", "--watch", "1ms"], /status: --watch needs an interval of 0.1 s or more/],
];

for (const [args, message] of mistakes) {
  test(`daemonitor ${args.join(" ")}: one line, exit code 64`, async () => {
    const { code, stdout, stderr } = await cli(args, { env: { DAEMONITOR_HOME: "/nonexistent" } });
    assert.equal(code, 64, stderr);
    assert.equal(stdout, "");
    const [line, ...rest] = stderr.split("\n");
    assert.deepEqual(rest, [""]);
    assert.match(line ?? "", /^daemonitor: /);
    assert.match(line ?? "", message);
  });
}

test("with --json a mistake is JSON on standard output, and nothing else is written", async () => {
  const { code, stdout, stderr } = await cli(["stop", "--json", "--timeot", "1"]);
  assert.equal(code, 64);
  assert.equal(stderr, "");
  const { error } = JSON.parse(stdout);
  assert.equal(error.code, "ERR_OPTION");
  assert.equal(error.exitCode, 64);
  assert.match(error.message, /did you mean --timeout/);
});

test("a program's own --json is not ours", async () => {
  const { code, stdout, stderr } = await cli(["daemonize", "--umask", "9", "--", "true", "--json"]);
  assert.deepEqual([code, stdout], [64, ""]);
  assert.match(stderr, /^daemonitor: --umask/);
});

test("a flag that is not UTF-8 is refused", async () => {
  const [node = "", main = ""] = cliArgv([]);
  const { code, stderr } = await run("bash", ["-c", `exec "$0" "$1" daemonize --cwd $'/\\xff' -- true`, node, main]);
  assert.equal(code, 64);
  assert.match(stderr, /^daemonitor: --cwd: .* is not valid UTF-8\n$/);
});

test("a reader that goes away is no failure", async () => {
  const { code, stderr } = await run("bash", ["-c", 'set -o pipefail; "$@" | true', "bash", ...cliArgv(["help", "daemonize"])]);
  assert.deepEqual([code, stderr], [0, ""]);
});

test("a closed standard output is no failure", async () => {
  const { code, stderr } = await run("bash", ["-c", 'exec "$@" >&-', "bash", ...cliArgv(["--help"])]);
  assert.deepEqual([code, stderr], [0, ""]);
});

test("headings are bold on a terminal, unless NO_COLOR is set", async (t) => {
  const shown = async (env: Record<string, string | undefined>) => {
    const terminal = onTerminal(cliArgv(["--help"]), { env: { TERM: "xterm", ...env } });
    track(t).defer(() => terminal.close());
    assert.equal(await terminal.exited, 0);
    return terminal.output();
  };
  assert.ok((await shown({ NO_COLOR: undefined })).includes("\u001b[1mUsage:\u001b[0m"));
  assert.ok(!(await shown({ NO_COLOR: "1" })).includes("\u001b["));
  assert.ok(!(await cli(["--help"])).stdout.includes("\u001b["));
});
