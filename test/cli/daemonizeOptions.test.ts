import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { test } from "node:test";
import { parse } from "../../src/cli/args.ts";
import { daemonizeCommand } from "../../src/cli/daemonize.ts";
import { DAEMONIZE_FLAGS } from "../../src/cli/daemonizeFlags.ts";
import { daemonizeOptions } from "../../src/cli/daemonizeOptions.ts";
import { inFlags } from "../../src/cli/optionNames.ts";
import { checkDaemonizeOptions } from "../../src/daemon/options.ts";
import { DAEMONIZE_OPTIONS } from "../../src/daemon/optionTable.ts";

test("without flags, everything is as the library has it", () => {
  assert.deepEqual(checked([]), checkDaemonizeOptions("true", [], {}));
});

test("every flag reaches its option", () => {
  const cases: readonly (readonly [readonly string[], object])[] = [
    [["--cwd", "/tmp"], { cwd: "/tmp" }],
    [["--umask", "027"], { umask: 0o027 }],
    [["--stdin", "fd=0"], { stdin: { kind: "descriptor", fd: 0 } }],
    [["--stdout", "/x/fd=1"], { stdout: { kind: "file", path: "/x/fd=1" } }],
    [["--stderr", "syslog"], { stderr: { kind: "syslog" } }],
    [["--truncate", "--stdout", "/x"], { truncate: true }],
    [["--append", "--stdout", "/x"], { truncate: false }],
    [["--pid-file", "/run/x.pid"], { pidFile: "/run/x.pid" }],
    [["--hangup", "default"], { hangup: "default" }],
    [["--user", "1000"], { user: 1000 }],
    [["--group", "www-data"], { group: "www-data" }],
    [["--groups", "a, 7"], { groups: ["a", 7] }],
    [["--groups", ""], { groups: [] }],
    [["--chroot", "/srv"], { chroot: "/srv" }],
    [["--clear-env"], { clearEnv: true }],
    [["--env-file", "/e"], { envFile: "/e" }],
    [
      ["--limit", "nofile=10:20", "--limit", "core=0:unlimited"],
      {
        limits: [
          [7, 10, 20],
          [4, 0, -1],
        ],
      },
    ],
    [["--core"], { coreDump: true }],
    [["--no-core"], { coreDump: false }],
    [["--nice", "-5"], { nice: -5 }],
    [["--io-priority", "idle"], { ioPriority: [3, 0] }],
    [["--oom-score", "-900"], { oomScore: -900 }],
    [["--no-new-privileges"], { noNewPrivileges: true }],
    [["--name", "web"], { name: "web" }],
    [["--ready", "notify"], { ready: { on: "notify" } }],
    [["--ready", "fd"], { ready: { on: "fd", fd: 3 } }],
    [["--ready", "fd=9"], { ready: { on: "fd", fd: 9 } }],
    [["--timeout", "2"], { readyTimeout: 2000 }],
    [["--timeout", "1min"], { readyTimeout: 60_000 }],
    [["--timeout", "0"], { readyTimeout: -1 }],
    [["--foreground"], { detach: false }],
  ];
  for (const [args, expected] of cases) {
    const options: object = checked(args);
    for (const [name, value] of Object.entries(expected)) assert.deepEqual(Reflect.get(options, name), value, args.join(" "));
  }
});

test("every option of the library but `signal` has a flag", () => {
  const reached = new Set(Object.values(DAEMONIZE_FLAGS).flatMap((flag) => ("option" in flag ? [flag.option] : [])));
  assert.deepEqual(
    [...reached].sort(),
    Object.keys(DAEMONIZE_OPTIONS)
      .filter((name) => name !== "signal")
      .sort(),
  );
});

test("--keep-fd may be repeated", (t) => {
  const fds = [openSync("/dev/null", "r"), openSync("/dev/null", "r")];
  t.after(() => {
    for (const fd of fds) closeSync(fd);
  });
  assert.deepEqual(checked(fds.flatMap((fd) => ["--keep-fd", String(fd)])).keepFds, fds);
});

