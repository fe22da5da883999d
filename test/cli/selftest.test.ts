import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { judge, type Observation } from "../../src/cli/selftestChecks.ts";
import { track } from "../support/cleanup.ts";
import { isRoot, needsRoot } from "../support/needs.ts";
import { isAlive } from "../support/process.ts";
import { cli } from "../support/run.ts";
import { until } from "../support/wait.ts";

const REPORT = /^rc: 0; pid: (\d+); ppid: (\d+); pgrp: (\d+)\n$/;

test("The self-test holds on this machine, and its daemon's report has rc, pid, ppid and pgrp.", async (t) => {
  const log = join(track(t).dir(), "createDaemon.log");
  const { code, stdout, stderr } = await cli(["selftest", "--log", log]);
  assert.equal(stderr, "");
  assert.equal(code, 0, stdout);
  assert.doesNotMatch(stdout, /✗/);
  assert.match(stdout, /all 15 properties hold\n$/);
  const [, pid, ppid, pgrp] = REPORT.exec(readFileSync(log, "utf8")) ?? [];
  assert.notEqual(pid, undefined);
  assert.notEqual(pid, pgrp);
  assert.notEqual(ppid, String(process.pid));
  await until("the daemon has ended", () => !isAlive(Number(pid)));
});

test("As superuser the report is /createDaemon.log, as the recipe has it.", { skip: needsRoot }, async (t) => {
  if (existsSync("/createDaemon.log")) return t.skip("there is a /createDaemon.log of somebody else's");
  t.after(() => rmSync("/createDaemon.log", { force: true }));
  const { code } = await cli(["selftest"]);
  assert.equal(code, 0);
  assert.match(readFileSync("/createDaemon.log", "utf8"), REPORT);
  assert.equal(statSync("/createDaemon.log").mode & 0o777, 0o644);
});

test("Without superuser rights there is no report, and no error.", async () => {
  const before = existsSync("/createDaemon.log");
  const { code, stdout, stderr } = await cli(["selftest"], isRoot ? { uid: 65_534, gid: 65_534 } : {});
  assert.equal(stderr, "");
  assert.equal(code, 0, stdout);
  assert.match(stdout, /✓ its own report agrees\s+\/createDaemon.log is not written without superuser rights/);
  assert.equal(existsSync("/createDaemon.log"), before);
});

test("A report that can't be written is an error where its place was chosen.", async () => {
  const { code, stderr } = await cli(["selftest", "--log", "/does/not/exist"]);
  assert.notEqual(code, 0);
  assert.match(stderr, /^daemonitor: report \/does\/not\/exist: No such file or directory \(ENOENT\)\n$/);
});

test("With --json there is one object, with a verdict for each property.", async (t) => {
  const { code, stdout } = await cli(["selftest", "--json", "--log", join(track(t).dir(), "log")]);
  const { passed, checks } = JSON.parse(stdout) as { passed: boolean; checks: { property: string; ok: boolean; found: string }[] };
  assert.equal(code, 0);
  assert.equal(passed, true);
  assert.ok(checks.length >= 15 && checks.every(({ property, ok, found }) => ok && property !== "" && found !== ""));
});

const perfect: Observation = {
  launcher: {
    pid: 10,
    ancestors: [
      { pid: 5, name: "bash" },
      { pid: 1, name: "init" },
    ],
  },
  daemon: {
    pid: 12,
    parent: 1,
    group: 11,
    session: 11,
    terminal: 0,
    leaderRuns: false,
    cwd: "/",
    umask: "0000",
    ignored: "0000000000000001",
    blocked: "0000000000000000",
    streams: ["/dev/null", "/dev/null", "/dev/null"],
    strays: [],
    survivedHangup: true,
  },
  report: { path: "/createDaemon.log", text: "rc: 0; pid: 12; ppid: 1; pgrp: 11\n" },
  superuser: true,
  refusedFork: { step: "fork again", tuple: [11, "Resource temporarily unavailable"] },
};

test("A daemon as the books have it passes every check.", () => {
  assert.deepEqual(
    judge(perfect).filter(({ ok }) => !ok),
    [],
  );
});

const faults: Record<string, Partial<Observation> | { daemon: Partial<Observation["daemon"]> }> = {
  "SIGHUP is ignored": { daemon: { ignored: "0000000000001000" } },
  "a real SIGHUP does nothing": { daemon: { survivedHangup: false } },
  "no signal is blocked": { daemon: { blocked: "0000000000000200" } },
  "the working directory is /": { daemon: { cwd: "/root" } },
  "the file mode mask is 0": { daemon: { umask: "0022" } },
  "no descriptor is inherited": { daemon: { strays: [37] } },
  "standard streams are /dev/null": { daemon: { streams: ["/dev/null", "/dev/pts/0", "/dev/null"] } },
  "it is not its launcher": { launcher: { pid: 12, ancestors: perfect.launcher.ancestors } },
  "it leads no process group": { daemon: { group: 12, session: 11 } },
  "it leads no session, so can't acquire a terminal": { daemon: { session: 12 } },
  "its session is new, and its leader has left": { daemon: { leaderRuns: true } },
  "it has no controlling terminal": { daemon: { terminal: 34816 } },
  "init has adopted it": { daemon: { parent: 10 } },
  "a failed fork returns (errno, strerror)": { refusedFork: undefined },
  "its own report agrees": { report: { path: "/createDaemon.log", text: undefined } },
};

for (const [property, fault] of Object.entries(faults)) {
  test(`The check "${property}" fails when it must.`, () => {
    const observation = { ...perfect, ...fault, daemon: { ...perfect.daemon, ...fault.daemon } } as Observation;
    assert.equal(judge(observation).find((check) => check.property === property)?.ok, false);
  });
}

test("The kernel's word for a subreaper's adoption is accepted, a stranger's is not.", () => {
  const adoptedBy = (parent: number): boolean | undefined =>
    judge({ ...perfect, daemon: { ...perfect.daemon, parent } }).find(({ property }) => property === "init has adopted it")?.ok;
  assert.equal(adoptedBy(5), true);
  assert.equal(adoptedBy(77), false);
});
