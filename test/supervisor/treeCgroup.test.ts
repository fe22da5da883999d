import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, test } from "node:test";
import { killCgroup, processesIn, removeCgroup, removedOrEmpty } from "../../src/supervisor/tree/cgroup.ts";
import { type CgroupBase, findCgroup, ownCgroup } from "../../src/supervisor/tree/findCgroup.ts";
import { findTree } from "../../src/supervisor/tree/findTree.ts";
import { killTree } from "../../src/supervisor/tree/killTree.ts";
import { createCgroup, findServiceCgroup, releaseCgroup } from "../../src/supervisor/tree/serviceCgroup.ts";
import { type Tracked, track } from "../support/cleanup.ts";
import { needsAll, needsPath } from "../support/needs.ts";
import { isAlive } from "../support/process.ts";
import { until } from "../support/wait.ts";
import { ended, pidsOf, python, script, service, someMark, sorted } from "./treeFixture.ts";

const NONE = { memory: null, cpu: null };
const probe = findCgroup("probe");
const needsCgroup = "none" in probe ? probe.none : false;
const needsLimits = "none" in probe ? probe.none : ([probe.memory, probe.cpu].find((reason) => typeof reason === "string") ?? false);
const needsKill = needsAll(needsCgroup, withoutKill());

describe("findCgroup", () => {
  const mounts = "25 30 0:24 / /sys rw - sysfs sysfs rw\n26 25 0:25 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";

  test("finds the cgroup that a process is in, on a unified and on a hybrid machine", () => {
    assert.equal(ownCgroup("0::/system.slice/a.service\n", mounts), "/sys/fs/cgroup/system.slice/a.service");
    const hybrid =
      "31 25 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n33 25 0:28 / /mnt/a\\040b rw shared:1 - cgroup2 cgroup2 rw\n";
    assert.equal(ownCgroup("4:memory:/x\n0::/\n", hybrid), "/mnt/a b");
  });

  test("finds it below the part that is mounted", () => {
    const part = "26 25 0:25 /docker/x /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
    assert.equal(ownCgroup("0::/docker/x/y\n", part), "/sys/fs/cgroup/y");
    assert.deepEqual(ownCgroup("0::/elsewhere\n", part), { none: "our cgroup /elsewhere is outside of what is mounted on /sys/fs/cgroup" });
  });

  test("says so where there is none", () => {
    const none = { none: "no cgroup (version 2) file system is mounted" };
    assert.deepEqual(ownCgroup("0::/\n", ""), none);
    assert.deepEqual(ownCgroup("4:memory:/x\n", mounts), none);
  });

  test("gives a reason for whatever is missing", () => {
    for (const found of "none" in probe ? [probe.none] : [probe.memory, probe.cpu]) {
      if (found !== true) assert.match(found, /\S+ \S+/);
    }
    if (!("none" in probe)) assert.equal(existsSync(probe.path), false);
  });
});

