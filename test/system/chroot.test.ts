import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { type TestContext, test } from "node:test";
import { type Tracked, track } from "../support/cleanup.ts";
import { findProgram, needsAll, needsProgram, needsRoot } from "../support/needs.ts";
import { inspect } from "../support/process.ts";
import { cli, run } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { daemonized, stopped } from "./daemons.ts";
import { ask } from "./sockets.ts";

const skip = needsAll(needsRoot, needsProgram("ldd"));

test("A program in a chroot sees nothing else; its log and pid file lie outside.", { skip }, async (t) => {
  const { tracked, jail, outside } = await prison(t, ["sh", "sleep"]);
  const script = 'echo "in $(pwd)"; [ -e /etc ] || echo "no /etc"; echo kept > file; exec sleep 1000';
  const daemon = await daemonized(tracked, outside, ["sh", "-c", script], ["--chroot", jail, "--cwd", "/data"]);
  await until("its words", () => daemon.log() === "in /data\nno /etc\n");
  await until("its file", () => existsSync(`${jail}/data/file`) && readFileSync(`${jail}/data/file`, "utf8") === "kept\n");
  const { root, cwd } = inspect(daemon.pid);
  assert.deepEqual([root, cwd], [jail, `${jail}/data`]);
  await stopped(daemon);
  assert.ok(!existsSync(daemon.pidFile));
});

test("The command is looked up inside: what only the caller has is not found.", { skip }, async (t) => {
  const { jail } = await prison(t, ["sh"]);
  for (const command of ["sleep", "/usr/bin/env"]) {
    const { code, stderr } = await cli(["daemonize", "--chroot", jail, "--", command, "1000"]);
    assert.equal(code, 127);
    assert.match(stderr, new RegExp(`^daemonitor: exec ${command}: No such file or directory \\(ENOENT\\)`));
  }
});

test("A working directory that exists only outside is an error.", { skip }, async (t) => {
  const { jail, outside } = await prison(t, ["sh"]);
  const { code, stderr } = await cli(["daemonize", "--chroot", jail, "--cwd", outside, "--", "sh"]);
  assert.equal(code, 78);
  assert.ok(stderr.startsWith(`daemonitor: chdir ${outside}: No such file or directory (ENOENT)`), stderr);
});

test("Redis in a chroot, as another user, reports that it is ready and is reached from outside.", {
  skip: needsAll(skip, needsProgram("redis-server")),
}, async (t) => {
  const { tracked, jail, outside } = await prison(t, ["redis-server"]);
  const program = ["redis-server", "--port", "0", "--unixsocket", "/data/redis.sock", "--save", "", "--supervised", "systemd"];
  const flags = ["--chroot", jail, "--cwd", "/data", "--user", "nobody", "--ready", "notify"];
  await run("chown", ["nobody", `${jail}/data`]);
  const daemon = await daemonized(tracked, outside, program, flags);
  assert.equal(await ask({ path: `${jail}/data/redis.sock` }, "PING\r\n"), "+PONG\r\n");
  const { root, uids } = inspect(daemon.pid);
  assert.equal(root, jail);
  assert.ok(!uids.includes(0));
  await stopped(daemon);
});

/** A directory with these programs, the libraries that they load, and nothing else. */
async function prison(t: TestContext, programs: readonly string[]): Promise<{ tracked: Tracked; jail: string; outside: string }> {
  const tracked = track(t);
  const outside = tracked.dir();
  const jail = `${outside}/jail`;
  mkdirSync(`${jail}/data`, { recursive: true });
  for (const program of programs) {
    const path = findProgram(program) ?? program;
    const { stdout } = await run("ldd", [path]);
    copy(path, `${jail}/bin/${program}`);
    for (const [, library = ""] of stdout.matchAll(/(?:^|\s)(\/\S+) \(0x/gm)) copy(library, `${jail}${library}`);
  }
  return { tracked, jail, outside };
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}
