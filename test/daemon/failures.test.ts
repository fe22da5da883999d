import assert from "node:assert/strict";
import { chmodSync, chownSync, existsSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { DaemonError, type DaemonErrorFields, type DaemonizeOptions, daemonize, OptionError } from "../../src/index.ts";
import { track } from "../support/cleanup.ts";
import { isRoot, needsRoot, needsUnprivileged } from "../support/needs.ts";
import { allPids, readStat } from "../support/process.ts";
import { cli, run } from "../support/run.ts";
import { runFixture } from "./createDaemonFixture.ts";

interface Failure {
  readonly what: string;
  readonly file?: string;
  readonly args?: readonly string[];
  readonly options?: DaemonizeOptions;
  readonly flags?: readonly string[];
  readonly error: Partial<DaemonErrorFields>;
  /** The end of the line: what to do. */
  readonly hint?: RegExp;
  readonly skip?: string | false;
}

/** "%" is a directory of the test's own, prepared by {@link prepare}. */
const failures: readonly Failure[] = [
  {
    what: "a missing working directory",
    options: { cwd: "%/missing" },
    error: { step: "chdir", code: "ENOENT", errno: 2, subject: "%/missing", exitCode: 78 },
    hint: /create the directory/,
  },
  {
    what: "a working directory that is a file",
    options: { cwd: "%/plain" },
    error: { step: "chdir", code: "ENOTDIR", errno: 20, subject: "%/plain", exitCode: 78 },
  },
  {
    what: "a working directory that may not be entered",
    options: { cwd: "%/closed" },
    error: { step: "chdir", code: "EACCES", errno: 13, subject: "%/closed", exitCode: 77 },
    skip: needsUnprivileged,
  },
  {
    what: "a missing new root",
    options: { chroot: "%/missing" },
    error: { step: "chroot", code: "ENOENT", errno: 2, subject: "%/missing", exitCode: 78 },
    skip: needsRoot,
  },
  {
    what: "a new root without privileges",
    file: "/bin/sleep",
    options: { chroot: "%" },
    error: { step: "chroot", code: "EPERM", errno: 1, subject: "%", exitCode: 77 },
    hint: /run as root/,
    skip: needsUnprivileged,
  },
  {
    what: "an unreadable new root",
    options: { chroot: "%/closed" },
    error: { step: "chroot", code: "EACCES", errno: 13, subject: "%/closed", exitCode: 77 },
    skip: needsUnprivileged,
  },
  {
    what: "an unknown user",
    options: { user: "no-such-user" },
    error: { step: "user", code: "ERR_UNKNOWN_USER", errno: 2, subject: "no-such-user", exitCode: 78 },
    hint: /getent passwd/,
  },
  {
    what: "a user without an entry, and so without a group",
    options: { user: 59_999 },
    error: { step: "user", code: "ERR_UNKNOWN_USER", errno: 2, subject: "59999", exitCode: 78 },
    hint: /give a group/,
  },
  {
    what: "an unknown group",
    options: { group: "no-such-group" },
    error: { step: "group", code: "ERR_UNKNOWN_GROUP", errno: 2, subject: "no-such-group", exitCode: 78 },
  },
  {
    what: "another user without privileges",
    options: { user: "daemon", groups: [] },
    error: { step: "setGroups", code: "EPERM", errno: 1, exitCode: 77 },
    hint: /run as root/,
    skip: needsUnprivileged,
  },
  {
    what: "a log in a missing directory",
    options: { stdout: "%/missing/log" },
    error: { step: "openAt", code: "ENOENT", errno: 2, subject: "%/missing/log", exitCode: 73 },
  },
  {
    what: "a log that is a directory",
    options: { stderr: "%" },
    error: { step: "openAt", code: "EISDIR", errno: 21, subject: "%", exitCode: 73 },
  },
  {
    what: "a log that may not be written",
    options: { stdout: "%/readonly" },
    error: { step: "openAt", code: "EACCES", errno: 13, subject: "%/readonly", exitCode: 77 },
    skip: needsUnprivileged,
  },
  {
    what: "a log that is a symbolic link",
    options: { stdout: "%/link" },
    error: { step: "openAt", code: "ELOOP", errno: 40, subject: "%/link", exitCode: 73 },
    hint: /symbolic link, .*: name the file that it leads to/,
  },
  {
    what: "a log that is a symbolic link to nothing",
    options: { stderr: "%/dangling" },
    error: { step: "openAt", code: "ELOOP", errno: 40, subject: "%/dangling", exitCode: 73 },
  },
  {
    what: "a log that has another name",
    options: { stdout: "%/names", truncate: true },
    error: { step: "openAt", code: "EMLINK", errno: 31, subject: "%/names", exitCode: 73 },
    hint: /other names \(hard links\)/,
  },
  {
    what: "a log that is another user's",
    options: { stderr: "%/strange", user: 61_000, group: 61_000, truncate: true },
    error: { step: "openAt", code: "EPERM", errno: 1, subject: "%/strange", exitCode: 77 },
    hint: /another user's/,
    skip: needsRoot,
  },
  {
    what: "an input that is missing",
    options: { stdin: "%/missing" },
    error: { step: "openAt", code: "ENOENT", errno: 2, subject: "%/missing", exitCode: 73 },
  },
  {
    what: "a FIFO that nobody reads as output",
    options: { stdout: "%/fifo" },
    error: { step: "openAt", code: "ENXIO", errno: 6, subject: "%/fifo", exitCode: 73 },
    hint: /start its reader first/,
  },
  {
    what: "a missing program",
    file: "%/missing",
    error: { step: "exec", code: "ENOENT", errno: 2, subject: "%/missing", exitCode: 127 },
    hint: /check the name/,
  },
  {
    what: "a program that is in no directory of PATH",
    file: "no-such-program",
    error: { step: "exec", code: "ENOENT", errno: 2, subject: "no-such-program", exitCode: 127 },
    hint: /no directory of PATH/,
  },
  {
    what: "a program below a file",
    file: "%/plain/program",
    error: { step: "exec", code: "ENOTDIR", errno: 20, subject: "%/plain/program", exitCode: 127 },
  },
  {
    what: "a directory as program",
    file: "%",
    error: { step: "exec", code: "EACCES", errno: 13, subject: "%", exitCode: 126 },
    hint: /it is a directory/,
  },
  {
    what: "a program that is not executable",
    file: "%/plain",
    error: { step: "exec", code: "EACCES", errno: 13, subject: "%/plain", exitCode: 126 },
    hint: /chmod \+x/,
  },
  {
    what: "a text without an interpreter",
    file: "%/text",
    error: { step: "exec", code: "ENOEXEC", errno: 8, subject: "%/text", exitCode: 126 },
    hint: /#!\/bin\/sh/,
  },
  {
    what: "a script with a missing interpreter",
    file: "%/script",
    error: { step: "exec", code: "ENOENT", errno: 2, subject: "%/script", exitCode: 127 },
    hint: /its interpreter \/no\/such\/interpreter is missing/,
  },
  {
    what: "a limit above the hard one",
    options: { limits: { stack: [1024, 2048], core: 0 }, nice: -20 },
    error: { step: "nice", errno: 13, code: "EACCES", subject: "-20", exitCode: 77 },
    skip: needsUnprivileged,
  },
];

for (const { what, file = "sleep", args = ["1000"], options = {}, error, hint, skip = false } of failures) {
  test(`${what} is an error of the step ${error.step}, for the caller and as exit code ${error.exitCode}`, { skip }, async (t) => {
    const tracked = track(t);
    const dir = await prepare(tracked.dir());
    tracked.defer(() => chmodSync(`${dir}/closed`, 0o700));
    const here = <T>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll("%", dir)) as T;
    const before = childrenOf(process.pid);
    const failure = await refusal(here(file), args, { ...here(options), pidFile: `${dir}/pid` });
    assert.deepEqual(Object.fromEntries(Object.keys(error).map((key) => [key, failure[key as keyof DaemonError]])), here(error));
    assert.ok(failure.errno > 0 && failure.strerror !== "" && !failure.message.includes("\n"));
    assert.ok(failure.message.startsWith(`${failure.step} ${failure.subject ?? ""}`), failure.message);
    if (hint !== undefined) assert.match(failure.message, hint);
    assert.deepEqual(childrenOf(process.pid), before, "no process is left");
    assert.ok(!existsSync(`${dir}/pid`), "no pid file is left");

    const flags = flagsOf(here(options));
    const { code, stdout, stderr } = await cli(["daemonize", "--pid-file", `${dir}/pid`, ...flags, "--", here(file), ...args]);
    assert.deepEqual([code, stdout, stderr], [error.exitCode, "", `daemonitor: ${failure.message}\n`]);
    assert.ok(!existsSync(`${dir}/pid`), "no pid file is left");
    assert.ok(!existsSync(`${dir}/nothing`), "nothing was created by way of a link");
    for (const file of ["names", "strange"]) assert.equal(readFileSync(`${dir}/${file}`, "utf8"), "kept");
  });
}

