import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { type Answer, type DistantLauncher, distantLauncher } from "../daemon/daemonizeLauncher.ts";
import { type Tracked, track } from "../support/cleanup.ts";
import { needsAll, needsProgram, needsRoot } from "../support/needs.ts";
import { allPids, isAlive } from "../support/process.ts";
import { until } from "../support/wait.ts";

/** How the number of processes is limited: `more` than the launcher has by now. */
interface Scarcity {
  readonly by: string;
  readonly skip: string | false;
  /** Starts the launcher where it can be limited; the directory is its own. */
  start(tracked: Tracked, program: readonly [string, ...string[]], dir: string): Promise<DistantLauncher & { limit(more: number): void }>;
}

const scarcities: readonly Scarcity[] = [
  { by: "RLIMIT_NPROC", skip: needsAll(needsRoot, needsProgram("prlimit")), start: underProcessLimit },
  { by: "pids.max of a cgroup", skip: needsAll(needsRoot, needsPidsController()), start: inCgroup },
];

const steps = ["fork", "fork again"] as const;

for (const { by, skip, start } of scarcities) {
  for (const [more, step] of steps.entries()) {
    test(`EAGAIN by ${by} at "${step}" of daemonize reaches the caller, and nothing is left behind`, { skip }, async (t) => {
      const tracked = track(t);
      const dir = tracked.dir();
      const launcher = await start(tracked, ["daemonizer.ts"], dir);
      const question = { file: "sleep", args: ["1000"], options: { pidFile: `${dir}/pid`, stdout: `${dir}/out` } };
      launcher.limit(more);
      assertRefused(await launcher.ask(question), step);
      assertNothingLeft(launcher, dir);

      launcher.limit(20);
      const answer = await launcher.ask(question);
      assert.ok("pid" in answer && isAlive(tracked.kill(answer.pid)), "once there is room it works");
    });

    test(`EAGAIN by ${by} at "${step}" of createDaemon is an error, and nothing is left behind`, { skip }, async (t) => {
      const tracked = track(t);
      const dir = tracked.dir();
      const launcher = await start(tracked, ["daemonOnCue.ts", JSON.stringify({ pidFile: `${dir}/pid` })], dir);
      launcher.limit(more);
      assertRefused(await launcher.ask(""), step);
      assertNothingLeft(launcher, dir);
    });
  }

  test(`EAGAIN by ${by} with errors: return is the recipe's tuple`, { skip }, async (t) => {
    const tracked = track(t);
    const launcher = await start(tracked, ["daemonOnCue.ts", '{ "errors": "return" }'], tracked.dir());
    launcher.limit(1);
    assert.deepEqual(await launcher.ask(""), [11, "Resource temporarily unavailable"]);
  });
}

function assertRefused(answer: Answer, step: string): void {
  assert.ok("step" in answer, JSON.stringify(answer));
  const { code, errno, strerror, exitCode, message } = answer;
  assert.deepEqual([answer.step, code, errno, strerror, exitCode], [step, "EAGAIN", 11, "Resource temporarily unavailable", 75]);
  assert.match(message, new RegExp(`^${step}: Resource temporarily unavailable \\(EAGAIN\\); a process limit is reached: `));
}

function assertNothingLeft({ pid }: DistantLauncher, dir: string): void {
  const uid = uidOf(pid);
  assert.deepEqual(processesOf(uid), [pid]);
  assert.ok(!existsSync(`${dir}/pid`));
}

/** Limits the processes of a user that has no other ones. */
async function underProcessLimit(tracked: Tracked, program: readonly [string, ...string[]], dir: string) {
  const launcher = await asUnusedUser(tracked, program, dir);
  const limit = (more: number) => {
    // As the same user: for another one even root needs CAP_SYS_RESOURCE.
    const uid = uidOf(launcher.pid);
    execFileSync("prlimit", ["--pid", String(launcher.pid), `--nproc=${threadsOf(launcher.pid) + more}:`], { uid, gid: uid });
  };
  return { ...launcher, limit };
}

/** Limits the processes of a cgroup that has no other ones. */
async function inCgroup(tracked: Tracked, program: readonly [string, ...string[]], dir: string) {
  const cgroup = `${pidsController()}/daemonitor-test-${process.pid}-${Date.now()}`;
  mkdirSync(cgroup);
  // A zombie counts until it is reaped.
  tracked.defer(() => until("the cgroup to be empty", () => rmdirSync(cgroup) ?? true));
  const launcher = await asUnusedUser(tracked, program, dir);
  writeFileSync(`${cgroup}/cgroup.procs`, String(launcher.pid));
  const limit = (more: number) =>
    writeFileSync(`${cgroup}/pids.max`, String(Number(readFileSync(`${cgroup}/pids.current`, "utf8")) + more));
  return { ...launcher, limit };
}

async function asUnusedUser(tracked: Tracked, program: readonly [string, ...string[]], dir: string): Promise<DistantLauncher> {
  const uid = unusedUid();
  chownSync(dir, uid, uid);
  return distantLauncher(tracked, program, { uid, gid: uid });
}

function unusedUid(): number {
  const uid = 50_000 + Math.floor(Math.random() * 10_000);
  return processesOf(uid).length === 0 ? uid : unusedUid();
}

function processesOf(uid: number): number[] {
  return allPids().filter((pid) => uidOf(pid) === uid);
}

/** -1 for a process that is gone. */
function uidOf(pid: number): number {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid ?? -1;
}

function threadsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).length;
}

function needsPidsController(): string | false {
  return pidsController() === undefined ? "no cgroup with a pids controller can be made here" : false;
}

/** Of cgroup v1, or v2 where the controller is handed on. */
function pidsController(): string | undefined {
  const v1 = "/sys/fs/cgroup/pids";
  if (existsSync(`${v1}/cgroup.procs`)) return v1;
  const v2 = "/sys/fs/cgroup";
  const controllers = existsSync(`${v2}/cgroup.subtree_control`) ? readFileSync(`${v2}/cgroup.subtree_control`, "utf8") : "";
  return controllers.split(/\s+/).includes("pids") ? v2 : undefined;
}
