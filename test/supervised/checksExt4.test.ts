/** Checks of a real file system, and what du(1) can't see on it. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { checked } from "../fixtures/checks/checked.ts";
import { doing } from "../fixtures/checks/written.ts";
import { type Ext4, mountExt4, needsExt4 } from "../fixtures/supervised2/ext4.ts";
import { until } from "../support/wait.ts";

const REAL = { skip: needsExt4(), timeout: 400_000 };
/** Deleted files are looked for each minute. */
const LONG = { timeout: 150_000 };

test("an ext4 of 50 MB that is full, out of inodes, or read-only: each check fires once, acts, and recovers", REAL, async (t) => {
  let disk: Ext4 | undefined;
  const act = (dir: string, word: string) => ({ exec: ["sh", "-c", `echo "${word} $DAEMONITOR_CHECK_VALUE" >> ${join(dir, "acted")}`] });
  const s = await checked(t, (dir, defer) => {
    disk = mountExt4(dir);
    defer(disk.unmount);
    const { path } = disk;
    return {
      disk: [
        doing({ path, free: { below: "10%" }, for: "2 of 2" }, "alert", act(dir, "free")),
        doing({ path, inodes: { below: "10%" }, for: "2 of 2" }, "alert", act(dir, "inodes")),
        doing({ path, readOnly: true }, "alert", act(dir, "readOnly")),
      ],
    };
  });
  assert.ok(disk !== undefined);
  const { path, remount } = disk;
  const becomes = (id: string, wanted: "ok" | "firing") => s.check(id, ({ state }) => state === wanted);
  for (const id of ["disk: free", "disk: free inodes", "disk: read-only"]) await becomes(id, "ok");

  writeToTheEnd(join(path, "big"));
  await becomes("disk: free", "firing");
  rmSync(join(path, "big"));
  await becomes("disk: free", "ok");

  const files = makeToTheEnd(path);
  assert.ok(files.length > 200 && files.length < 300, String(files.length));
  await becomes("disk: free inodes", "firing");
  for (const file of files) rmSync(file);
  await becomes("disk: free inodes", "ok");

  remount("ro");
  await becomes("disk: read-only", "firing");
  remount("rw");
  await becomes("disk: read-only", "ok");

  const titles = ["free space below 10 %", "free inodes below 10 %", "read-only"];
  assert.deepEqual(
    await s.told(),
    titles.flatMap((title) => [`failing ${path}: ${title}`, `recovered ${path}: ${title}`]),
  );
  const acted = await until(
    "all to be done",
    () => {
      const done = existsSync(join(s.dir, "acted")) && readFileSync(join(s.dir, "acted"), "utf8").trim().split("\n");
      return done && done.length >= 3 && done;
    },
    LONG,
  );
  assert.deepEqual(
    acted.map((line) => line.replace(/ .*/, "")),
    ["free", "inodes", "readOnly"],
  );
});

test("space of a deleted file that a service holds open is told with the service, and is free again when it stops", REAL, async (t) => {
  let disk: Ext4 | undefined;
  const s = await checked(t, (dir, defer) => {
    disk = mountExt4(dir);
    defer(disk.unmount);
    return { disk: [doing({ path: disk.path, free: { below: "50%" } }, "alert")] };
  });
  assert.ok(disk !== undefined);
  const { path } = disk;
  const held = join(path, "held");
  const command = ["sh", "-c", `exec 7>${held}; head -c 30000000 /dev/zero >&7; rm ${held}; exec sleep 1000`];
  await s.apply({ holder: { command }, other: { command: ["sleep", "1000"] } });
  await s.check("disk: free", ({ state }) => state === "firing");
  const [found] = await until(
    "the file to be found",
    async () => {
      const { fileSystems } = await s.client.sample();
      const deletedButOpen = fileSystems.find((each) => each.path === path)?.deletedButOpen ?? [];
      return deletedButOpen.length > 0 && deletedButOpen;
    },
    LONG,
  );
  assert.ok(!existsSync(held));
  assert.deepEqual([found?.instance, found?.pid, found?.path], ["holder/0", (await s.status("holder/0")).pid, held]);
  assert.ok(Math.abs((found?.size ?? 0) - 30_000_000) < 100_000, String(found?.size));
  await s.client.act({ action: "stop", selector: "holder", by: "the test" });
  await s.check("disk: free", ({ state }) => state === "ok");
});

/** Bytes, until there is no room for more. */
function writeToTheEnd(path: string): void {
  const bytes = Buffer.alloc(2 ** 20, 1);
  untilFull(() => writeFileSync(path, bytes, { flag: "a" }));
}

/** Empty files, until there is no room for more. Returns them. */
function makeToTheEnd(directory: string): readonly string[] {
  const files: string[] = [];
  untilFull(() => {
    const file = join(directory, `small${files.length}`);
    writeFileSync(file, "");
    files.push(file);
  });
  return files;
}

function untilFull(write: () => void): void {
  try {
    for (;;) write();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
  }
}
