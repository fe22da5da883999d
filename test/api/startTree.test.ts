import assert from "node:assert/strict";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { connect, isListening } from "../../src/api/connect.ts";
import { prepareTree } from "../../src/api/prepareTree.ts";
import { startTree } from "../../src/api/startTree.ts";
import { supervisorCommand } from "../../src/api/supervisorProgram.ts";
import { DaemonError } from "../../src/launch/errors.ts";
import { parseHeld } from "../../src/supervisor/init/inherited.ts";
import { TreeLock } from "../../src/supervisor/state/treeLock.ts";
import { ensureHomeId } from "../../src/supervisor/tree/homeId.ts";
import { launchInit } from "../../src/supervisor/tree/launchInit.ts";
import { treeEnvironment } from "../../src/supervisor/tree/treeEnvironment.ts";
import { track } from "../support/cleanup.ts";
import { hasSignal, inspect, isAlive, readList } from "../support/process.ts";
import { node24, run } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { ask, standIn, testHome } from "./treeFixture.ts";

const CLOSE_ON_EXEC = 0o2000000;

test("a tree is a daemon as the recipe has it, with the lock and the listening socket in init", async (t) => {
  const { home, env } = testHome(track(t));
  const pid = startTree(home, { supervisor: standIn, env: { ...env, DAEMONITOR_INSTANCE: "x/y/0#1", TOKEN: "secret", LC_TIME: "C" } });
  const facts = await ask(home);
  assert.deepEqual([facts.init, facts.held], [pid, ["tree-lock", "api"]]);
  const init = inspect(pid);
  assert.deepEqual([init.name, init.cwd, init.umask, init.ttyNr], ["daemonitor-init", "/", 0o022, 0]);
  assert.ok(init.pid !== init.sid && init.pgrp === init.sid, "it leads no session, so that it can't acquire a terminal");
  assert.notEqual(init.sid, inspect(process.pid).sid);
  const log = join(home.log, "supervisor.log");
  assert.deepEqual(
    [0, 1, 2].map((fd) => init.fds.get(fd)?.target),
    ["/dev/null", log, log],
  );
  const inherited = [...init.fds.values()].filter(({ flags }) => (flags & CLOSE_ON_EXEC) === 0);
  assert.equal(inherited.length, 3, "all but standard input, output and error is close-on-exec");
  const unwanted = /^(TOKEN|DAEMONITOR_INSTANCE|NODE_(?!COMPILE_CACHE=|DISABLE_COMPILE_CACHE=).*)=/;
  assert.equal(init.environ.filter((entry) => unwanted.test(entry)).length, 0);
  assert.ok(init.environ.includes("LC_TIME=C") && init.environ.includes(`DAEMONITOR_HOME=${env.DAEMONITOR_HOME}`));
  assert.equal(init.limits.nofile?.[0], 1024 < (init.limits.nofile?.[1] ?? 0) ? init.limits.nofile?.[1] : init.limits.nofile?.[0]);
  assert.equal(hasSignal(inspect(facts.pid).sigIgn, "SIGHUP"), false);
  assert.equal(statSync(home.socket).mode & 0o777, 0o600);
  assert.equal(statSync(log).mode & 0o777, 0o640);
});

test("a second tree is refused, and the refusal names the first", async (t) => {
  const { home, env } = testHome(track(t));
  const pid = startTree(home, { supervisor: standIn, env });
  assert.throws(
    () => startTree(home, { supervisor: standIn, env }),
    (error: unknown) =>
      error instanceof DaemonError && error.code === "ERR_SUPERVISOR_RUNNING" && error.message.includes(`process ${pid} (`),
  );
  assert.equal((await ask(home)).init, pid, "its socket is still there");
});

test("a command that comes while no supervisor is there waits for the next one", async (t) => {
  const { home, env } = testHome(track(t));
  startTree(home, { supervisor: standIn, env });
  const { pid, init } = await ask(home);
  process.kill(pid, "SIGKILL");
  await until("the supervisor to end", () => !isAlive(pid));
  const next = await ask(home);
  assert.equal(next.init, init);
  assert.notEqual(next.pid, pid);
});