test("--env sets a variable, or passes on the caller's", (t) => {
  process.env.DAEMONITOR_TEST_VALUE = "here";
  t.after(() => {
    delete process.env.DAEMONITOR_TEST_VALUE;
  });
  const { env } = checked(["--env", "A=b=c", "--env", "EMPTY=", "--env", "DAEMONITOR_TEST_VALUE", "--env", "DAEMONITOR_TEST_MISSING"]);
  assert.deepEqual(
    env.map(([name, value]) => [name, Buffer.from(value ?? "?").toString()]),
    [
      ["A", "b=c"],
      ["EMPTY", ""],
      ["DAEMONITOR_TEST_VALUE", "here"],
    ],
  );
});

test("--log-max-size is refused with the reason, and what to do instead", () => {
  const reason = /^daemonize: there is no --log-max-size: no process of ours is left that could rotate a log; for that run it as a service/;
  for (const args of [["--log-max-size", "10MB"], ["--log-max-size=10MB"]]) {
    assert.throws(() => parse(daemonizeCommand, [...args, "--", "true"]), { name: "OptionError", message: reason });
  }
});

test("mistakes are told in flags, not in options", () => {
  const cases: readonly (readonly [readonly string[], string | RegExp])[] = [
    [["--umask", "9"], '--umask: "9" is not an octal mode from 0 to 0777, such as "022" or 0o022'],
    [["--keep-fd", "1"], '--keep-fd: 1 is a standard descriptor: use --stdout with "inherit"'],
    [["--keep-fd", "99999"], "--keep-fd: descriptor 99999 is not open"],
    [["--keep-fd", "three"], '--keep-fd: "three" is not a whole number'],
    [["--nice", "20"], "--nice: 20 is not a whole number from -20 to 19"],
    [["--limit", "nofil=1"], '--limit: "nofil" is not a resource: did you mean "nofile"?'],
    [["--limit", "nofile=-1"], /^--limit: nofile is "-1" where a number from 0 up/],
    [["--core", "--limit", "core=1"], "--core: --limit sets core as well: use one of them"],
    [["--ready", "notfy"], '--ready: "notfy" is not "started" or "notify" or "fd": did you mean "notify"?'],
    [["--ready", "notify", "--foreground"], "--ready: nobody waits for the program with --foreground"],
    [["--timeout", "soon"], /^--timeout: "soon" is not a duration/],
    [["--env", "=x"], /^--env: "" can't be a variable's name/],
    [["--truncate"], "--truncate: neither --stdout nor --stderr is a file"],
    [["--append", "--truncate"], "--append and --truncate contradict each other: use one of them"],
    [["--core", "--no-core"], /^--core and --no-core contradict/],
    [["--foreground", "--print-pid"], /^--foreground and --print-pid contradict/],
    [["--cwd", "x", "--chroot", "/srv"], /^--cwd: "x" is relative, but it is looked up inside --chroot/],
    [["--user", ""], '--user: "" is not a name, nor a number from 0 to 4294967294'],
  ];
  for (const [args, message] of cases) {
    const error: unknown = errorOf(() => checked(args));
    assert.ok(error instanceof Error, args.join(" "));
    if (typeof message === "string") assert.equal(error.message, message);
    else assert.match(error.message, message);
  }
  assert.match(String(errorOf(() => checked([], ""))), /command: the command is empty/);
});

function checked(args: readonly string[], file = "true") {
  try {
    return checkDaemonizeOptions(file, [], daemonizeOptions(parse(daemonizeCommand, args)));
  } catch (error) {
    throw inFlags(error, DAEMONIZE_FLAGS);
  }
}

function errorOf(fn: () => unknown): unknown {
  try {
    fn();
  } catch (error) {
    return error;
  }
  return undefined;
}