test("a list of arguments that is too long is E2BIG, exit code 126 where it comes from another program", async () => {
  const failure = await refusal("true", [`${"x".repeat(200_000)}`]);
  assert.deepEqual([failure.step, failure.code, failure.errno, failure.exitCode], ["exec", "E2BIG", 7, 126]);
  assert.match(failure.message, /^exec \S+\/true: Argument list too long \(E2BIG\); pass less on the command line/);
  const many = await refusal(
    "true",
    Array.from({ length: 200 }, () => "x".repeat(100_000)),
  );
  assert.equal(many.code, "E2BIG");
});

for (const [what, options, subject] of [
  ["a missing working directory", { cwd: "/no/such/directory" }, "/no/such/directory"],
  ["an unwritable log", { stdout: "/no/such/directory/log" }, "/no/such/directory/log"],
  ["an unknown user", { user: "no-such-user" }, "no-such-user"],
  ["a missing environment file", { envFile: "/no/such/file" }, "/no/such/file"],
] as const) {
  test(`${what} reaches the launcher of a Node daemon, and nothing is left`, async (t) => {
    const dir = track(t).dir();
    const { code, stdout, stderr } = await runFixture({ ...options, pidFile: `${dir}/pid`, errors: "exit" });
    assert.ok(code === 78 || code === 73 || code === 71, `exit code ${code}`);
    assert.deepEqual([stdout, stderr.trimEnd().split("\n").length], ["", 1]);
    assert.ok(stderr.includes(` ${subject}: `), stderr);
    assert.ok(!existsSync(`${dir}/pid`));
  });
}

