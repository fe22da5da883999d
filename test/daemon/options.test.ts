import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { test } from "node:test";
import { deserialize } from "node:v8";
import { checkCreateDaemonOptions, checkDaemonizeOptions } from "../../src/daemon/options.ts";
import { CREATE_DAEMON_OPTIONS, DAEMONIZE_OPTIONS } from "../../src/daemon/optionTable.ts";
import { OptionError } from "../../src/launch/errors.ts";

const program = (options: unknown) => checkDaemonizeOptions("true", [], options);

test("without options, everything is as in the recipe", () => {
  const checked = checkCreateDaemonOptions(undefined);
  const devNull = { kind: "file", path: "/dev/null" };
  assert.deepEqual(
    {
      cwd: checked.cwd,
      umask: checked.umask,
      streams: [checked.stdin, checked.stdout, checked.stderr],
      keepFds: checked.keepFds,
      hangup: checked.hangup,
    },
    { cwd: "/", umask: 0, streams: [devNull, devNull, devNull], keepFds: [], hangup: "ignore" },
  );
  assert.deepEqual(
    {
      detach: checked.detach,
      ready: checked.ready,
      readyTimeout: checked.readyTimeout,
      errors: checked.errors,
      exitLauncher: checked.exitLauncher,
    },
    { detach: true, ready: "return", readyTimeout: 30_000, errors: "throw", exitLauncher: true },
  );
});

test("undefined is the same as leaving an option out", () => {
  for (const name of Object.keys(CREATE_DAEMON_OPTIONS)) {
    assert.deepEqual(checkCreateDaemonOptions({ [name]: undefined }), checkCreateDaemonOptions({}), name);
  }
});

test("relative paths start at the caller's current directory", () => {
  const { cwd, stdout, pidFile } = checkCreateDaemonOptions({ cwd: ".", stdout: "out.log", pidFile: "./a/../b.pid" });
  assert.equal(cwd, process.cwd());
  assert.deepEqual(stdout, { kind: "file", path: `${process.cwd()}/out.log` });
  assert.equal(pidFile, `${process.cwd()}/a/../b.pid`);
});

test("streams are files, descriptors, inherited or syslog", () => {
  const { stdin, stdout, stderr } = checkCreateDaemonOptions({ stdin: "inherit", stdout: 2, stderr: "syslog" });
  assert.deepEqual([stdin, stdout, stderr], [{ kind: "descriptor", fd: 0 }, { kind: "descriptor", fd: 2 }, { kind: "syslog" }]);
  assert.deepEqual(checkCreateDaemonOptions({ stdin: "./syslog" }).stdin, { kind: "file", path: `${process.cwd()}/syslog` });
});

test("kept descriptors are sorted, each once, and must be open", () => {
  const fds = [openSync("/dev/null", "r"), openSync("/dev/null", "r")] as const;
  try {
    const { keepFds } = checkCreateDaemonOptions({ keepFds: [fds[1], fds[0], fds[1]] });
    assert.deepEqual(
      keepFds,
      [...fds].sort((a, b) => a - b),
    );
  } finally {
    for (const fd of fds) closeSync(fd);
  }
  refused({ keepFds: [fds[0]] }, `option 'keepFds': descriptor ${fds[0]} is not open`);
  assert.deepEqual(checkCreateDaemonOptions({ keepFds: [fds[0]] }, { descriptors: false }).keepFds, [fds[0]]);
});

test("values are normalised", () => {
  const checked = program({
    umask: "0o027",
    readyTimeout: "1min",
    limits: { nofile: [10, "unlimited"], fsize: "1KiB" },
    user: "1000",
    groups: ["www-data", 7],
    env: { A: "1", B: undefined },
    ioPriority: "best-effort:2",
    ready: "fd",
  });
  assert.equal(checked.umask, 0o027);
  assert.equal(checked.readyTimeout, 60_000);
  assert.deepEqual(checked.limits, [
    [7, 10, -1],
    [1, 1024, 1024],
  ]);
  assert.equal(checked.user, 1000);
  assert.deepEqual(checked.groups, ["www-data", 7]);
  assert.deepEqual(checked.env, [
    ["A", "1"],
    ["B", undefined],
  ]);
  assert.deepEqual(checked.ioPriority, [2, 2]);
  assert.deepEqual(checked.ready, { on: "fd", fd: 3 });
});

