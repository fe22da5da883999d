/** Which files may be a daemon's standard output and error; those that may not are in failures.test.ts. */
import assert from "node:assert/strict";
import { chownSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { daemonize } from "../../src/index.ts";
import { track } from "../support/cleanup.ts";
import { needsRoot } from "../support/needs.ts";
import { inspect } from "../support/process.ts";
import { cliArgv, run } from "../support/run.ts";
import { startedUnder } from "../support/startedUnder.ts";
import { runFixture } from "./createDaemonFixture.ts";

for (const name of ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"]) {
  test(`in the foreground, ${name} is what the caller has there`, async () => {
    // Behind a pipe of the shell's: Node's own are sockets, which nobody can open.
    const argv = cliArgv(["daemonize", "--foreground", "--stdout", name, "--", "echo", "here"]);
    const { stdout, stderr } = await run("sh", ["-c", '"$@" | cat', "sh", ...argv]);
    assert.deepEqual([stdout, stderr], ["here\n", ""]);
  });
}

test("/dev/stderr is followed to a file, also one of a stranger's", async (t) => {
  const dir = track(t).dir();
  writeFileSync(`${dir}/file`, "");
  if (needsRoot === false) chownSync(`${dir}/file`, 61_001, 61_001);
  const script = 'file=$1; shift; exec "$@" 2>> "$file"';
  const argv = cliArgv(["daemonize", "--foreground", "--stderr", "/dev/stderr", "--", "sh", "-c", "echo error >&2"]);
  const { code } = await run("sh", ["-c", script, "sh", `${dir}/file`, ...argv]);
  assert.deepEqual([code, readFileSync(`${dir}/file`, "utf8")], [0, "error\n"]);
});

test("a kept descriptor can be named in /proc/self/fd", async (t) => {
  const tracked = track(t);
  const file = `${tracked.dir()}/kept`;
  writeFileSync(file, "");
  const flags = ["--print-pid", "--keep-fd", "37", "--stdout", "/proc/self/fd/37", "--umask", "027"];
  const [command, ...args] = startedUnder({ fds: { 37: file } }, cliArgv(["daemonize", ...flags, "--", "sleep", "1000"]));
  const { stdout, stderr } = await run(command, args);
  assert.match(stdout, /^\d+\n$/, stderr);
  assert.equal(inspect(tracked.kill(Number(stdout))).fds.get(1)?.target, file);
});

test("devices are taken as they are", async (t) => {
  const pid = track(t).kill(await daemonize("sleep", ["1000"], { stdout: "/dev/full", stderr: "/dev/null" }));
  const { fds } = inspect(pid);
  assert.deepEqual(
    [1, 2].map((fd) => fds.get(fd)?.target),
    ["/dev/full", "/dev/null"],
  );
});

test("a link on the way to a file is followed, and a new file has mode 0640 less the umask", async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  symlinkSync(dir, `${dir}/way`);
  tracked.kill(await daemonize("sleep", ["1000"], { stdout: `${dir}/way/log`, umask: 0o037 }));
  assert.equal(statSync(`${dir}/log`).mode & 0o777, 0o640);
});

for (const owner of [0, 61_000]) {
  test(`a log may belong to user ${owner} where the daemon is user 61000, and is emptied if so wished`, { skip: needsRoot }, async (t) => {
    const tracked = track(t);
    const log = `${tracked.dir()}/log`;
    writeFileSync(log, "before\n");
    chownSync(log, owner, owner);
    const identity = { user: 61_000, group: 61_000, groups: [] };
    tracked.kill(await daemonize("sleep", ["1000"], { ...identity, stdout: log, truncate: true }));
    assert.equal(statSync(log).size, 0);
  });
}

for (const how of [{}, { detach: false }]) {
  test(`createDaemon follows no link to a log either, with ${JSON.stringify(how)}`, async (t) => {
    const dir = track(t).dir();
    writeFileSync(`${dir}/file`, "kept");
    symlinkSync("file", `${dir}/link`);
    const { code, stderr } = await runFixture({ stdout: `${dir}/link`, truncate: true, errors: "exit", ...how });
    assert.equal(code, 73, stderr);
    assert.match(stderr, /^openAt .*\/link: .*\(ELOOP\); it is a symbolic link, .*: name the file that it leads to\n$/);
    assert.equal(readFileSync(`${dir}/file`, "utf8"), "kept");
  });
}
