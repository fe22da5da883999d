import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { findCgroup } from "../../src/supervisor/tree/findCgroup.ts";
import { readLimits } from "../support/limits.ts";
import { needsAll, needsProgram, needsRoot } from "../support/needs.ts";
import { inspect, ioPriority } from "../support/process.ts";
import { supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";

const SLEEP = ["sleep", "1000"];

/** Once it is what it is to be: started means that exec has happened. */
async function processOf({ status }: Awaited<ReturnType<typeof supervised>>, instance = "web/0") {
  const { pid } = await status(instance);
  return inspect(pid ?? 0);
}

test("user, group and groups are what is asked for, and root can't be regained", { skip: needsRoot }, async (t) => {
  const home = await supervised(t);
  await home.apply({
    web: { command: SLEEP, user: "nobody", group: "daemon", groups: ["daemon", 4242] },
    plain: { command: SLEEP, user: "daemon" },
    number: { command: SLEEP, user: 4711, group: 4712 },
  });
  const web = await processOf(home);
  const nobody = Number(readFileSync("/etc/passwd", "utf8").match(/^nobody:[^:]*:(\d+)/m)?.[1]);
  const daemon = Number(readFileSync("/etc/group", "utf8").match(/^daemon:[^:]*:(\d+)/m)?.[1]);
  assert.deepEqual([web.uids, web.gids, [...web.groups].sort()], [Array(4).fill(nobody), Array(4).fill(daemon), [daemon, 4242].sort()]);
  assert.ok(web.environ.includes("USER=nobody") && web.environ.includes("LOGNAME=nobody"));
  const plain = await processOf(home, "plain/0");
  assert.deepEqual([new Set(plain.gids), plain.groups.includes(0)], [new Set([daemon]), false]);
  const number = await processOf(home, "number/0");
  assert.deepEqual([number.uids, number.gids, number.groups], [Array(4).fill(4711), Array(4).fill(4712), [4712]]);
  assert.match(readFileSync(`/proc/${number.pid}/status`, "utf8"), /^CapEff:\s*0+$/m);
});

test("without a user it runs as who started the supervisor", async (t) => {
  const home = await supervised(t);
  await home.apply({ web: { command: SLEEP } });
  const found = await processOf(home);
  assert.deepEqual(found.uids, Array(4).fill(process.geteuid?.()));
});

test("directory, environment and umask", async (t) => {
  const home = await supervised(t);
  mkdirSync(join(home.dir, "work"));
  await home.apply({
    web: { command: SLEEP, cwd: "work", env: { COLOR: "grün", EMPTY: "", NUMBER: 7 }, umask: "0027" },
    plain: { command: SLEEP },
  });
  const found = await processOf(home);
  assert.deepEqual([found.cwd, found.umask], [join(home.dir, "work"), 0o027]);
  for (const entry of ["COLOR=grün", "EMPTY=", "NUMBER=7"]) assert.ok(found.environ.includes(entry), entry);
  // Nothing of whoever started the supervisor but what all services get.
  assert.ok(!found.environ.some((entry) => entry.startsWith("DAEMONITOR_HOME=") || entry.startsWith("DAEMONITOR_TEST=")));
  assert.deepEqual([...found.fds.keys()], [0, 1, 2]);
  const plain = await processOf(home, "plain/0");
  assert.deepEqual([plain.cwd, plain.umask, plain.noNewPrivs], [home.dir, 0o022, false]);
});

test("limits of resources, and those of init where none is asked for", async (t) => {
  const home = await supervised(t);
  const { init } = await home.about();
  await home.apply({ web: { command: SLEEP, limits: { nofile: [512, 1024], core: 0, fsize: "1GiB" } }, plain: { command: SLEEP } });
  const limits = readLimits((await processOf(home)).pid);
  assert.deepEqual(
    [limits.nofile, limits.core, limits.fsize],
    [
      [512, 1024],
      [0, 0],
      [2 ** 30, 2 ** 30],
    ],
  );
  const plain = readLimits((await processOf(home, "plain/0")).pid);
  assert.deepEqual(plain.core, readLimits(init.pid).core);
  // Node raises its own soft limit.
  assert.equal(plain.nofile?.[1], readLimits(process.pid).nofile?.[1]);
});

test("niceness, privileges and the score of the out-of-memory killer", async (t) => {
  const home = await supervised(t);
  await home.apply({ web: { command: SLEEP, nice: 7, oomScore: 300, noNewPrivileges: true } });
  const found = await processOf(home);
  assert.deepEqual([found.nice, found.oomScoreAdj, found.noNewPrivs], [7, 300, true]);
});

test("the priority of its input and output", { skip: needsProgram("ionice") }, async (t) => {
  const home = await supervised(t);
  await home.apply({ web: { command: SLEEP, ioPriority: "best-effort:6" } });
  assert.equal(ioPriority((await processOf(home)).pid), "best-effort: prio 6");
});

const cgroups = findCgroup("test-of-limits");

test("memory and processor are limited by its cgroup", { skip: cgroupLimits() }, async (t) => {
  const home = await supervised(t);
  await home.apply({ web: { command: SLEEP, resources: { memory: "64MiB", cpu: 0.5 } } });
  const path = /^0::(.*)$/m.exec(readFileSync(`/proc/${(await processOf(home)).pid}/cgroup`, "utf8"))?.[1] ?? "";
  const base = "none" in cgroups ? "" : cgroups.delegated;
  // It is that of the attempt, and the limits are the instance's.
  const directory = join(base, dirname(path.slice(path.indexOf("/daemonitor-"))));
  assert.equal(readFileSync(join(directory, "memory.max"), "utf8").trim(), String(64 * 2 ** 20));
  assert.match(readFileSync(join(directory, "cpu.max"), "utf8"), /^50000 100000/);
});

test("limits that can't be had are told, and the service runs without them", {
  skip: cgroupLimits() === false && "they can be had",
}, async (t) => {
  const home = await supervised(t);
  const { instances } = await home.apply({ web: { command: SLEEP, resources: { memory: "64MiB" } } });
  assert.equal(instances[0]?.outcome, "done");
  assert.match((await home.status("web/0")).degraded.join(), /memory|limit/);
});

test("a user that isn't there is told", { skip: needsAll(needsRoot) }, async (t) => {
  const home = await supervised(t);
  const { instances } = await home.apply({ web: { command: SLEEP, user: "no-such-user", restart: "never" } });
  assert.equal(instances[0]?.outcome, "failed");
  assert.match(instances[0]?.why ?? "", /user no-such-user: there is no such user/);
  await until("it to be at rest", async () => (await home.status("web/0")).state === "failed");
});

function cgroupLimits(): string | false {
  if ("none" in cgroups) return cgroups.none;
  return [cgroups.memory, cgroups.cpu].find((reason) => reason !== true) ?? false;
}