test("descriptors that are not open, or no descriptors, are refused before anything starts", async () => {
  for (const options of [{ keepFds: [250] }, { stdout: 250 }, { keepFds: [1] }, { keepFds: [-1] }, { keepFds: [3.5] }]) {
    await assert.rejects(daemonize("true", [], options), OptionError);
  }
  const { code, stderr } = await cli(["daemonize", "--keep-fd", "250", "--", "true"]);
  assert.equal(code, 64);
  assert.match(stderr, /--keep-fd: descriptor 250 is not open\n$/);
});

async function refusal(file: string, args: readonly string[], options: DaemonizeOptions = {}): Promise<DaemonError> {
  try {
    const pid = await daemonize(file, args, options);
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (error instanceof DaemonError) return error;
    throw error;
  }
  throw new Error(`${file} was launched`);
}

async function prepare(dir: string): Promise<string> {
  writeFileSync(`${dir}/plain`, "", { mode: 0o644 });
  writeFileSync(`${dir}/readonly`, "", { mode: 0o444 });
  writeFileSync(`${dir}/names`, "kept", { mode: 0o644 });
  linkSync(`${dir}/names`, `${dir}/other`);
  symlinkSync("plain", `${dir}/link`);
  symlinkSync("nothing", `${dir}/dangling`);
  writeFileSync(`${dir}/strange`, "kept", { mode: 0o666 });
  if (isRoot) chownSync(`${dir}/strange`, 61_001, 61_001);
  writeFileSync(`${dir}/text`, "echo hello\n", { mode: 0o755 });
  writeFileSync(`${dir}/script`, "#!/no/such/interpreter -x\n", { mode: 0o755 });
  mkdirSync(`${dir}/closed/inner`, { recursive: true });
  chmodSync(`${dir}/closed`, 0);
  assert.equal((await run("mkfifo", [`${dir}/fifo`])).code, 0);
  return dir;
}

/** The command's flags for options that are one word each. */
function flagsOf(options: DaemonizeOptions): string[] {
  return Object.entries(options).flatMap(([name, value]) => {
    if (name === "limits") return [];
    return [`--${name}`, Array.isArray(value) ? value.join(",") : String(value)];
  });
}

/** Live or not: a child that was not reaped would be left behind too. */
function childrenOf(parent: number): number[] {
  return allPids().filter((pid) => {
    try {
      return readStat(pid).ppid === parent;
    } catch {
      return false;
    }
  });
}
