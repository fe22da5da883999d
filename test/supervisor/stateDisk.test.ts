import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { track } from "../support/cleanup.ts";
import { needsAll, needsRoot } from "../support/needs.ts";
import { node24, run } from "../support/run.ts";

const canMount = spawnSync("unshare", ["-m", "true"]).status === 0 ? false : "mount namespaces can't be made here";
const skip = needsAll(needsRoot, canMount);

async function onDisk(dir: string, trouble: string): Promise<unknown> {
  const mount = 'mount -t tmpfs -o size=65536,mode=0700 none "$0" && exec "$@"';
  const { code, stdout, stderr } = await run("unshare", [
    "-m",
    "sh",
    "-c",
    mount,
    dir,
    node24,
    join(import.meta.dirname, "stateDisk.ts"),
    dir,
    trouble,
  ]);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

test("a full disk: saving and appending fail with ENOSPC, what was there stays whole, and all is made up for when there is room", {
  skip,
}, async (t) => {
  const dir = track(t).dir();
  assert.deepEqual(await onDisk(dir, "full"), {
    journalFailed: "ENOSPC",
    saveFailed: `desired state ${dir}/services.json: No space left on device (ENOSPC); free some space and try again`,
    untouched: true,
    left: ["filler", "journal", "services.json"],
    whileBehind: { behind: true, catchUp: false, lock: "nothing" },
    caughtUp: true,
    unwritten: 1,
    attempt: 0,
    saved: ["db", "web"],
    kinds: ["failing", "failing", "recovered", "recovered"],
    damaged: [],
  });
});

test("a disk that becomes read-only: saving fails with EROFS and says what to do, and is made up for", { skip }, async (t) => {
  const dir = track(t).dir();
  assert.deepEqual(await onDisk(dir, "read-only"), {
    journalFailed: "not tried",
    saveFailed: `desired state ${dir}/services.json: Read-only file system (EROFS); make the file system writable, or set DAEMONITOR_HOME to another directory`,
    untouched: true,
    left: ["journal", "services.json"],
    whileBehind: {},
    caughtUp: true,
    unwritten: 0,
    attempt: 0,
    saved: ["db", "web"],
    kinds: ["failing", "recovered"],
    damaged: [],
  });
});
