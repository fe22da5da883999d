import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { composeLaunch, type LaunchContext } from "../../src/supervisor/shell/composeLaunch.ts";
import { specOf } from "../service/problems.ts";
import { track } from "../support/cleanup.ts";
import { needsRoot } from "../support/needs.ts";
import { type Inspected, inspect, ioPriority, readStat } from "../support/process.ts";
import { until } from "../support/wait.ts";
import { HOME, shellTree } from "./shellTree.ts";

/** Of the test itself, so that it ends with it. */
const TEST_VARIABLES = /^(INIT_TEST|DAEMONITOR_TEST)=/;

test("a service leads a session under init, with a clean slate and nothing but what it was given", async (t) => {
  const tracked = track(t);
  const tree = await shellTree(tracked);
  const spec = await specOf({
    command: ["sleep", "1000"],
    env: { GREETING: "grüß dich", PATH: "/usr/bin:/bin" },
    cwd: "/tmp",
    umask: "027",
  });
  const { pid, log } = await tree.launch(spec);
  const found = await until("the exec", () => inspect(pid).cmdline[0] === "sleep" && inspect(pid));
  assert.deepEqual([found.ppid, found.sid, found.pgrp, found.ttyNr], [tree.pid, pid, pid, 0]);
  assert.deepEqual([found.sigIgn, found.sigBlk, found.umask, found.cwd], [0n, 0n, 0o027, "/tmp"]);
  assert.deepEqual(numbers(found), [0, 1, 2]);
  assert.equal(found.fds.get(0)?.target, "/dev/null");
  assert.match(found.fds.get(1)?.target ?? "", /^pipe:/);
  assert.equal(found.fds.get(1)?.target, found.fds.get(2)?.target);
  assert.equal(log, join(tree.dir, "web/0.log"));
  const {
    HOME: home,
    USER,
    LOGNAME,
    SHELL,
    LANG,
    TZ,
    ...rest
  } = Object.fromEntries(
    found.environ.filter((entry) => !TEST_VARIABLES.test(entry) && !entry.startsWith("LC_")).map((entry) => entry.split("=")),
  );
  assert.deepEqual(rest, {
    PATH: "/usr/bin:/bin",
    GREETING: "grüß dich",
    DAEMONITOR_INSTANCE: `${HOME}/web/0#1`,
    DAEMONITOR_SERVICE: "web",
    DAEMONITOR_INSTANCE_NUMBER: "0",
    NODE_APP_INSTANCE: "0",
  });
  assert.deepEqual([typeof home, USER, typeof SHELL], ["string", LOGNAME, "string"]);
});

test("limits and priorities are the specification's; the limit of descriptors is the one that init was started with", async (t) => {
  const tree = await shellTree(track(t), { under: ["prlimit", "--nofile=1000:2000"] });
  const plain = await tree.launch(await specOf({ command: ["sleep", "1000"] }));
  assert.deepEqual(inspect(plain.pid).limits.nofile, [1000, 2000]);
  assert.ok((inspect(tree.pid).limits.nofile?.[0] ?? 0) > 1000, "init has not raised its own");
  const asked = { limits: { nofile: [100, 200], core: 0, fsize: "1GiB" }, nice: 5, ioPriority: "best-effort:7", oomScore: 300 };
  const limited = await tree.launch(await specOf({ command: ["sleep", "1000"], ...asked, noNewPrivileges: true }), { instance: "web/1" });
  const found = await until("the exec", () => inspect(limited.pid).cmdline[0] === "sleep" && inspect(limited.pid));
  assert.deepEqual(found.limits.nofile, [100, 200]);
  assert.deepEqual(found.limits.core, [0, 0]);
  assert.deepEqual(found.limits.fsize, [2 ** 30, 2 ** 30]);
  assert.deepEqual([found.nice, found.oomScoreAdj, found.noNewPrivs], [5, 300, true]);
  assert.equal(ioPriority(limited.pid), "best-effort: prio 7");
});