test("of fifty that connect at once, all succeed, to one tree", async (t) => {
  const { home, env, processes } = testHome(track(t));
  await Promise.all(Array.from({ length: 50 }, () => connect(home, { start: "always", supervisor: standIn, env })));
  const { init, pid } = await ask(home);
  assert.deepEqual(processes().sort(), [init, pid].sort());
});

test("of twenty processes that connect at once, all succeed, to one tree", async (t) => {
  const { home, env, processes } = testHome(track(t));
  const script = `
    import { connect } from ${JSON.stringify(join(import.meta.dirname, "../../src/api/connect.ts"))};
    import { ask } from ${JSON.stringify(join(import.meta.dirname, "treeFixture.ts"))};
    const home = ${JSON.stringify(home)};
    await connect(home, { start: "always", supervisor: ${JSON.stringify(standIn)}, patience: 60000 });
    console.log((await ask(home)).init);
  `;
  const runs = Array.from({ length: 20 }, () => run(node24, ["--input-type=module", "-e", script], { env, timeout: 90_000 }));
  const results = await Promise.all(runs);
  const { init, pid } = await ask(home);
  assert.deepEqual(
    results.map(({ stdout, code }) => [code, stdout]),
    Array(20).fill([0, `${init}\n`]),
    results.map(({ stderr }) => stderr).join(""),
  );
  assert.deepEqual(processes().sort(), [init, pid].sort());
});

test("where no supervisor runs, it depends on the command and on how the last one ended", async (t) => {
  const { home, env, processes } = testHome(track(t));
  const refused = (error: unknown) => error instanceof DaemonError && error.code === "ERR_NO_SUPERVISOR" && error.exitCode === 69;
  const how = { supervisor: standIn, env };
  await assert.rejects(connect(home, { start: "never", ...how }), refused);
  await assert.rejects(connect(home, { start: "after crash", ...how }), refused);
  assert.equal(existsSync(home.run), false, "asking makes no directories");

  await connect(home, { start: "always", ...how });
  const first = await ask(home);
  await connect(home, { start: "never", ...how });
  for (const pid of [first.init, first.pid]) process.kill(pid, "SIGKILL");
  // Threads may keep the descriptors of a process that /proc shows as a zombie.
  await until("nobody to listen", () => !isListening(home));
  await assert.rejects(connect(home, { start: "never", ...how }), refused);
  await connect(home, { start: "after crash", ...how });
  const second = await ask(home);
  assert.notEqual(second.init, first.init);

  await ask(home, "/end", "POST");
  await until("the tree to end", () => processes().length === 0 && !isListening(home));
  await assert.rejects(connect(home, { start: "after crash", ...how }), refused);
  await connect(home, { start: "always", ...how });
});

test("a supervisor's program that can't be run is an error of the command, not a tree without one", (t) => {
  const { home, env, processes } = testHome(track(t));
  assert.throws(
    () => startTree(home, { supervisor: ["/nonexistent/supervisor"], env }),
    /^DaemonError: exec \/nonexistent\/supervisor: No such file or directory \(ENOENT\)/,
  );
  assert.deepEqual([processes(), existsSync(home.socket)], [[], false]);
});

test("a home that somebody has, and where nobody listens, is told as that", async (t) => {
  const { home, env } = testHome(track(t));
  prepareTree(home).abandon();
  const lock = TreeLock.acquire(home.lockFile);
  t.after(() => lock.close());
  await assert.rejects(
    connect(home, { start: "always", supervisor: standIn, env, patience: 100 }),
    (error: unknown) => error instanceof DaemonError && error.code === "ERR_SUPERVISOR_SILENT" && error.exitCode === 75,
  );
});

test("a tree that could not be started leaves no socket, no lock and no process", (t) => {
  const { home, env, processes } = testHome(track(t));
  mkdirSync(home.log, { recursive: true, mode: 0o750 });
  symlinkSync("/etc/passwd", join(home.log, "supervisor.log"));
  assert.throws(() => startTree(home, { supervisor: standIn, env }), /^DaemonError: supervisor log .*supervisor\.log: .*\(ELOOP\)/);
  assert.equal(existsSync(home.socket), false);
  TreeLock.acquire(home.lockFile).close();
  assert.deepEqual(processes(), []);
});

