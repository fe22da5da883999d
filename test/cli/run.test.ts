import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startTree } from "../../src/api/startTree.ts";
import { ask, standIn, testHome } from "../api/treeFixture.ts";
import { type Tracked, track } from "../support/cleanup.ts";
import { needsAll, needsProgram, needsRoot } from "../support/needs.ts";
import { inspect } from "../support/process.ts";
import { fixture, node24, type RunOptions, run, start } from "../support/run.ts";
import { until } from "../support/wait.ts";

const command = (args: readonly string[], options: RunOptions) => run(node24, [fixture("oneCommand.ts"), "run", ...args], options);

function configuration(tracked: Tracked, text: string): string {
  const file = join(tracked.dir(), "daemonitor.config.json");
  writeFileSync(file, text);
  return file;
}

test("the process that runs it becomes init, and keeps its pid, its session and its standard streams", async (t) => {
  const tracked = track(t);
  const { home, env } = testHome(tracked);
  const services = [{ name: "web" }];
  const child = start(node24, [fixture("runStandIn.ts"), JSON.stringify(services)], {
    env: { ...env, NOTIFY_SOCKET: "@nobody", TOKEN: "x" },
  });
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  const facts = await until("the supervisor", () => (existsSync(home.socket) ? ask(home) : undefined), { timeout: 30_000 });
  assert.equal(facts.init, child.pid);
  assert.deepEqual(facts.held, ["tree-lock", "api", "run"]);
  assert.deepEqual(facts.run, { mode: "foreground", services, terminal: false });
  assert.deepEqual([facts.environment.includes("NOTIFY_SOCKET"), facts.environment.includes("TOKEN")], [true, false]);
  const init = inspect(facts.init);
  assert.deepEqual([init.name, init.sid, init.cwd, init.umask, init.ppid], ["daemonitor-init", child.pid, "/", 0o022, process.pid]);
  assert.match(init.fds.get(1)?.target ?? "", /^(pipe|socket):/);
  assert.deepEqual(
    [...init.fds].filter(([fd, { flags }]) => fd > 2 && (flags & 0o2000000) === 0),
    [],
  );
  await ask(home, "/end", "POST");
  assert.equal(await ended, 0);
});

test("it works as pid 1 of a pid namespace", { skip: needsAll(needsRoot, needsProgram("unshare")) }, async (t) => {
  const tracked = track(t);
  const { home, env } = testHome(tracked);
  const argv = ["--pid", "--fork", "--mount-proc", "--kill-child", node24, fixture("runStandIn.ts"), "[]"];
  const child = start("unshare", argv, { env });
  tracked.killSession(child.pid ?? 0);
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  const facts = await until("the supervisor", () => (existsSync(home.socket) ? ask(home) : undefined), { timeout: 30_000 });
  assert.equal(facts.init, 1);
  await ask(home, "/end", "POST");
  assert.equal(await ended, 0);
});

test("the exit status of the one service is that of the command, and nothing is left", async (t) => {
  const { env, home, processes } = testHome(track(t));
  const own = await command(["--restart", "never", "--", "sh", "-c", "exit 3"], { env, timeout: 60_000 });
  assert.equal(own.code, 3, own.stderr);
  const killed = await command(["--restart", "never", "--", "sh", "-c", "kill -KILL $$"], { env, timeout: 60_000 });
  assert.equal(killed.code, 137, killed.stderr);
  await until("the tree to end", () => processes().length === 0);
  assert.equal(existsSync(home.socket), false);
});

test("SIGTERM stops the services, and is their end", async (t) => {
  const { env, processes } = testHome(track(t));
  const child = start(node24, [fixture("oneCommand.ts"), "run", "--", "sleep", "1000"], { env });
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  await until("the service", () => processes().some((pid) => inspect(pid).name === "sleep"), { timeout: 60_000 });
  child.kill("SIGTERM");
  assert.equal(await ended, 143);
  await until("the tree to end", () => processes().length === 0);
});

test("a home that has a supervisor is refused, and that one goes on", async (t) => {
  const { home, env } = testHome(track(t));
  const pid = startTree(home, { supervisor: standIn, env });
  const { code, stderr } = await run(node24, [fixture("runStandIn.ts"), "[]"], { env });
  assert.notEqual(code, 0);
  assert.match(stderr, new RegExp(`held by process ${pid} `));
  assert.equal((await ask(home)).init, pid);
});

test("a configuration with a mistake starts nothing: 78", async (t) => {
  const tracked = track(t);
  const { home, env, dir } = testHome(tracked);
  const file = configuration(tracked, '{ "services": { "web": { "comand": "sh" } } }');
  const { code, stderr } = await command(["-f", file, "--home", dir], { env });
  assert.deepEqual([code, existsSync(home.run)], [78, false]);
  assert.match(stderr, /^daemonitor: .*did you mean "command"\?/m);
  const empty = await command(["-f", configuration(tracked, '{ "services": {} }')], { env });
  assert.deepEqual([empty.code, empty.stderr], [78, "daemonitor: run: the configuration has no services: there is nothing to run\n"]);
});

test("contradictions on the command line are told", async (t) => {
  const { env } = testHome(track(t));
  const told = async (...args: string[]) => {
    const { code, stderr } = await command(args, { env });
    assert.equal(code, 64, stderr);
    return stderr;
  };
  assert.match(await told("--saved", "-f", "x.yaml"), /--file and --saved contradict each other/);
  assert.match(await told("--saved", "--", "sh"), /--saved and a command contradict each other/);
  assert.match(await told("--name", "web"), /--name is for a command/);
});

test("a word for --restart that is none is a mistake", async (t) => {
  const { env } = testHome(track(t));
  const { code, stderr } = await command(["--restart", "alway", "--", "sh"], { env });
  assert.equal(code, 78);
  assert.match(stderr, /"alway".*did you mean "always"/);
});
