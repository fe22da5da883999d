import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { PidFile } from "../../src/daemon/pidFile.ts";
import { DaemonError } from "../../src/launch/errors.ts";
import { actor } from "../support/actor.ts";
import { track } from "../support/cleanup.ts";
import { isRoot, needsProgram, needsRoot } from "../support/needs.ts";
import { run } from "../support/run.ts";

const NOBODY = 65_534;

const stale: Record<string, string | Buffer> = {
  "that is empty": "",
  "that names a process that is gone": "4194303\n",
  "that names a live stranger": `${process.ppid}\n`,
  "that names pid 1": "1\n",
  "that is longer than the new one": "1234567\nmore\nlines\n",
  "of garbage": Buffer.from([0, 255, 10, 0, 200, 45, 49]),
  "that holds a negative number": "-1\n",
};

for (const [what, content] of Object.entries(stale)) {
  test(`A file ${what} never blocks a start.`, (t) => {
    const path = join(track(t).dir(), "x.pid");
    writeFileSync(path, content, { mode: 0o644 });
    const pidFile = PidFile.acquire(path);
    t.after(() => pidFile.close());
    pidFile.write();
    assert.equal(readFileSync(path, "latin1"), `${process.pid}\n`);
  });
}

const untrusted: Record<string, { make: (path: string) => unknown; found: RegExp; skip?: string | false }> = {
  "a symbolic link": {
    make: (path) => writeFileSync(`${path}.target`, "1\n") ?? symlinkSync(`${path}.target`, path),
    found: /is a symbolic link/,
  },
  "a dangling symbolic link": { make: (path) => symlinkSync(`${path}.target`, path), found: /is a symbolic link/ },
  "a FIFO": { make: (path) => execFileSync("mkfifo", [path]), found: /is a FIFO/ },
  "a directory": { make: (path) => mkdirSync(path), found: /is a directory/ },
  "a device": { make: (path) => execFileSync("mknod", [path, "c", "1", "3"]), found: /is a device/, skip: needsRoot },
  "a hard link": { make: (path) => writeFileSync(`${path}.other`, "1\n") ?? linkSync(`${path}.other`, path), found: /has 2 names/ },
  "a file that everybody can write": {
    make: (path) => writeFileSync(path, "1\n") ?? chmodSync(path, 0o646),
    found: /is writable by everybody; chmod o-w/,
  },
  "a file that a foreign group can write": {
    make: (path) => writeFileSync(path, "1\n") ?? chownSync(path, 0, NOBODY) ?? chmodSync(path, 0o664),
    found: /is writable by group 65534/,
    skip: needsRoot,
  },
  "a file of another user": {
    make: (path) => writeFileSync(path, "1\n") ?? chownSync(path, NOBODY, NOBODY),
    found: /belongs to another user \(uid 65534\)/,
    skip: needsRoot,
  },
  "a file with too much in it": { make: (path) => writeFileSync(path, "x".repeat(5000)), found: /holds 5000 bytes/ },
};

for (const [what, { make, found, skip = false }] of Object.entries(untrusted)) {
  test(`What is ${what} is refused as a pid file and left as it is.`, { skip }, (t) => {
    const path = join(track(t).dir(), "x.pid");
    make(path);
    const before = lstatSync(path);
    assert.throws(
      () => PidFile.acquire(path),
      (error) => error instanceof DaemonError && error.code === "ERR_PID_FILE" && error.exitCode === 73 && found.test(error.message),
    );
    const now = lstatSync(path);
    assert.deepEqual([now.ino, now.size, now.mode, now.mtimeMs], [before.ino, before.size, before.mode, before.mtimeMs]);
    assert.ok(!existsSync(`${path}.target`) || readFileSync(`${path}.target`, "latin1") === "1\n");
  });
}

test("A socket is refused as a pid file.", async (t) => {
  const path = join(track(t).dir(), "x.pid");
  const server = createServer().listen(path);
  await new Promise((resolve) => server.once("listening", resolve));
  t.after(() => server.close());
  assert.throws(() => PidFile.acquire(path), { code: "ERR_PID_FILE", message: /is a socket/ });
});

test("Files of the user that the daemon becomes are trusted.", { skip: needsRoot }, (t) => {
  const path = join(track(t).dir(), "x.pid");
  writeFileSync(path, "1\n");
  chownSync(path, NOBODY, NOBODY);
  PidFile.acquire(path, { owner: NOBODY }).close();
  assert.equal(statSync(path).size, 0);
});

test("A missing directory is an error that names it.", (t) => {
  const path = join(track(t).dir(), "missing", "x.pid");
  assert.throws(() => PidFile.acquire(path), {
    code: "ENOENT",
    errno: 2,
    step: "pid file",
    message: /create the directory .*\/missing first$/,
  });
});

test("A directory that can't be written is an error of errno EACCES.", async (t) => {
  const tracked = track(t);
  const directory = tracked.dir();
  chmodSync(directory, 0o555);
  const refusal = await actor(tracked, join(directory, "x.pid"), isRoot ? { uid: NOBODY, gid: NOBODY } : {}).refused("acquire");
  assert.deepEqual([refusal.code, refusal.errno, refusal.exitCode], ["EACCES", 13, 77]);
});

test("On a full disk the error says so, and the file stays empty.", { skip: needsProgram("unshare") }, async (t) => {
  const tracked = track(t);
  const directory = tracked.dir();
  const path = join(directory, "x.pid");
  const namespace = ["unshare", isRoot ? "-m" : "-rm", "sh", "-ec"];
  const mount = 'mount -t tmpfs -o size=64k none "$0"; cat /dev/zero >"$0/fill" 2>/dev/null || :; exec "$@"';
  const [file = "", ...args] = [...namespace, mount, directory];
  const probe = await run(file, [...args, "true"]);
  if (probe.code !== 0) return t.skip(`no file system can be mounted here: ${probe.stderr.trim()}`);
  const daemon = actor(tracked, path, {}, [file, ...args]);
  assert.equal(await daemon.tell("acquire"), "acquired");
  const refusal = await daemon.refused("write");
  assert.deepEqual([refusal.code, refusal.errno, refusal.step, refusal.exitCode], ["ENOSPC", 28, "pid file", 73]);
  assert.match(refusal.message, /x\.pid: No space left on device \(ENOSPC\); free some space and try again$/);
  assert.equal(statSync(`/proc/${daemon.pid}/root${path}`).size, 0);
  assert.equal(await daemon.tell("remove"), "removed");
});
