import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, statSync } from "node:fs";
import { test } from "node:test";
import { daemonize } from "../../src/index.ts";
import { track } from "../support/cleanup.ts";
import { needsAll, needsProgram, needsRoot } from "../support/needs.ts";
import { inspect } from "../support/process.ts";
import { atRest } from "./atRest.ts";
import { assertClassic } from "./classicState.ts";
import { distantLauncher } from "./daemonizeLauncher.ts";

const NOBODY = needsRoot === false ? account("nobody") : { uid: 0, gid: 0, home: "", shell: "" };
const needsSetpriv = needsAll(needsRoot, needsProgram("setpriv"));
const four = (id: number) => [id, id, id, id];

test("a user brings its own group and supplementary groups along, and its HOME, USER, LOGNAME and SHELL", {
  skip: needsRoot,
}, async (t) => {
  const daemon = await atRest(track(t).kill(await daemonize("sleep", ["1000"], { user: "nobody" })));
  assertClassic(daemon, { uids: four(NOBODY.uid), gids: four(NOBODY.gid), groups: groupsOf("nobody") });
  const variables = daemon.environ.filter((entry) => /^(HOME|USER|LOGNAME|SHELL)=/.test(entry)).sort();
  assert.deepEqual(variables, [`HOME=${NOBODY.home}`, "LOGNAME=nobody", `SHELL=${NOBODY.shell}`, "USER=nobody"]);
});

test("group and groups are what was asked, by name or number", { skip: needsRoot }, async (t) => {
  const tracked = track(t);
  const options = { user: NOBODY.uid, group: "daemon", groups: ["adm", 12_345] };
  const daemon = await atRest(tracked.kill(await daemonize("sleep", ["1000"], options)));
  const [daemonGroup, adm] = [groupId("daemon"), groupId("adm")];
  assertClassic(daemon, { uids: four(NOBODY.uid), gids: four(daemonGroup), groups: [adm, 12_345] });
  const none = await atRest(tracked.kill(await daemonize("sleep", ["1000"], { user: "nobody", groups: [] })));
  assert.deepEqual([none.gids, none.groups], [four(NOBODY.gid), []]);
  const groupOnly = await atRest(tracked.kill(await daemonize("sleep", ["1000"], { group: "daemon" })));
  assertClassic(groupOnly, { gids: four(daemonGroup), groups: [daemonGroup] });
});

test("a user without an entry needs a group, and gets no name", { skip: needsRoot }, async (t) => {
  const daemon = await atRest(track(t).kill(await daemonize("sleep", ["1000"], { user: 54_321, group: 54_322 })));
  assertClassic(daemon, { uids: four(54_321), gids: four(54_322), groups: [54_322] });
});

test("root can't be regained, and no capability is left", { skip: needsSetpriv }, async (t) => {
  const tracked = track(t);
  const out = `${tracked.dir()}/out`;
  const script =
    "setpriv --reuid 0 true; echo $?; setpriv --regid 0 --clear-groups true; echo $?; grep -c 'Cap\\(Eff\\|Prm\\|Amb\\).*[1-9a-f]' /proc/self/status";
  const pid = await daemonize("sh", ["-c", `${script}; exec sleep 1000`], { user: "nobody", stdout: out });
  tracked.killSession(pid);
  await atRest(pid);
  const [user, group, capabilities] = readFileSync(out, "utf8").trim().split("\n");
  assert.notEqual(user, "0");
  assert.notEqual(group, "0");
  assert.equal(capabilities, "0");
});

test("files are opened before the user changes: a log that only root may write to", { skip: needsRoot }, async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  chmodSync(dir, 0o711);
  const pid = await daemonize("sleep", ["1000"], { user: "nobody", stdout: `${dir}/log`, pidFile: `${dir}/pid` });
  tracked.kill(pid);
  assert.deepEqual([statSync(`${dir}/log`).uid, statSync(`${dir}/pid`).uid], [0, 0]);
  assertClassic(await atRest(pid), {
    uids: four(NOBODY.uid),
    gids: four(NOBODY.gid),
    groups: groupsOf("nobody"),
    streams: ["/dev/null", `${dir}/log`, "/dev/null"],
    others: [`${dir}/pid`],
  });
});

test("a launcher keeps its user and stays dumpable after it has launched a daemon as another user", { skip: needsSetpriv }, async (t) => {
  const tracked = track(t);
  const launcher = await distantLauncher(tracked, ["daemonizer.ts"], { before: ["setpriv", "--regid", "54321", "--clear-groups"] });
  // The files of a process that is not dumpable belong to root's group: proc_pid(5).
  const owner = () => statSync(`/proc/${launcher.pid}/environ`).gid;
  assert.equal(owner(), 54_321);
  const before = inspect(launcher.pid);
  const answer = await launcher.ask({ file: "sleep", args: ["1000"], options: { user: "nobody", group: "daemon" } });
  assert.ok("pid" in answer, JSON.stringify(answer));
  assert.deepEqual((await atRest(tracked.kill(answer.pid))).uids, four(NOBODY.uid));
  const { uids, gids, groups, sigBlk, sigIgn } = inspect(launcher.pid);
  assert.deepEqual({ ...before, uids, gids, groups, sigBlk, sigIgn }, before);
  assert.equal(owner(), 54_321);
});

test("capabilities that would let the daemon become root are an error", { skip: needsSetpriv }, async (t) => {
  const caps = "-all,+setuid,+setgid";
  const before = ["setpriv", "--reuid", "54321", "--regid", "54321", "--clear-groups", `--inh-caps=${caps}`, `--ambient-caps=${caps}`];
  const launcher = await distantLauncher(track(t), ["daemonizer.ts"], { before });
  const answer = await launcher.ask({ file: "sleep", args: ["1000"], options: { user: "nobody" } });
  assert.ok("step" in answer, JSON.stringify(answer));
  assert.deepEqual([answer.step, answer.code, answer.subject], ["setUid", "ENOTRECOVERABLE", String(NOBODY.uid)]);
});

function account(name: string) {
  const [, , uid = "", gid = "", , home = "", shell = ""] = getent("passwd", name);
  return { uid: Number(uid), gid: Number(gid), home, shell };
}

function groupId(name: string): number {
  return Number(getent("group", name)[2]);
}

function groupsOf(user: string): number[] {
  return execFileSync("id", ["-G", user], { encoding: "utf8" }).trim().split(" ").map(Number);
}

function getent(database: string, name: string): string[] {
  return execFileSync("getent", [database, name], { encoding: "utf8" }).trim().split(":");
}