test("sockets come as 3, 4 …, with their names and the pid; readiness and watchdog by their variables", async (t) => {
  const tree = await shellTree(track(t));
  const spec = await specOf({
    command: ["sleep", "1000"],
    sockets: { a: "unix:///srv/a", b: "unix:///srv/b" },
    ready: "notify",
    watchdog: "1.5s",
  });
  await tree.remote(async ({ client, native }, dir) => {
    for (const name of ["a", "b"]) await client.hold(`held ${name}`, native.listenUnix(`${dir}/${name}`, 0o600, 5));
  }, tree.dir);
  const sockets = ["a", "b"].map((name) => ({ name, held: `held ${name}` }));
  const { pid } = await tree.launch(spec, { sockets, notifyAddress: "@xyz" });
  const found = await until("the exec", () => inspect(pid).cmdline[0] === "sleep" && inspect(pid));
  assert.deepEqual(numbers(found), [0, 1, 2, 3, 4]);
  const inodes = [3, 4].map((fd) => /\d+/.exec(found.fds.get(fd)?.target ?? "")?.[0]);
  const table = readFileSync("/proc/net/unix", "latin1");
  const bound = inodes.map((inode) => new RegExp(` ${inode} (.*)$`, "m").exec(table)?.[1]);
  assert.deepEqual(bound, [join(tree.dir, "a"), join(tree.dir, "b")]);
  const said = found.environ.filter((entry) => /^(LISTEN|WATCHDOG|NOTIFY)/.test(entry)).toSorted();
  assert.deepEqual(said, [
    "LISTEN_FDNAMES=a:b",
    "LISTEN_FDS=2",
    `LISTEN_PID=${pid}`,
    "NOTIFY_SOCKET=@xyz",
    `WATCHDOG_PID=${pid}`,
    "WATCHDOG_USEC=1500000",
  ]);
});

test("standard error has a log of its own where it is asked for, and no output goes nowhere", async (t) => {
  const tree = await shellTree(track(t));
  const spec = await specOf({ command: ["sh", "-c", "echo out; echo err >&2; sleep 1000"], logs: { stderr: "separate" } });
  const { log, errorLog } = await tree.launch(spec);
  await until("both lines", () => readFileSync(log, "utf8") === "out\n" && readFileSync(errorLog ?? "", "utf8") === "err\n");
  const { pid } = await tree.launch(await specOf({ command: ["sleep", "1000"] }), { logs: null, instance: "web/1" });
  const { fds } = await until("the exec", () => inspect(pid).cmdline[0] === "sleep" && inspect(pid));
  assert.deepEqual(
    [...fds.values()].map(({ target }) => target),
    ["/dev/null", "/dev/null", "/dev/null"],
  );
});

test("another user: its ids, its variables, its own /dev/stdout, and only directories that it may enter", {
  skip: needsRoot,
}, async (t) => {
  const tree = await shellTree(track(t));
  const spec = await specOf({ command: ["sh", "-c", "echo reopened > /dev/stdout; sleep 1000"], user: "nobody", cwd: "/" });
  const { pid, log } = await tree.launch(spec);
  await until("a line by way of /dev/stdout", () => readFileSync(log, "utf8") === "reopened\n");
  const found = inspect(pid);
  const { uid, gid, home } = account("nobody");
  assert.deepEqual(
    [found.uids, found.gids],
    [
      [uid, uid, uid, uid],
      [gid, gid, gid, gid],
    ],
  );
  assert.deepEqual(found.groups, [gid]);
  for (const entry of ["USER=nobody", "LOGNAME=nobody", `HOME=${home}`]) assert.ok(found.environ.includes(entry), entry);
  const secret = join(tree.dir, "secret");
  mkdirSync(secret);
  chmodSync(secret, 0o700);
  await assert.rejects(tree.launch({ ...spec, cwd: secret }, { instance: "web/1" }), { code: "EACCES", step: "chdir" });
});

