/** Directories, files and file systems as they are. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, linkSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import type { statfs } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { findDeleted } from "../../src/monitor/deletedFiles.ts";
import { Directories } from "../../src/monitor/directories.ts";
import { DirectoryCount } from "../../src/monitor/directoryCount.ts";
import { filesOf } from "../../src/monitor/diskEntries.ts";
import { FileSystems } from "../../src/monitor/fileSystems.ts";
import { Files } from "../../src/monitor/files.ts";
import { LogSizes } from "../../src/monitor/logSizes.ts";
import { type Tracked, track } from "../support/cleanup.ts";
import { start } from "../support/run.ts";
import { until } from "../support/wait.ts";

const now = () => performance.now();
const isRoot = process.geteuid?.() === 0;

async function count(path: string, step = 7) {
  const counting = new DirectoryCount(path);
  for (;;) {
    const sum = await counting.step(step);
    if (sum !== undefined) return sum;
  }
}

/** Bytes on the disk, by du(1). */
function du(path: string): number {
  return Number(execFileSync("du", ["-sxk", path], { encoding: "utf8" }).split("\t")[0]) * 1024;
}

test("a directory is as large as du(1) says: links aren't followed, a file with two names counts once", async (t) => {
  const directory = track(t).dir();
  const inside = join(directory, "inside");
  mkdirSync(join(inside, "a/b/c"), { recursive: true });
  writeFileSync(join(directory, "outside"), Buffer.alloc(2 ** 20));
  symlinkSync(directory, join(inside, "up"));
  symlinkSync("../outside", join(inside, "out"));
  for (let number = 0; number < 50; number++) writeFileSync(join(inside, "a/b", `${number}`), Buffer.alloc(number * 1000));
  linkSync(join(inside, "a/b/49"), join(inside, "a/again"));
  writeFileSync(Buffer.concat([Buffer.from(`${inside}/`), Buffer.from([0xff, 0xfe])]), "no UTF-8");
  writeFileSync(join(inside, "hole"), "");
  truncateSync(join(inside, "hole"), 2 ** 30);
  const found = await count(inside);
  assert.equal(found.size, du(inside));
  assert.equal(found.files, 57);
  assert.deepEqual(await count(inside, 100_000), found);
});

test("it stays on its file system", { skip: isRoot ? false : "needs root: it mounts a file system" }, async (t) => {
  const tracked = track(t);
  const directory = tracked.dir();
  mkdirSync(join(directory, "other"));
  mount(tracked, join(directory, "other"), "1m");
  writeFileSync(join(directory, "other/x"), Buffer.alloc(2 ** 19));
  assert.ok((await count(directory)).size < 2 ** 19);
  assert.ok((await count(join(directory, "other"))).size >= 2 ** 19);
});

test("what is counted is counted again: its growth is known then, also what is gone", async (t) => {
  const tracked = track(t);
  const directory = tracked.dir();
  const directories = new Directories({ pause: 1, again: 10, now });
  tracked.defer(() => directories.end());
  directories.paths = [directory, join(directory, "missing")];
  const next = async (is: (sample: (typeof directories.sample)[number]) => boolean) =>
    until("a count", () => {
      directories.tick();
      return directories.sample.find((one) => one.path === directory && is(one));
    });
  assert.equal(directories.sample[0]?.size, null);
  const before = await next(({ size }) => size !== null);
  assert.equal(before.growth, null);
  writeFileSync(join(directory, "x"), Buffer.alloc(2 ** 20));
  const after = await next(({ growth }) => (growth ?? 0) > 0);
  assert.equal(after.files, 1);
  assert.equal((after.size ?? 0) - (before.size ?? 0), 2 ** 20);
  assert.equal(directories.sample[1]?.size, null);
});

test("files: size, age, checksum, and whether a line matches", async (t) => {
  const directory = track(t).dir();
  const path = join(directory, "log");
  const files = new Files();
  files.files = filesOf([
    { path, checksum: true, content: "^ERROR \\d+$" },
    { path: join(directory, "no"), size: {} },
  ]);
  await files.look();
  assert.deepEqual(
    files.sample.map(({ exists }) => exists),
    [false, false],
  );
  writeFileSync(path, "all is well\n");
  await files.look();
  const [first] = files.sample;
  assert.deepEqual(first && { ...first, modifiedAt: 0 }, {
    ...{ path, exists: true, size: 12, modifiedAt: 0, matches: false },
    checksum: createHash("sha256").update("all is well\n").digest("hex"),
  });
  assert.ok(Math.abs(Date.now() - (first?.modifiedAt ?? 0)) < 60_000);
  appendFileSync(path, "ERROR 17\n");
  await files.look();
  assert.equal(files.sample[0]?.matches, true);
  assert.notEqual(files.sample[0]?.checksum, first?.checksum);
  files.files = filesOf([{ path, size: {} }]);
  await files.look();
  assert.deepEqual([files.sample.length, files.sample[0]?.checksum, files.sample[0]?.size], [1, null, 21]);
});

