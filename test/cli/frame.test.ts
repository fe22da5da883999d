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
    assert.match(before.stdout, new RegExp(`^Examples:\n  # .+\n  daemonitor ${name}`, "m"));
  });
}

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
  [["stop"], /stop: --pid-file FILE is needed/],
  [["status"], /status: --pid-file FILE is needed/],
  [["signal", "HUP"], /signal: --pid-file FILE is needed/],
  [["signal", "--pid-file", "/x"], /signal: no signal is named/],
  [["signal", "--pid-file", "/x", "HUPP"], /--signal: "HUPP" is not a signal: did you mean SIGHUP\?$/],
  [["signal", "--pid-file", "/x", "--signal", "HUP", "TERM"], /signal: the signal is named twice/],
  [["stop", "--pid-file"], /--pid-file needs a value: --pid-file FILE$/],
  [["stop", "--pid-file", "/x", "--timeout", "-1"], /--timeout: "-1" is not a duration/],
  [["daemonize", "--core", "--no-core", "--", "true"], /--core and --no-core contradict each other/],
  [["status", "--pid-file", "/x", "more"], /status: unexpected argument "more"/],
];

for (const [args, message] of mistakes) {
  test(`daemonitor ${args.join(" ")}: one line, exit code 64`, async () => {
    const { code, stdout, stderr } = await cli(args);
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