test("0 and infinity wait for ever", () => {
  for (const readyTimeout of [0, "0", Number.POSITIVE_INFINITY, "infinity"]) assert.equal(program({ readyTimeout }).readyTimeout, -1);
});

test("state is serialised, whatever can be cloned", () => {
  const state = { when: new Date(0), list: new Map([[1, new Uint8Array([1, 2])]]) };
  const { state: bytes } = checkCreateDaemonOptions({ state });
  assert.deepEqual(deserialize(bytes ?? new Uint8Array()), state);
});

test("an unknown option is named, with the nearest one", () => {
  refused({ pidfile: "/x" }, "unknown option 'pidfile': did you mean 'pidFile'?");
  refused({ workdir: "/x" }, /^unknown option 'workdir': the options are cwd, umask/);
  refused({ constructor: 1 }, /^unknown option 'constructor'/);
  assert.throws(() => program({ exitLauncher: true }), { message: /^unknown option 'exitLauncher'/ });
  assert.throws(() => program({ state: 1 }), { message: /^unknown option 'state'/ });
});

test("options must be a plain object", () => {
  for (const bad of [null, [], "cwd", 1, () => {}, new Map()]) refused(bad, /^options: .* is not an object of options$/);
});

const illTyped: Readonly<Record<string, readonly unknown[]>> = {
  cwd: [1, "", "a\0b", null, "\ud800"],
  umask: ["9", 0o1000, -1, "u=rwx", null],
  stdin: ["syslog", "", -1, 1.5, true, 99_999],
  stdout: ["", "a\0", {}, 99_999],
  stderr: [[], null],
  truncate: ["yes", 1],
  keepFds: [[0], [2], [-1], [1.5], ["3"], 3, [99_999]],
  hangup: ["ignor", true],
  pidFile: ["", 1, "a\0"],
  name: ["", "a\nb", 1],
  user: ["", -1, 1.5, 2 ** 32 - 1, "4294967295", {}],
  group: ["", -1, null],
  groups: ["www-data", [""], [-1], [null]],
  chroot: ["", 1],
  env: [[], { "": "x" }, { "A=B": "x" }, { "A\0": "x" }, { A: 1 }, { A: "a\0b" }, { A: new Uint8Array([0]) }, new Map([["A", "1"]])],
  clearEnv: ["true", 0],
  envFile: [true, ""],
  limits: [{ nofil: 1 }, { nofile: -1 }, { nofile: [2, 1] }, { nofile: "1x" }, [], "nofile=1"],
  coreDump: ["unlimited", 0],
  nice: [20, -21, 1.5, "5", Number.NaN],
  ioPriority: ["best-effort:8", "idle:1", 3],
  oomScore: [1001, -1001, "0"],
  noNewPrivileges: [1],
  detach: ["yes", 0],
  readyTimeout: [-1, "30", "soon", Number.NaN, null],
};

const illTypedHere: Readonly<Record<string, readonly unknown[]>> = {
  ready: ["started", true, "manuel"],
  errors: ["trow", 1],
  exitLauncher: ["no"],
  state: [() => {}, Symbol("s")],
};

const illTypedThere: Readonly<Record<string, readonly unknown[]>> = {
  ready: ["return", "notfy", { fd: 2 }, { fd: 1024 }, { fd: "3" }, { fd: 3, more: 1 }, null, 3],
  signal: [{}, "SIGTERM"],
};

for (const [name, values] of Object.entries({ ...illTyped, ...illTypedHere })) {
  test(`createDaemon refuses an ill-typed ${name} in one line that names it`, () => {
    for (const value of values) refused({ [name]: value }, new RegExp(`^option '${name}': .+`));
  });
}

for (const [name, values] of Object.entries({ ...illTyped, ...illTypedThere })) {
  test(`daemonize refuses an ill-typed ${name} in one line that names it`, () => {
    for (const value of values) refusedBy(() => program({ [name]: value }), new RegExp(`^option '${name}': .+`));
  });
}