test("a deleted file that is still open is found, with who holds it", async (t) => {
  const tracked = track(t);
  const directory = tracked.dir();
  const path = join(directory, "big");
  const script = `exec 7>${path} 8>${path}.kept; head -c 1000000 /dev/zero >&7; rm ${path}; echo ready; exec sleep 1000`;
  const child = start("sh", ["-c", script]);
  const pid = tracked.killSession(child.pid ?? 0);
  const found = await until("the file to be deleted", async () => {
    const files = await findDeleted([{ owner: "web/0", pid }]);
    return files.length > 0 && files;
  });
  assert.equal(found.length, 1);
  assert.deepEqual({ ...found[0], size: 0, device: "" }, { instance: "web/0", pid, path, size: 0, device: "" });
  assert.ok(Math.abs((found[0]?.size ?? 0) - 1_000_000) < 70_000, String(found[0]?.size));
});

test("a file system that doesn't answer holds up nothing else", async () => {
  const never = new Promise<never>(() => {});
  let asked = 0;
  const hanging = (() => {
    asked += 1;
    return never;
  }) as unknown as typeof statfs;
  const fileSystems = new FileSystems(() => ["/", "/proc/.."], hanging);
  for (let look = 0; look < 5; look++) void fileSystems.look(look * 5000);
  await sleep(20);
  assert.ok(asked >= 1 && asked <= 2, `${asked} asked`);
  assert.deepEqual(fileSystems.sample(25_000, 0, []), []);
});

test("however many file systems there are, each is looked at, also one that comes later", {
  skip: isRoot ? false : "needs root: it mounts file systems",
}, async (t) => {
  const tracked = track(t);
  const mounted = () => {
    const directory = tracked.dir();
    mount(tracked, directory, "1m");
    return directory;
  };
  const paths = [mounted(), mounted(), mounted(), mounted()];
  const fileSystems = new FileSystems(() => paths);
  const missing = (now: number) => {
    const found = fileSystems.sample(now, 0, []).map(({ path }) => path);
    return paths.filter((path) => !found.includes(path));
  };
  await fileSystems.look(0);
  assert.deepEqual(missing(0), []);
  paths.push(mounted());
  await fileSystems.look(5000);
  assert.deepEqual(missing(5000), []);
});

test("the root file system is what df(1) says", async () => {
  const fileSystems = new FileSystems(() => ["/"]);
  await fileSystems.look(0);
  const found = fileSystems.sample(0, 0, []).find(({ path }) => path === "/");
  const line = execFileSync("df", ["-B1", "--output=size,avail,itotal", "/"], { encoding: "utf8" }).split("\n")[1] ?? "";
  const [size = 0, available = 0, inodes = 0] = line.trim().split(/\s+/).map(Number);
  assert.equal(found?.size, size);
  assert.equal(found?.inodes, inodes);
  // Others write to it as well.
  assert.ok(Math.abs((found?.available ?? 0) - available) < 2 ** 30);
});

test("when a file system is full is forecast within 10 %", { skip: isRoot ? false : "needs root: it mounts a file system" }, async (t) => {
  const tracked = track(t);
  const directory = tracked.dir();
  mount(tracked, directory, "64m");
  const fileSystems = new FileSystems(() => [directory]);
  const file = join(directory, "x");
  writeFileSync(file, "");
  // 128 KiB each tenth of a second, by its own clock: the file system knows of no other.
  const rate = 1.25 * 2 ** 20;
  let at = 0;
  for (; at < 20_000; at += 1000) {
    for (let part = 0; part < 10; part++) appendFileSync(file, Buffer.alloc(2 ** 17));
    await fileSystems.look(at);
  }
  const [found] = fileSystems.sample(at, 1_700_000_000_000, []).filter(({ path }) => path === directory);
  const left = (found?.available ?? 0) / rate;
  assert.ok(found?.forecast !== null && found?.forecast !== undefined);
  assert.ok(Math.abs(found.forecast.rate - rate) < 0.1 * rate, `${found.forecast.rate}`);
  const seconds = ((found.forecast.fullAt ?? 0) - 1_700_000_000_000) / 1000;
  assert.ok(Math.abs(seconds - left) < 0.1 * left + 1, `${seconds} where ${left} is expected`);
  assert.equal(found.readOnly, false);
  execFileSync("mount", ["-o", "remount,ro", directory]);
  await fileSystems.look(at);
  assert.equal(fileSystems.sample(at, 0, []).find(({ path }) => path === directory)?.readOnly, true);
});

test("log files of an instance together, archives and what is being compressed included", async (t) => {
  const directory = track(t).dir();
  mkdirSync(join(directory, "web"));
  for (const name of [
    "0.log",
    "0.error.log",
    "0.20261122T140000000Z.log.zst",
    ".0.20261122T140000000Z.log.zst.partial",
    "1.log",
    "10.log",
    "notes",
  ])
    writeFileSync(join(directory, "web", name), Buffer.alloc(10_000));
  const sizes = new LogSizes(directory);
  assert.equal(sizes.of("web/0"), null);
  await sizes.look(["web", "gone"]);
  assert.deepEqual([sizes.of("web/0"), sizes.of("web/1"), sizes.of("web/10"), sizes.of("gone/0")], [40_000, 10_000, 10_000, null]);
});

function mount(tracked: Tracked, path: string, size: string): void {
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", path]);
  tracked.defer(() => execFileSync("umount", [path]));
}
