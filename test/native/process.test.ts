import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { native } from "../../src/native/addon.ts";
import { needsProgram } from "../support/needs.ts";
import { node24, run } from "../support/run.ts";

test("users and groups are those of getent and id", { skip: needsProgram("getent") }, () => {
  const [name = "", , uid, gid, , home, shell] = execFileSync("getent", ["passwd", "daemon"], { encoding: "utf8" }).trimEnd().split(":");
  const expected = { name, uid: Number(uid), gid: Number(gid), home, shell };
  assert.deepEqual(native().user("daemon"), expected);
  assert.deepEqual(native().user(Number(uid)), expected);
  assert.equal(native().group("daemon"), Number(execFileSync("getent", ["group", "daemon"], { encoding: "utf8" }).split(":")[2]));
  const groups = execFileSync("id", ["-G", "daemon"], { encoding: "utf8" }).trim().split(" ").map(Number);
  assert.deepEqual(native().groupsOf("daemon", Number(gid)).toSorted(), groups.toSorted());
});

test("unknown users and groups are null", () => {
  assert.equal(native().user("no-such-user-here"), null);
  assert.equal(native().user(4_123_456_789), null);
  assert.equal(native().group("no-such-group-here"), null);
  assert.deepEqual(native().groupsOf("no-such-user-here", 7), [7]);
});

test("limits are those of ulimit", async () => {
  const code = `import { native } from "${import.meta.dirname}/../../src/native/addon.ts"; console.log(JSON.stringify([native().limit(7, 0), native().limit(4, process.pid)]));`;
  const script = 'ulimit -Sn 77; ulimit -Hn 99; ulimit -c 0; exec "$@"';
  const { stdout, stderr } = await run("bash", ["-c", script, "bash", node24, "--input-type=module", "--eval", code]);
  assert.equal(stderr, "");
  assert.deepEqual(JSON.parse(stdout), [
    // Node raises its own soft limit to the hard one.
    [99, 99],
    [0, 0],
  ]);
});

test("the environment comes as bytes, UTF-8 or not, and follows process.env", async () => {
  const code = `import { native } from "${import.meta.dirname}/../../src/native/addon.ts";
    process.env.ADDED = "ü"; delete process.env.REMOVED;
    console.log(JSON.stringify(native().environment().map((entry) => Buffer.from(entry).toString("latin1"))));`;
  const script = 'BYTES=$(printf "a\\\\377b") exec "$@"';
  const { stdout, stderr } = await run("bash", ["-c", script, "bash", node24, "--input-type=module", "--eval", code], {
    env: { REMOVED: "1" },
  });
  assert.equal(stderr, "");
  const entries = JSON.parse(stdout) as string[];
  assert.ok(entries.includes("BYTES=a\xffb"));
  assert.ok(entries.includes(`ADDED=${Buffer.from("ü").toString("latin1")}`));
  assert.ok(!entries.some((entry) => entry.startsWith("REMOVED=")));
});

test("exitNow ends the process without exit handlers", async () => {
  const code = `import { native } from "${import.meta.dirname}/../../src/native/addon.ts";
    process.on("exit", () => console.log("handler")); native().exitNow(42);`;
  const { code: status, stdout } = await run(node24, ["--input-type=module", "--eval", code]);
  assert.deepEqual([status, stdout], [42, ""]);
});

test("strerror is that of libc", () => {
  assert.equal(native().strerror(2), "No such file or directory");
  assert.equal(native().strerror(-11), "Resource temporarily unavailable");
  assert.equal(native().strerror(9999), "Unknown error 9999");
});

test("memory that was freed goes back to the kernel when it is asked for", {
  skip: isGlibc() ? false : "another libc than glibc",
}, async () => {
  const code = `
    import { native } from "${import.meta.dirname}/../../src/native/addon.ts";
    native();
    // Every tenth stays, so that libc can't give the others back by itself.
    let all = Array.from({ length: 20_000 }, () => new Uint8Array(4000).fill(1));
    let some = all.filter((_, index) => index % 10 === 0);
    all = undefined;
    gc();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = process.memoryUsage.rss();
    native().releaseMemory();
    console.log(before - process.memoryUsage.rss(), some.length);`;
  const { stdout, stderr } = await run(node24, ["--expose-gc", "--input-type=module", "--eval", code]);
  assert.equal(stderr, "");
  assert.ok(Number(stdout.split(" ")[0]) > 5_000_000, stdout);
});

function isGlibc(): boolean {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime !== undefined;
}