test("every option of the tables is tried with ill-typed values here", () => {
  assert.deepEqual(Object.keys({ ...illTyped, ...illTypedHere }).sort(), Object.keys(CREATE_DAEMON_OPTIONS).sort());
  assert.deepEqual(Object.keys({ ...illTyped, ...illTypedThere }).sort(), Object.keys(DAEMONIZE_OPTIONS).sort());
});

test("options that contradict each other are refused", () => {
  refused({ chroot: "/srv", cwd: "data" }, /^option 'cwd': "data" is relative, but it is looked up inside option 'chroot'/);
  refused({ truncate: true }, /^option 'truncate': neither option 'stdout' nor option 'stderr' is a file/);
  refused({ truncate: true, stdout: "inherit" }, /^option 'truncate'/);
  refused({ coreDump: false, limits: { core: 1 } }, /^option 'coreDump': option 'limits' sets core as well/);
  refused({ detach: false, exitLauncher: true }, /^option 'exitLauncher': there is no launcher/);
  refused({ detach: false, exitLauncher: false }, /^option 'exitLauncher': there is no launcher/);
  refusedBy(() => program({ detach: false, ready: "notify" }), /^option 'ready': nobody waits/);
  const fd = openSync("/dev/null", "r");
  try {
    refusedBy(() => program({ keepFds: [fd], ready: { fd } }), /^option 'ready': descriptor \d+ is kept open by option 'keepFds' as well/);
  } finally {
    closeSync(fd);
  }
});

test("options that only look contradictory are accepted", () => {
  checkCreateDaemonOptions({ detach: false, ready: "manual" });
  checkCreateDaemonOptions({ detach: "auto", exitLauncher: false });
  checkCreateDaemonOptions({ groups: [], group: 0 });
  checkCreateDaemonOptions({ truncate: true, stderr: "err.log" });
  checkCreateDaemonOptions({ chroot: "srv" });
  program({ detach: "auto", ready: "notify" });
});

test("a program is found relative to the caller, a bare name is left for PATH", () => {
  assert.equal(checkDaemonizeOptions("./bin/server", [], {}).file, `${process.cwd()}/bin/server`);
  assert.equal(checkDaemonizeOptions("server", [], {}).file, "server");
  const bytes = Buffer.from([0x61, 0x2f, 0xff]);
  assert.deepEqual(checkDaemonizeOptions(bytes, [], {}).file, Buffer.concat([Buffer.from(`${process.cwd()}/`), bytes]));
});

test("argv is kept as it was given, also where it is not UTF-8", () => {
  const bytes = Buffer.from([0xff, 0xfe]);
  assert.deepEqual(checkDaemonizeOptions("./a", ["-x", bytes, ""], undefined).argv, ["./a", "-x", bytes, ""]);
});

test("a program that can't be one is refused", () => {
  refusedBy(() => checkDaemonizeOptions("", [], {}), /^file: the command is empty$/);
  refusedBy(() => checkDaemonizeOptions(new Uint8Array(), [], {}), /^file: the command is empty$/);
  refusedBy(() => checkDaemonizeOptions("a\0b", [], {}), /^file: .* NUL byte/);
  refusedBy(() => checkDaemonizeOptions(undefined, [], {}), /^file: undefined is neither text nor bytes$/);
  refusedBy(() => checkDaemonizeOptions("a", ["x", 1], {}), /^args\[1\]: 1 is neither text nor bytes$/);
  refusedBy(() => checkDaemonizeOptions("a", ["x\0"], {}), /^args\[0\]: .* NUL byte/);
  refusedBy(() => checkDaemonizeOptions("a", { cwd: "/" }, {}), /^args: an object is not a list of arguments$/);
  refusedBy(() => checkDaemonizeOptions("bin/a", [], { chroot: "/srv" }), /^file: "bin\/a" is relative/);
});

function refused(options: unknown, message: string | RegExp): void {
  refusedBy(() => checkCreateDaemonOptions(options), message);
}

function refusedBy(fn: () => unknown, message: string | RegExp): void {
  assert.throws(fn, (error: unknown) => {
    assert.ok(error instanceof OptionError, String(error));
    assert.ok(error instanceof TypeError);
    assert.equal(error.exitCode, 64);
    if (typeof message === "string") assert.equal(error.message, message);
    else assert.match(error.message, message);
    assert.ok(!error.message.includes("\n"), "more than one line");
    return true;
  });
}