describe("the cgroup of a service", () => {
  test("is below its home's, and no name is one of the kernel's files", { skip: needsCgroup }, (t) => {
    const base = someBase(track(t));
    const paths = ["web/0", "cgroup.procs/0", "_web/1", "a:b/0"].map((name) => createCgroup(base, name, 3, NONE).path);
    assert.deepEqual(
      paths.map((path) => relative(base.path, path)),
      ["tracked/web:0:3", "tracked/cgroup.procs:0:3", "tracked/_web:1:3", "tracked/a:b:0:3"],
    );
    const limited = createCgroup({ ...base, memory: "no", cpu: "no" }, "memory.max/0", 4, { memory: 1, cpu: null }).path;
    assert.equal(relative(base.path, limited), "limited/memory.max:0/4");
    assert.equal(findServiceCgroup(base, "web/0", 3), paths[0]);
    assert.equal(findServiceCgroup(base, "memory.max/0", 4), limited);
    assert.equal(findServiceCgroup(base, "web/0", 4), null);
  });

  test("is made and removed, with what is above it", { skip: needsCgroup }, (t) => {
    const base = someBase(track(t));
    const { path } = createCgroup(base, "web/0", 1, NONE);
    const other = createCgroup(base, "web/0", 2, NONE);
    mkdirSync(join(path, "made by the service"));
    assert.deepEqual(processesIn(path), []);
    assert.ok(removedOrEmpty(path), "there is another one below it, and no process");
    assert.ok(releaseCgroup(base, path));
    assert.equal(existsSync(path), false);
    assert.ok(removedOrEmpty(other.path));
    assert.equal(existsSync(other.path), false);
    assert.ok(releaseCgroup(base, other.path));
    assert.equal(existsSync(base.path), false);
    assert.ok(releaseCgroup(base, other.path));
  });

  test("holds what left the session, lost its parent and cleared its environment", { skip: needsCgroup }, async (t) => {
    const tracked = track(t);
    const base = someBase(tracked);
    const mark = someMark();
    const { path } = createCgroup(base, "web/0", 1, NONE);
    const { main, pid } = joining(
      tracked,
      path,
      "setsid env -i sh -c 'sh -c \"echo \\$\\$ > child; exec sleep 60\" & exit 0'; exec sleep 60",
    );
    const child = await pid("child");
    assert.deepEqual(sorted(...processesIn(path)), sorted(main.pid, child));
    assert.deepEqual(pidsOf(findTree({ mark, cgroups: [path] })), sorted(main.pid, child));
    assert.equal(removedOrEmpty(path), false);
    assert.equal(releaseCgroup(base, path), false);
    assert.deepEqual((await killTree({ mark, cgroups: [path] }, { timeout: 15_000 })).remaining, []);
    await ended(main.pid, child);
    await until("it to be empty", () => releaseCgroup(base, path));
    assert.deepEqual(findTree({ mark, cgroups: [path] }), []);
  });

  test("is not all where the main process moved out of it", { skip: needsCgroup }, async (t) => {
    const tracked = track(t);
    const base = someBase(tracked);
    const { path } = createCgroup(base, "web/0", 1, NONE);
    const { path: elsewhere } = createCgroup(base, "db/0", 1, NONE);
    const { main, pid } = joining(
      tracked,
      path,
      `sh -c 'echo $$ > child; exec sleep 60' & echo $$ > ${elsewhere}/cgroup.procs; echo $$ > main; wait`,
    );
    const pids = sorted(await pid("child"), await pid("main"));
    assert.deepEqual(pidsOf(findTree({ mark: someMark(), roots: [main], cgroups: [path] })), pids);
  });

  test("is ended at once by the kernel", { skip: needsKill }, async (t) => {
    const tracked = track(t);
    const base = someBase(tracked);
    const { path } = createCgroup(base, "web/0", 1, NONE);
    const beside = joining(tracked, createCgroup(base, "web/0", 2, NONE).path, "echo $$ > main; exec sleep 60");
    const { main, pid } = joining(tracked, path, "trap '' TERM; echo $$ > main; while :; do /bin/true; done");
    await pid("main");
    await beside.pid("main");
    assert.ok(killCgroup(path));
    await ended(main.pid);
    assert.ok(isAlive(beside.main.pid));
    assert.equal(killCgroup(join(path, "missing")), false);
  });

  test("never takes its supervisor with it", { skip: needsCgroup }, async () => {
    const own = ownCgroup(readFileSync("/proc/self/cgroup", "utf8"), readFileSync("/proc/self/mountinfo", "utf8"));
    assert.ok(typeof own === "string");
    assert.ok(processesIn(own).includes(process.pid));
    assert.deepEqual(findTree({ mark: someMark(), cgroups: [own] }), []);
    assert.deepEqual(await killTree({ mark: someMark(), cgroups: [own] }), { remaining: [], found: 0 });
  });

  test("gets its limits by the files that the kernel reads, where plain files stand for them", (t) => {
    const delegated = track(t).dir();
    const base: CgroupBase = { path: join(delegated, "daemonitor-h"), delegated, memory: true, cpu: true };
    const above = [delegated, base.path, join(base.path, "limited")];
    mkdirSync(join(base.path, "limited"), { recursive: true });
    for (const path of above) {
      writeFileSync(join(path, "cgroup.controllers"), "cpu io memory\n");
      writeFileSync(join(path, "cgroup.subtree_control"), "\n");
    }
    const { path, unlimited } = createCgroup(base, "web/0", 7, { memory: 2 ** 29, cpu: 0.25 });
    assert.equal(path, join(base.path, "limited/web:0/7"));
    assert.deepEqual(unlimited, []);
    const read = (...names: string[]) => readFileSync(join(...names), "utf8");
    for (const one of above) assert.match(read(one, "cgroup.subtree_control"), /^\+(memory|cpu)$/);
    assert.equal(read(base.path, "limited/web:0/memory.max"), "536870912");
    assert.equal(read(base.path, "limited/web:0/cpu.max"), "25000 100000");
    writeFileSync(join(delegated, "cgroup.subtree_control"), "cpu\n");
    writeFileSync(join(delegated, "cgroup.controllers"), "cpu io\n");
    assert.match(
      createCgroup(base, "web/0", 8, { memory: 1, cpu: 2 }).unlimited.join(),
      /^web\/0 runs without its memory limit: \S+ has no memory controller/,
    );
    assert.equal(read(base.path, "limited/web:0/cpu.max"), "200000 100000");
  });

  test("limits memory and processor", { skip: needsLimits }, (t) => {
    const base = someBase(track(t));
    const { path, unlimited } = createCgroup(base, "web/0", 1, { memory: 64 * 2 ** 20, cpu: 1.5 });
    assert.deepEqual(unlimited, []);
    const read = (file: string) => readFileSync(join(dirname(path), file), "utf8").trim();
    assert.equal(read("memory.max"), String(64 * 2 ** 20));
    assert.equal(read("cpu.max"), "150000 100000");
    createCgroup(base, "web/0", 2, { memory: null, cpu: 0.5 });
    assert.equal(read("memory.max"), "max");
    assert.equal(read("cpu.max"), "50000 100000");
  });

  test("ends who takes more memory than it may", { skip: needsAll(needsLimits, needsPath(python)) }, async (t) => {
    const tracked = track(t);
    const { path } = createCgroup(someBase(tracked), "web/0", 1, { memory: 64 * 2 ** 20, cpu: null });
    const code = `open(${JSON.stringify(join(path, "cgroup.procs"))}, "w").write("0"); x = bytearray(2**28); import time; time.sleep(60)`;
    await ended(service(tracked, someMark(), [python, "-c", code]).main.pid);
  });

  test("says which limit can't be had, and why", { skip: needsCgroup }, (t) => {
    const base = { ...someBase(track(t)), memory: "there is none", cpu: "there is none" };
    assert.deepEqual(createCgroup(base, "web/0", 1, { memory: 1, cpu: 1 }).unlimited, [
      "web/0 runs without its memory limit: there is none",
      "web/0 runs without its cpu limit: there is none",
    ]);
    assert.deepEqual(createCgroup(base, "web/0", 2, NONE).unlimited, []);
  });
});

/** A home of its own, removed afterwards. */
function someBase(tracked: Tracked): CgroupBase {
  const base = findCgroup(someMark().home);
  if ("none" in base) throw new Error(base.none);
  tracked.defer(() => until("the cgroup to be empty", () => removeCgroup(base.path)));
  tracked.defer(() => killCgroup(base.path));
  return base;
}

function joining(tracked: Tracked, cgroup: string, text: string) {
  return script(tracked, undefined, `echo $$ > ${cgroup}/cgroup.procs || exit 1\n${text}`);
}

function withoutKill(): string | false {
  if ("none" in probe) return probe.none;
  const base = findCgroup("kill-probe");
  if ("none" in base) return base.none;
  const { path } = createCgroup(base, "probe/0", 1, NONE);
  const found = existsSync(join(path, "cgroup.kill"));
  releaseCgroup(base, path);
  return found ? false : "the kernel has no cgroup.kill";
}
