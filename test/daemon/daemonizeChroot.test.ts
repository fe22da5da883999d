import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { daemonize } from "../../src/index.ts";
import { type Tracked, track } from "../support/cleanup.ts";
import { findProgram, needsRoot } from "../support/needs.ts";
import { cli } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { atRest } from "./atRest.ts";
import { assertClassic, assertClassicNode } from "./classicState.ts";
import { launchFixture } from "./createDaemonFixture.ts";

test("a program in a new root: program and cwd are looked up inside, streams and pid file outside", { skip: needsRoot }, async (t) => {
  const tracked = track(t);
  const [root, dir] = [newRoot(tracked), tracked.dir()];
  const options = { chroot: root, cwd: "/var", stdout: `${dir}/out`, pidFile: `${dir}/pid`, user: "nobody", group: "daemon", groups: [] };
  const script = "echo /*; (cd /..; pwd); exec sleep 1000";
  const daemon = await atRest(tracked.kill(await daemonize("sh", ["-c", script], options)));
  const [uid, gid] = [idOf("passwd", "nobody"), idOf("group", "daemon")];
  assertClassic(daemon, {
    root,
    cwd: `${root}/var`,
    streams: ["/dev/null", `${dir}/out`, "/dev/null"],
    others: [`${dir}/pid`],
    uids: [uid, uid, uid, uid],
    gids: [gid, gid, gid, gid],
    groups: [],
  });
  assert.equal(daemon.exe, `${root}/bin/sleep`);
  assert.equal(
    readFileSync(`${dir}/out`, "utf8"),
    `${readdirSync(root)
      .sort()
      .map((name) => `/${name}`)
      .join(" ")}\n/\n`,
  );
});

test("in a new root a missing program or directory is an error of its step", { skip: needsRoot }, async (t) => {
  const root = newRoot(track(t));
  const refused = (file: string, options: object) => daemonize(file, [], { chroot: root, ...options });
  await assert.rejects(refused("/usr/bin/env", {}), { step: "exec", code: "ENOENT", subject: "/usr/bin/env" });
  await assert.rejects(refused("env", {}), { step: "exec", code: "ENOENT", subject: "env" });
  await assert.rejects(refused("sleep", { cwd: "/etc" }), { step: "chdir", code: "ENOENT", subject: "/etc" });
  const { code } = await cli(["daemonize", "--chroot", root, "--", "/usr/bin/env"]);
  assert.equal(code, 127);
});

test("a Node daemon changes its root when its modules are loaded", { skip: needsRoot }, async (t) => {
  const tracked = track(t);
  const root = tracked.dir();
  mkdirSync(`${root}/var`);
  const { daemon, dir, printed } = await launchFixture(tracked, { chroot: root, cwd: "/var" });
  const streams = ["/dev/null", `${dir}/out`, "/dev/null"];
  assertClassicNode(daemon, { root, cwd: `${root}/var`, streams, others: [`${dir}/pid`] });
  assert.equal(printed.cwd, "/var");
  process.kill(daemon.pid, "SIGTERM");
  // Its path leads elsewhere by now: it is emptied.
  await until("the pid file to be empty", () => readFileSync(`${dir}/pid`, "utf8") === "");
});

function idOf(database: string, name: string): number {
  return Number(execFileSync("getent", [database, name], { encoding: "utf8" }).split(":")[2]);
}

/** A directory with sh and sleep, and what they need to be loaded. */
function newRoot(tracked: Tracked): string {
  const root = tracked.dir();
  mkdirSync(`${root}/var`);
  for (const name of ["sh", "sleep"]) {
    const program = findProgram(name) ?? "";
    const libraries = [...execFileSync("ldd", [program], { encoding: "utf8" }).matchAll(/(\/\S+) \(0x/g)].map(([, path = ""]) => path);
    for (const path of libraries) copyInto(root, path);
    mkdirSync(`${root}/bin`, { recursive: true });
    copyFileSync(realpathSync(program), `${root}/bin/${name}`);
  }
  return root;
}

function copyInto(root: string, path: string): void {
  mkdirSync(join(root, dirname(path)), { recursive: true });
  copyFileSync(realpathSync(path), join(root, path));
}
