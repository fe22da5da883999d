import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, statSync } from "node:fs";
import { test } from "node:test";
import { track } from "../support/cleanup.ts";
import { needsRoot } from "../support/needs.ts";
import { until } from "../support/wait.ts";
import { assertClassicNode } from "./classicState.ts";
import { launchFixture } from "./createDaemonFixture.ts";

const [, , uid = "", gid = "", , home = ""] = execFileSync("getent", ["passwd", "nobody"], { encoding: "utf8" }).trim().split(":");
const nobody = { uids: four(Number(uid)), gids: four(Number(gid)) };

test("a Node daemon becomes its user with all threads, has its HOME, and can't become root again", { skip: needsRoot }, async (t) => {
  const { daemon, printed, dir } = await launchFixture(track(t), { user: "nobody", groups: ["adm", 12_345] }, { action: "root" });
  const adm = Number(execFileSync("getent", ["group", "adm"], { encoding: "utf8" }).split(":")[2]);
  const others = { streams: ["/dev/null", `${dir}/out`, "/dev/null"], others: [`${dir}/pid`] };
  assertClassicNode(daemon, { ...nobody, groups: [adm, 12_345], ...others });
  const { HOME, USER, LOGNAME } = printed.env;
  assert.deepEqual({ HOME, USER, LOGNAME }, { HOME: home, USER: "nobody", LOGNAME: "nobody" });
  await until("the attempt", () => readFileSync(`${dir}/out`, "utf8").endsWith("EPERM\n"));
  const threads = execFileSync("sh", ["-c", `cat /proc/${daemon.pid}/task/*/status | grep -E '^(Uid|Gid|Groups)' | sort -u | wc -l`]);
  assert.equal(Number(threads), 3, "all threads have the same");
});

test("a Node daemon of another user has its module files, log and pid file where only root may go", { skip: needsRoot }, async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  chmodSync(dir, 0o700);
  const pidFile = tracked.killNamedIn(`${dir}/pid`);
  const { daemon } = await launchFixture(tracked, { user: "nobody", stderr: `${dir}/err`, pidFile });
  assert.deepEqual(daemon.uids, nobody.uids);
  assert.deepEqual([statSync(`${dir}/err`).uid, statSync(pidFile).uid], [0, 0]);
  process.kill(daemon.pid, "SIGTERM");
  // It can't remove the file any more, so it empties it: an empty one names nobody.
  await until("the pid file to be empty", () => statSync(pidFile).size === 0);
});

test("a change of user leaves a daemon undumpable, unless it is to dump core", { skip: needsRoot }, async (t) => {
  const tracked = track(t);
  const owners = [];
  for (const coreDump of [undefined, false, true]) {
    const { daemon } = await launchFixture(tracked, { user: "nobody", coreDump });
    owners.push(statSync(`/proc/${daemon.pid}/environ`).uid);
  }
  assert.deepEqual(owners, [0, 0, Number(uid)]);
});

function four(id: number): number[] {
  return [id, id, id, id];
}
