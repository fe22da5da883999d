/** A supervisor that can't begin: the command says why, at once, and nothing stays behind. */
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, renameSync, rmdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { troubleFile } from "../../src/api/treeFiles.ts";
import { readTrouble } from "../../src/api/trouble.ts";
import { type TestHome, testHome } from "../api/treeFixture.ts";
import { track } from "../support/cleanup.ts";
import { needsAll, needsProgram, needsRoot } from "../support/needs.ts";
import { readList, readStat } from "../support/process.ts";
import { fixture, node24, type RunResult, run } from "../support/run.ts";
import { until } from "../support/wait.ts";

const START = ["start", "--name", "web", "--", "sleep", "1000"];

interface Broken extends TestHome {
  command(...args: string[]): Promise<RunResult>;
}

function broken(t: TestContext, harm: (home: TestHome["home"], dir: string) => void): Broken {
  const tracked = track(t);
  const made = testHome(tracked);
  mkdirSync(made.dir, { recursive: true });
  for (const directory of [made.home.run, made.home.state]) mkdirSync(directory, { mode: 0o700 });
  harm(made.home, tracked.dir());
  return { ...made, command: (...args) => run(node24, [fixture("oneCommand.ts"), ...args], { env: made.env, timeout: 60_000 }) };
}

async function assertNothing({ home, processes }: TestHome): Promise<void> {
  await until("the tree to end", () => processes().length === 0);
  assert.equal(existsSync(home.socket), false);
}

function supervisorOf({ processes }: TestHome): number {
  const [pid] = processes().filter((one) => {
    const words = readList(one, "cmdline").map(String);
    return !words[0]?.includes("daemonitor-init") && words.some((word) => word.endsWith("api/main.ts"));
  });
  if (pid === undefined) throw new Error("there is no supervisor");
  return pid;
}

test("a journal that is no file: the command names it and what to do, and the tree that was begun has ended", async (t) => {
  const home = broken(t, ({ journalFile }) => mkdirSync(journalFile));
  const { code, stderr } = await home.command(...START);
  const what = `daemonitor: journal ${home.home.journalFile}: is a directory, not a regular file; find out who put it there, and remove it\n`;
  assert.deepEqual([code, stderr], [77, what]);
  assert.equal(statSync(troubleFile(home.home)).mode & 0o777, 0o600);
  await assertNothing(home);
  const json = await home.command("start", "--json", "--name", "web", "--", "sleep", "1000");
  assert.deepEqual([json.code, JSON.parse(json.stdout || json.stderr).error.code], [77, "ERR_STATE_FILE"]);
});

test("a good start removes the record", async (t) => {
  const home = broken(t, ({ journalFile }) => mkdirSync(journalFile));
  assert.equal((await home.command(...START)).code, 77);
  rmdirSync(home.home.journalFile);
  const { code, stderr } = await home.command(...START);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.equal(existsSync(troubleFile(home.home)), false);
});

test("saved services that are a link", async (t) => {
  const home = broken(t, ({ desiredStateFile }) => symlinkSync("/etc/passwd", desiredStateFile));
  const { code, stderr } = await home.command(...START);
  assert.equal(code, 77);
  assert.match(stderr, /^daemonitor: desired state .*services\.json: is a symbolic link, not a regular file; find out who put it there/);
  await assertNothing(home);
});

test("a state directory that is a link", async (t) => {
  const home = broken(t, ({ state }, other) => {
    rmdirSync(state);
    symlinkSync(other, state);
  });
  const { code, stderr } = await home.command(...START);
  assert.equal(code, 78);
  assert.match(stderr, /^daemonitor: directory .*state: is a symbolic link, not a directory; .* set DAEMONITOR_HOME/);
  await assertNothing(home);
});

test("a socket in a path that is too long", async (t) => {
  const { dir } = testHome(track(t));
  const env = { ...process.env, DAEMONITOR_HOME: join(dir, "x".repeat(100)) };
  const { code, stderr } = await run(node24, [fixture("oneCommand.ts"), ...START], { env });
  assert.equal(code, 78);
  assert.match(stderr, /control socket .* has \d+ bytes, and the path of a socket can have 107; set DAEMONITOR_HOME/);
});

const inNamespace = { skip: needsAll(needsRoot, needsProgram("unshare"), needsProgram("mount")) };

for (const which of ["run", "state"] as const) {
  test(`a ${which === "run" ? "runtime" : "state"} directory on a disk that is read-only`, inNamespace, async (t) => {
    const home = broken(t, () => {});
    // The mount ends with the namespace, which ends with the last process in it.
    const script = `mount -t tmpfs -o ro,mode=700 none ${home.home[which]} && exec "$@"`;
    const command = [node24, fixture("oneCommand.ts"), ...START];
    const { code, stderr } = await run("unshare", ["--mount", "sh", "-c", script, "sh", ...command], { env: home.env, timeout: 60_000 });
    assert.equal(code, 71, stderr);
    assert.match(
      stderr,
      /: Read-only file system \(EROFS\); make the file system writable, or set DAEMONITOR_HOME to another directory\n$/,
    );
  });
}

test("a supervisor that could begin once, and can't any more, says why while init goes on trying; mended, it is there again", async (t) => {
  const home = broken(t, () => {});
  assert.equal((await home.command(...START)).code, 0);
  const service = home.processes().find((pid) => readList(pid, "cmdline").map(String).join(" ") === "sleep 1000");
  assert.ok(service !== undefined);
  const { startTime } = readStat(service);
  const { desiredStateFile } = home.home;
  const saved = `${desiredStateFile}.saved`;
  renameSync(desiredStateFile, saved);
  mkdirSync(desiredStateFile);
  process.kill(supervisorOf(home), "SIGKILL");
  await until("the record", () => readTrouble(home.home), { timeout: 30_000 });
  const { code, stderr } = await home.command("status");
  assert.equal(code, 77, stderr);
  assert.match(stderr, /^daemonitor: desired state .*services\.json: is a directory/);
  rmdirSync(desiredStateFile);
  renameSync(saved, desiredStateFile);
  const after = await home.command("status");
  assert.deepEqual([after.code, after.stderr], [0, ""]);
  assert.match(after.stdout, /^web +running/m);
  assert.equal(readStat(service).startTime, startTime);
});

test("in the foreground the command ends with the exit status of the reason", async (t) => {
  const home = broken(t, ({ journalFile }) => mkdirSync(journalFile));
  const { code, stderr } = await home.command("run", "--", "sleep", "1000");
  assert.equal(code, 77);
  assert.match(stderr, /^daemonitor: the supervisor can't go on: journal .*: is a directory, not a regular file; find out/);
  await assertNothing(home);
});

test("a record that somebody else could have written is not believed", (t) => {
  const { home } = broken(t, () => {});
  writeFileSync(troubleFile(home), JSON.stringify({ error: { step: "x", code: "X", errno: 1, strerror: "lies", exitCode: 1 } }), {
    mode: 0o666,
  });
  chmodSync(troubleFile(home), 0o666);
  assert.equal(readTrouble(home), undefined);
});
