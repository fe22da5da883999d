import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { test } from "node:test";
import { type Check, judge } from "../../src/cli/doctorChecks.ts";
import { type DoctorFacts, procOptions } from "../../src/cli/doctorFacts.ts";
import { testHome } from "../api/treeFixture.ts";
import { track } from "../support/cleanup.ts";
import { fixture, node24, type RunOptions, run } from "../support/run.ts";

const GIB = 1024 ** 3;
const directory = { path: "/d", exists: true, writable: true, free: GIB, inMemory: false };
const good: DoctorFacts = {
  ...{ kernel: "6.18.1-generic", noPidfd: null, knowsExits: true, node: "24.1.0", init: "/lib/daemonitor-init", uid: 1000, user: "me" },
  ...{ proc: "rw,hidepid=off", listsChildren: true, openFiles: [1024, 524288], processes: [60000, 60000], pipePages: 16384 },
  cgroup: { path: "/sys/fs/cgroup/a/daemonitor-x", delegated: "/sys/fs/cgroup/a", memory: true, cpu: true },
  boot: { uid: 1000, user: "me", systemd: true, crontab: true, lingers: true, directories: { system: "/s", user: "/u" } },
  enabledBy: ["/u/daemonitor.service"],
  directories: [
    { what: "run", ...directory, inMemory: true },
    { what: "state", ...directory },
    { what: "log", ...directory },
  ],
  ...{ supervisor: null, supervisorError: null },
};

const not = (is: Check["is"], facts: Partial<DoctorFacts>) =>
  judge({ ...good, ...facts }, "1.0.0").flatMap((check) => (check.is === is ? [check.name] : []));

test("a machine that has everything is told as that", () => {
  assert.deepEqual([not("degraded", {}), not("problem", {})], [[], []]);
  assert.ok(not("ok", {}).length >= 12);
});

test("what is missing is degraded, or a problem where nothing works without it", () => {
  const full = good.directories.map((one) => ({ ...one, free: 0 }));
  const readOnly = good.directories.map((one) => ({ ...one, writable: one.what !== "state" }));
  const problems: [Partial<DoctorFacts>, string[]][] = [
    [{ noPidfd: "Function not implemented" }, ["kernel"]],
    [{ init: null }, ["init"]],
    [{ proc: "" }, ["/proc"]],
    [{ directories: full }, ["run directory", "state directory", "log directory"]],
    [{ directories: readOnly }, ["state directory"]],
    [{ supervisorError: "supervisor /s: no answer for 3 s" }, ["supervisor"]],
  ];
  for (const [facts, names] of problems) assert.deepEqual(not("problem", facts), names);
  const degraded: [Partial<DoctorFacts>, string[]][] = [
    [{ kernel: "5.4.0-100-generic" }, ["kernel"]],
    [{ knowsExits: false }, ["exit status"]],
    [{ cgroup: { none: "no cgroup file system" } }, ["cgroup"]],
    [{ cgroup: { ...(good.cgroup as object), memory: "no memory controller" } as DoctorFacts["cgroup"] }, ["memory limits"]],
    [{ proc: "rw,relatime,hidepid=invisible" }, ["/proc"]],
    [{ listsChildren: false }, ["children"]],
    [{ openFiles: [1024, 1024] }, ["open files"]],
    [{ processes: [100, 100] }, ["processes"]],
    [{ pipePages: 1024 }, ["log pipes"]],
    [{ enabledBy: [], boot: { ...good.boot, systemd: false, crontab: false } }, ["boot"]],
    [{ boot: { ...good.boot, lingers: false } }, ["boot"]],
    [{ directories: good.directories.map((one) => ({ ...one, inMemory: true })) }, ["state directory", "log directory"]],
  ];
  for (const [facts, names] of degraded) assert.deepEqual([not("degraded", facts), not("problem", facts)], [names, []]);
  assert.deepEqual(not("degraded", { uid: 0, proc: "rw,hidepid=2", processes: [10, 10], pipePages: 16 }), [], "root may");
});

test("what the supervisor itself finds degraded is told, and one of another version", () => {
  const supervisor = {
    ...{ version: "0.9.0", pid: 20, startedAt: 0, init: { pid: 10, supervisors: 3 }, mode: "daemon" as const, services: 1, instances: 2 },
    ...{ running: 2, memory: 1, degraded: ["web/0 runs without its memory limit"] },
    directories: { run: "", state: "", log: "", config: "" },
  };
  const checks = judge({ ...good, supervisor }, "1.0.0").slice(-3);
  assert.deepEqual(
    checks.map(({ name, is }) => [name, is]),
    [
      ["supervisor", "degraded"],
      ["restarts", "ok"],
      ["degraded", "degraded"],
    ],
  );
  assert.match(checks[0]?.what ?? "", /^version 0\.9\.0, process 20 under init 10, .*; this command is version 1\.0\.0$/);
  assert.match(checks[1]?.what ?? "", /third supervisor/);
});

test("of several mounts of /proc the last one counts", () => {
  const mounts = [
    "24 30 0:22 / /proc rw,nosuid - proc proc rw",
    "25 30 0:23 / /sys rw - sysfs sysfs rw",
    "26 24 0:22 / /proc rw,nosuid shared:1 - proc proc rw,hidepid=invisible",
  ];
  assert.equal(procOptions(mounts.join("\n")), "rw,hidepid=invisible");
  assert.equal(procOptions(""), "");
});

const doctor = (args: readonly string[], options: RunOptions) => run(node24, [fixture("oneCommand.ts"), "doctor", ...args], options);

test("doctor tells of this machine, and changes nothing", async (t) => {
  const { env, home } = testHome(track(t));
  const { code, stdout, stderr } = await doctor(["--json"], { env });
  assert.deepEqual([code, stderr, existsSync(home.run)], [0, "", false]);
  const { checks } = JSON.parse(stdout) as { checks: Check[] };
  assert.ok(checks.find(({ name }) => name === "kernel")?.what.includes(release()));
  const told = await doctor([], { env });
  assert.equal(told.code, 0);
  assert.match(told.stdout, /^ok +kernel +Linux /);
  assert.match(told.stdout, /\n\nno problem, \d+ degraded\n$/);
});

test("a directory that can't be had is a problem: 69", async (t) => {
  const file = `${track(t).dir()}/file`;
  writeFileSync(file, "");
  const { code, stdout } = await doctor([], { env: { DAEMONITOR_HOME: `${file}/h` } });
  assert.equal(code, 69);
  assert.match(stdout, /^problem +state directory /m);
});
