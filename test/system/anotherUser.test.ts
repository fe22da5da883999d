import assert from "node:assert/strict";
import { chownSync, existsSync, readFileSync, statSync } from "node:fs";
import { test } from "node:test";
import { track } from "../support/cleanup.ts";
import { needsAll, needsProgram, needsRoot, needsUnprivileged } from "../support/needs.ts";
import { inspect } from "../support/process.ts";
import { cli, cliArgv, fixture, node24, run } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { daemonized, stopped } from "./daemons.ts";

/** Name, uid, gid and groups as id(1) tells them, the primary group first. */
interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

const webServer = await account("www-data");
/** Somebody who is in more than one group. */
const member = await account(await memberOfGroups());

for (const user of [webServer, member]) {
  const skip = needsAll(needsRoot, user === undefined ? "there is no such user" : false);

  test(`A daemon for ${user?.name ?? "a user with several groups"} has the uid, gid and groups that id(1) tells, and no more.`, {
    skip,
  }, async (t) => {
    assert.ok(user !== undefined);
    const tracked = track(t);
    const script = "id -u; id -g; id -G; exec sleep 1000";
    const daemon = await daemonized(tracked, tracked.dir(), ["sh", "-c", script], ["--user", user.name]);
    await until("its words", () => daemon.log() === `${user.uid}\n${user.gid}\n${user.groups.join(" ")}\n`);
    const { uids, gids, groups } = inspect(daemon.pid);
    assert.deepEqual(new Set(uids), new Set([user.uid]));
    assert.deepEqual(new Set(gids), new Set([user.gid]));
    assert.deepEqual(sorted(groups), sorted(user.groups));
    // Both were opened and locked by root, before it gave up its privileges.
    assert.deepEqual([statSync(daemon.pidFile).uid, statSync(daemon.logFile).uid], [0, 0]);
    await stopped(daemon);
  });
}

test("None of the caller's own groups stays, and capabilities are gone.", {
  skip: needsAll(needsRoot, needsProgram("setpriv")),
}, async (t) => {
  const tracked = track(t);
  const command = cliArgv(["daemonize", "--print-pid", "--user", "nobody", "--", "sleep", "1000"]);
  const { code, stdout, stderr } = await run("setpriv", ["--groups", "4,27,1234", ...command]);
  assert.deepEqual([code, stderr], [0, ""]);
  const pid = tracked.kill(Number(stdout));
  const nobody = await account("nobody");
  assert.deepEqual(sorted(inspect(pid).groups), sorted(nobody?.groups ?? []));
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  assert.match(status, /^CapEff:\s+0+$/m);
  assert.match(status, /^CapPrm:\s+0+$/m);
});

test("--group and --groups say otherwise, by name or number.", { skip: needsRoot }, async (t) => {
  const tracked = track(t);
  const flags = ["--print-pid", "--user", "nobody", "--group", "daemon", "--groups", "adm,1234"];
  const { stdout, stderr } = await cli(["daemonize", ...flags, "--", "sleep", "1000"]);
  assert.equal(stderr, "");
  const { gids, groups } = inspect(tracked.kill(Number(stdout)));
  assert.deepEqual(new Set(gids), new Set([await groupId("daemon")]));
  assert.deepEqual(sorted(groups), sorted([await groupId("adm"), 1234]));
});

test("A Node program that daemonizes itself becomes the user as a whole, with every thread.", {
  skip: needsAll(needsRoot, member === undefined ? "there is no such user" : false),
}, async (t) => {
  assert.ok(member !== undefined);
  const tracked = track(t);
  const dir = tracked.dir();
  chownSync(dir, member.uid, member.gid);
  const pidFile = tracked.killNamedIn(`${dir}/pid`);
  const options = JSON.stringify({ pidFile, user: member.name });
  const { code, stderr } = await run(node24, [fixture("system/asUser.ts"), options]);
  assert.deepEqual([code, stderr], [0, ""]);
  const pid = Number(readFileSync(pidFile, "utf8"));
  const { uids, gids, groups } = inspect(pid);
  assert.deepEqual([new Set(uids), new Set(gids)], [new Set([member.uid]), new Set([member.gid])]);
  assert.deepEqual(sorted(groups), sorted(member.groups));
  const threads = (await run("sh", ["-c", `grep -h ^Uid: /proc/${pid}/task/*/status | sort -u`])).stdout.trim().split("\n");
  assert.deepEqual(threads, [`Uid:\t${member.uid}\t${member.uid}\t${member.uid}\t${member.uid}`]);
  await stopped({ pid, pidFile });
  assert.ok(!existsSync(pidFile));
});

test("Without privileges nobody becomes another user, and nothing is started.", { skip: needsUnprivileged }, async (t) => {
  const dir = track(t).dir();
  const flags = ["--user", "root", "--pid-file", `${dir}/pid`];
  const { code, stderr } = await cli(["daemonize", ...flags, "--", "touch", `${dir}/touched`]);
  assert.equal(code, 77);
  assert.match(stderr, /^daemonitor: set(Groups|Gid|Uid) .*Operation not permitted \(EPERM\)/);
  assert.ok(!existsSync(`${dir}/pid`) && !existsSync(`${dir}/touched`));
});

async function account(name: string | undefined): Promise<Account | undefined> {
  if (name === undefined) return undefined;
  const id = async (flag: string) => (await run("id", [flag, name])).stdout.trim().split(" ").map(Number);
  const [[uid], [gid], groups] = await Promise.all([id("-u"), id("-g"), id("-G")]);
  return uid === undefined || gid === undefined || Number.isNaN(uid) || uid + gid === 0 ? undefined : { name, uid, gid, groups };
}

async function memberOfGroups(): Promise<string | undefined> {
  const { stdout } = await run("getent", ["group"]);
  const members = stdout.split("\n").flatMap((line) => (line.split(":")[3] ?? "").split(","));
  return members.find((name) => name !== "" && name !== "root");
}

async function groupId(name: string): Promise<number> {
  return Number((await run("getent", ["group", name])).stdout.split(":")[2]);
}

function sorted(numbers: readonly number[]): number[] {
  return [...numbers].sort((a, b) => a - b);
}
