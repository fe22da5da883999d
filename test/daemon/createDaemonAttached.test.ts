import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { type Tracked, track } from "../support/cleanup.ts";
import { inspect, readStat } from "../support/process.ts";
import { node24, run, start } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { IGNORED_BY_NODE, signalNames } from "./classicState.ts";
import { fixtureArgv, type How, launchFixture, type Printed, runFixture } from "./createDaemonFixture.ts";
import { listen } from "./datagrams.ts";

test("with detach: false the calling process itself becomes the daemon, and all else is as asked", async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  writeFileSync(`${dir}/env`, "FILE=1\n");
  const pidFile = `${dir}/pid`;
  const { pid, printed } = await attached(tracked, {
    detach: false,
    cwd: dir,
    umask: 0o027,
    pidFile,
    name: "attached",
    nice: 3,
    limits: { nofile: [99, 999] },
    env: { ADDED: "1" },
    envFile: `${dir}/env`,
    stderr: `${dir}/err`,
    noNewPrivileges: true,
    state: new Array(3).fill(1),
  });
  const self = inspect(pid);
  assert.deepEqual([printed.role, printed.rc, printed.pid, printed.after, printed.state], ["daemon", 0, pid, true, [1, 1, 1]]);
  assert.deepEqual([self.sid, self.ppid, self.cwd, self.umask], [pid, process.pid, dir, 0o027]);
  assert.deepEqual([self.cmdline[0], self.nice, self.limits.nofile, self.noNewPrivs], ["attached", 3, [99, 999], true]);
  assert.deepEqual(signalNames(self.sigIgn), ["SIGHUP", ...IGNORED_BY_NODE]);
  assert.deepEqual([self.fds.get(2)?.target, readFileSync(pidFile, "utf8")], [`${dir}/err`, `${pid}\n`]);
  assert.deepEqual([printed.env.ADDED, printed.env.FILE], ["1", "1"]);
  process.kill(pid, "SIGTERM");
  await until("the pid file to go", () => !existsSync(pidFile));
});

test("clearEnv, attached, empties the process's own environment", async (t) => {
  const { printed } = await attached(track(t), { detach: false, clearEnv: true, env: { ONLY: "1" } });
  assert.deepEqual(Object.keys(printed.env), ["PATH", "ONLY"]);
});

test("an attached daemon reports its readiness to the service manager", async (t) => {
  const tracked = track(t);
  const manager = listen(tracked);
  const { pid } = await attached(tracked, { detach: false }, { env: { NOTIFY_SOCKET: manager.address } });
  const { text, pid: sender } = await manager.next();
  assert.deepEqual([text.trim(), sender], ["READY=1", pid]);
});

test("with ready: manual it does so when it says so", async (t) => {
  const tracked = track(t);
  const manager = listen(tracked);
  await attached(tracked, { detach: false, ready: "manual" }, { env: { NOTIFY_SOCKET: manager.address } });
  assert.deepEqual(manager.texts(), []);
  await attached(tracked, { detach: false, ready: "manual" }, { env: { NOTIFY_SOCKET: manager.address }, action: "ready" });
  assert.equal((await manager.next()).text.trim(), "READY=1");
});

test("detach: auto detaches for a user", async (t) => {
  const { launcher, daemon } = await launchFixture(track(t), { detach: "auto" });
  assert.notEqual(daemon.pid, launcher.pid);
  assert.notEqual(daemon.sid, daemon.pid);
});

test("detach: auto stays for systemd", async (t) => {
  const tracked = track(t);
  const [file, ...args] = fixtureArgv({ detach: "auto" });
  const child = start("sh", ["-c", 'export SYSTEMD_EXEC_PID=$$; exec "$@"', "sh", file, ...args]);
  const pid = tracked.kill(child.pid ?? 0);
  const printed = await printedBy(child.stdout);
  assert.deepEqual([printed.pid, readStat(pid).sid], [pid, pid]);
});

test("an attached daemon that fails reports on its own standard error, and leaves no pid file", async (t) => {
  const dir = track(t).dir();
  const failing = { detach: false, pidFile: `${dir}/pid`, cwd: `${dir}/missing` };
  const { code, stderr } = await runFixture({ ...failing, errors: "exit" });
  assert.deepEqual([code, stderr.split("\n").length], [78, 2]);
  assert.match(stderr, /^chdir .*\/missing: No such file or directory \(ENOENT\)/);
  assert.ok(!existsSync(`${dir}/pid`));
  const returned = await runFixture({ ...failing, errors: "return" });
  assert.equal(returned.stdout, '[2,"No such file or directory"]\n');
  assert.ok(!existsSync(`${dir}/pid`));
  const failed = await runFixture({ detach: false, ready: "manual" }, { action: "fail" });
  assert.deepEqual([failed.code, failed.stderr], [7, "ready: no database\n"]);
});

test("daemonize with detach: false takes the caller's place, or throws", async (t) => {
  const dir = track(t).dir();
  const program = `import { daemonize } from "${import.meta.dirname}/../../src/index.ts";
    const [file] = process.argv.slice(2);
    try {
      await daemonize(file, ["-c", "echo $$; umask; pwd; exit 5"], { detach: false, cwd: "/tmp", umask: 0o27, pidFile: "${dir}/pid" });
    } catch ({ step, code, subject }) {
      console.log(step, code, subject);
    }`;
  writeFileSync(`${dir}/program.mts`, program);
  const became = await run(node24, [`${dir}/program.mts`, "sh"]);
  assert.deepEqual([became.code, became.stdout], [5, `${became.pid}\n0027\n/tmp\n`]);
  assert.equal(readFileSync(`${dir}/pid`, "utf8"), `${became.pid}\n`);
  const failed = await run(node24, [`${dir}/program.mts`, "/no/such/program"]);
  assert.equal(failed.stdout, "exec ENOENT /no/such/program\n");
  assert.ok(!existsSync(`${dir}/pid`));
});

/** The fixture, which stays the child that it is. */
async function attached(tracked: Tracked, options: object, how: How = {}): Promise<{ pid: number; printed: Printed }> {
  const [file, ...args] = fixtureArgv(options, how);
  const child = start(file, args, { ...how, stdio: ["ignore", "pipe", "inherit"] });
  const pid = tracked.kill(child.pid ?? 0);
  return { pid, printed: await printedBy(child.stdout) };
}

async function printedBy(stdout: NodeJS.ReadableStream | null): Promise<Printed> {
  let text = "";
  stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  return JSON.parse(await until("what the daemon prints", () => /^.*(?=\n)/.exec(text)?.[0])) as Printed;
}