test("a user without an entry needs a group, and has no home", { skip: needsRoot }, async (t) => {
  const tree = await shellTree(track(t));
  const { pid } = await tree.launch(await specOf({ command: ["sleep", "1000"], user: 54_321, group: 54_322, groups: [54_323] }));
  const found = await until("the exec", () => inspect(pid).cmdline[0] === "sleep" && inspect(pid));
  assert.deepEqual([found.uids[0], found.gids[0], found.groups], [54_321, 54_322, [54_323]]);
  assert.ok(found.environ.includes("HOME=/"));
});

test("what can't be started says which step, and of what", async (t) => {
  const tree = await shellTree(track(t));
  const attempt = async (service: object) => tree.launch(await specOf(service));
  await assert.rejects(attempt({ command: ["no-such-program"] }), { code: "ENOENT", step: "exec", subject: "no-such-program" });
  await assert.rejects(attempt({ command: ["/nonexistent/x"] }), { code: "ENOENT", step: "exec" });
  await assert.rejects(attempt({ command: ["true"], cwd: "/nonexistent" }), { code: "ENOENT", step: "chdir" });
  await assert.rejects(attempt({ command: ["true"], user: "no-such-user" }), { code: "ERR_UNKNOWN_USER" });
  await assert.rejects(attempt({ command: ["true"], group: "no-such-group" }), { code: "ERR_UNKNOWN_GROUP" });
  await assert.rejects(tree.launch(await specOf({ command: ["true"] }), { sockets: many(61) }), { code: "EINVAL", step: "sockets" });
  assert.equal(readStat(tree.pid).state === "Z", false);
});

test("60 sockets are passed", async (t) => {
  const tree = await shellTree(track(t));
  await tree.remote(async ({ client, native }, dir) => client.hold("held", native.listenUnix(`${dir}/s`, 0o600, 5)), tree.dir);
  const { pid } = await tree.launch(await specOf({ command: ["sleep", "1000"] }), { sockets: many(60) });
  const found = await until("the exec", () => inspect(pid).cmdline[0] === "sleep" && inspect(pid));
  assert.deepEqual(
    numbers(found),
    Array.from({ length: 63 }, (_, fd) => fd),
  );
  assert.equal(new Set([...found.fds].filter(([fd]) => fd >= 3).map(([, { target }]) => target)).size, 1);
});

test("a program is looked up in the service's own PATH, relative directories from its own directory", async () => {
  const spec = await specOf({ command: ["sh"], env: { PATH: "nowhere:../bin" }, cwd: "/usr/lib" });
  assert.match(JSON.stringify(composeLaunch(spec, plain()).plan.at(-1)), /"file":"\/usr\/lib\/\.\.\/bin\/sh"/);
});

test("a hook is marked as one, and neither sockets nor a watchdog are told it", async () => {
  const spec = await specOf({ command: ["true"], ready: "notify", watchdog: "1s", hooks: { beforeStart: ["true"] } });
  const step = composeLaunch(spec, { ...plain(), hook: "beforeStart" }).plan.at(-1);
  assert.ok(step?.op === "exec" && step.env.includes(`DAEMONITOR_INSTANCE=${HOME}/web/0#1:beforeStart`));
  assert.equal(
    step.env.some((entry) => /^(WATCHDOG|NOTIFY|LISTEN)/.test(String(entry))),
    false,
  );
});

function plain(): LaunchContext {
  const same = { instance: "web/0", number: 0, attempt: 1, command: ["sh"], home: HOME, logs: null };
  return { ...same, starter: { PATH: "/usr/bin:/bin" }, sockets: [], notifyAddress: null, cgroup: null };
}

function numbers({ fds }: Inspected): number[] {
  return [...fds.keys()].toSorted((one, other) => one - other);
}

function account(name: string): { uid: number; gid: number; home: string } {
  const line =
    readFileSync("/etc/passwd", "utf8")
      .split("\n")
      .find((entry) => entry.startsWith(`${name}:`)) ?? "";
  const [, , uid, gid, , home = ""] = line.split(":");
  return { uid: Number(uid), gid: Number(gid), home };
}

function many(count: number): { name: string; held: string }[] {
  return Array.from({ length: count }, (_, index) => ({ name: `s${index}`, held: "held" }));
}