test("what stands in the socket's place and is no socket is left alone", (t) => {
  const { home, env } = testHome(track(t));
  mkdirSync(home.run, { recursive: true, mode: 0o700 });
  writeFileSync(home.socket, "precious");
  assert.throws(() => startTree(home, { supervisor: standIn, env }), /control socket .* is a regular file, not a socket/);
  assert.equal(readFileSync(home.socket, "utf8"), "precious");
});

test("two thousand descriptors go to init, to its supervisor, and from there to the next init", async (t) => {
  const { home, env } = testHome(track(t));
  const tree = prepareTree(home);
  const fds = Array.from({ length: 2000 }, () => openSync("/dev/null", "r"));
  const held = new Map([...tree.held, ...fds.map((fd, index) => [`socket-service-${index}/http=80`, fd] as const)]);
  const log = openSync(join(home.log, "supervisor.log"), "a", 0o640);
  const first = launchInit({ held, supervisor: standIn, env, log });
  for (const fd of [...fds, log]) closeSync(fd);
  tree.close();
  const before = await ask(home);
  assert.deepEqual([before.init, before.held], [first, [...held.keys()]]);

  await ask(home, "/relaunch", "POST");
  const after = await until("the next init", async () => {
    const facts = await ask(home);
    return facts.init !== first && facts;
  });
  assert.deepEqual([...after.held].sort(), [...held.keys()].sort());
  assert.equal(isAlive(first), false);
  assert.deepEqual([inspect(after.init).cwd, inspect(after.init).ppid === after.pid], ["/", false]);
  assert.deepEqual(after.environment, before.environment);
});

test("names that are too long for one variable go to the supervisor in several", async (t) => {
  const { home, env } = testHome(track(t));
  const tree = prepareTree(home);
  const fds = Array.from({ length: 1200 }, () => openSync("/dev/null", "r"));
  const held = new Map([...tree.held, ...fds.map((fd, index) => [`${index}-`.padEnd(120, "x"), fd] as const)]);
  const log = openSync(join(home.log, "supervisor.log"), "a", 0o640);
  launchInit({ held, supervisor: standIn, env, log });
  for (const fd of [...fds, log]) closeSync(fd);
  tree.close();
  const { pid } = await ask(home);
  const parts = readList(pid, "environ")
    .map(String)
    .filter((entry) => entry.startsWith("DAEMONITOR_HELD"));
  assert.deepEqual(
    parts.map((part) => part.slice(0, part.indexOf("="))),
    ["DAEMONITOR_HELD", "DAEMONITOR_HELD_2"],
  );
  const told = parts.flatMap((part) => [...parseHeld(part.slice(part.indexOf("=") + 1)).keys()]);
  assert.deepEqual(told, [...held.keys()]);
});

test("a tree's environment has nothing of the shell that made it but places and language", () => {
  const env = { PATH: "/bin", HOME: "/root", LC_ALL: "C", AWS_SECRET: "x", NOTIFY_SOCKET: "@x", NODE_OPTIONS: "--inspect", TERM: "xterm" };
  assert.deepEqual(treeEnvironment(env), ["PATH=/bin", "HOME=/root", "LC_ALL=C"]);
  assert.deepEqual(treeEnvironment(env, ["NOTIFY_SOCKET"]), ["PATH=/bin", "HOME=/root", "LC_ALL=C", "NOTIFY_SOCKET=@x"]);
  assert.match(treeEnvironment({})[0] ?? "", /^PATH=.*:\/usr\/bin:/);
});

test("the home's id is made once, kept, closed to others, and made anew where it is damaged", (t) => {
  const { home } = testHome(track(t));
  prepareTree(home).abandon();
  const path = join(home.run, "id");
  const id = ensureHomeId(home);
  assert.match(id, /^[0-9a-f]{16}$/);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(ensureHomeId(home), id);
  writeFileSync(path, "");
  const second = ensureHomeId(home);
  assert.match(second, /^[0-9a-f]{16}$/);
  rmSync(path);
  symlinkSync("/etc/hostname", path);
  assert.throws(() => ensureHomeId(home), /home id .* is a symbolic link/);
});

test("the supervisor is this Node with a program that is there", () => {
  assert.equal(supervisorCommand()[0], process.execPath);
  assert.equal(existsSync(supervisorCommand().at(-1) ?? ""), true);
});
