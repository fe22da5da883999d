import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { type Tracked, track } from "../support/cleanup.ts";
import { needsAll, needsRoot } from "../support/needs.ts";
import { cliArgv, type RunResult, run } from "../support/run.ts";
import { fixtureArgv } from "./createDaemonFixture.ts";

const canMount = spawnSync("unshare", ["-m", "true"]).status === 0 ? false : "mount namespaces can't be made here";
const skip = needsAll(needsRoot, canMount);

const daemonizing = (pidFile: string) => cliArgv(["daemonize", "--pid-file", pidFile, "--", "touch", `${pidFile}.started`]);
const creating = (pidFile: string) => fixtureArgv({ pidFile, errors: "exit" });

for (const [who, argv] of [
  ["daemonize", daemonizing],
  ["createDaemon", creating],
] as const) {
  test(`${who} with a pid file on a full disk: ENOSPC, exit code 73, nothing started and no file left`, { skip }, async (t) => {
    const disk = track(t).dir();
    const { code, stdout, stderr } = await inMounts(
      `mount -t tmpfs -o size=4096,nr_inodes=10 none "$0"; cat /dev/zero > "$0/full" 2> /dev/null || true; trap 'ls "$0"' EXIT`,
      disk,
      argv(`${disk}/pid`),
    );
    assert.equal(code, 73, stderr);
    assert.match(
      stderr,
      new RegExp(`(writePid|pid file) ${disk}/pid: No space left on device \\(ENOSPC\\); free some space and try again\n$`),
    );
    assert.equal(stdout, "full\n");
  });

  test(`${who} with a pid file on a disk without an inode left: ENOSPC`, { skip }, async (t) => {
    const disk = track(t).dir();
    const { code, stderr } = await inMounts('mount -t tmpfs -o nr_inodes=1 none "$0"', disk, argv(`${disk}/pid`));
    assert.equal(code, 73, stderr);
    assert.match(stderr, new RegExp(`pid file ${disk}/pid: No space left on device \\(ENOSPC\\)`));
  });

  test(`${who} with a pid file on a read-only file system: EROFS`, { skip }, async (t) => {
    const disk = track(t).dir();
    const { code, stderr } = await inMounts('mount -t tmpfs -o ro none "$0"', disk, argv(`${disk}/pid`));
    assert.equal(code, 73, stderr);
    assert.match(stderr, new RegExp(`pid file ${disk}/pid: Read-only file system \\(EROFS\\)`));
  });

  test(`${who} where /dev/null is an ordinary file: ENODEV, and the file stays empty`, { skip }, async (t) => {
    const tracked = track(t);
    const fake = nullDevice(tracked);
    const { code, stderr } = await inMounts('mount --bind "$0" /dev/null', fake, argv(`${tracked.dir()}/pid`));
    assert.equal(code, 73, stderr);
    assert.match(
      stderr,
      /openAt \/dev\/null: No such device \(ENODEV\); it is not the null device \(character device 1:3\): mend it with mknod\n$/,
    );
    assert.equal(readFileSync(fake, "utf8"), "");
  });

  test(`${who} where /dev/null is another device: ENODEV`, { skip }, async (t) => {
    const { code, stderr } = await inMounts('mount --bind "$0" /dev/null', "/dev/zero", argv(`${track(t).dir()}/pid`));
    assert.equal(code, 73, stderr);
    assert.match(stderr, /openAt \/dev\/null: No such device \(ENODEV\)/);
  });
}

test("a full disk for the log stops no start: what can't be written is the daemon's to handle", {
  skip,
}, async (t) => {
  const disk = track(t).dir();
  const script = `mount -t tmpfs -o size=4096 none "$0"; cat /dev/zero > "$0/log" 2> /dev/null || true`;
  const { code, stderr } = await inMounts(script, disk, cliArgv(["daemonize", "--stdout", `${disk}/log`, "--", "true"]));
  assert.deepEqual([code, stderr], [0, ""]);
});

function nullDevice(tracked: Tracked): string {
  const file = `${tracked.dir()}/null`;
  writeFileSync(file, "");
  return file;
}

/** Runs a command in a mount namespace of its own, after a script that has `path` as $0. */
function inMounts(script: string, path: string, argv: readonly string[]): Promise<RunResult> {
  return run("unshare", ["-m", "sh", "-c", `set -e; ${script}; "$@"`, path, ...argv]);
}
