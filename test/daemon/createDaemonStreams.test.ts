import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { type Tracked, track } from "../support/cleanup.ts";
import { inspect } from "../support/process.ts";
import { launchFixture, runFixture } from "./createDaemonFixture.ts";

/** As /proc/PID/fdinfo shows them. */
const [O_ACCMODE, O_APPEND] = [0o3, 0o2000];

test("standard input is read from a file, output and error are appended to theirs", async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  writeFileSync(`${dir}/in`, "input\n");
  writeFileSync(`${dir}/err`, "before\n");
  const options = { stdin: `${dir}/in`, stderr: `${dir}/err`, ready: "manual" } as const;
  const { code } = await runFixture(options, { action: "crash" });
  assert.equal(code, 1);
  assert.match(readFileSync(`${dir}/err`, "utf8"), /^before\nconnecting\nno database\n/);

  const { daemon } = await launchFixture(tracked, { stdin: `${dir}/in`, stderr: `${dir}/err` });
  const [input, output, error] = [0, 1, 2].map((fd) => daemon.fds.get(fd));
  assert.equal(input?.target, `${dir}/in`);
  assert.equal((input?.flags ?? 0) & O_ACCMODE, 0);
  for (const descriptor of [output, error]) assert.equal((descriptor?.flags ?? 0) & (O_ACCMODE | O_APPEND), 1 | O_APPEND);
  assert.equal(statSync(`${dir}/err`).size > 7, true);
});

test("truncate empties the files first", async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  writeFileSync(`${dir}/out`, "before\n");
  writeFileSync(`${dir}/err`, "before\n");
  const { code } = await runFixture({ stdout: `${dir}/out`, stderr: `${dir}/err`, truncate: true, ready: "manual" }, { action: "exit=3" });
  assert.equal(code, 1);
  assert.match(readFileSync(`${dir}/out`, "utf8"), /^\{/);
  assert.equal(readFileSync(`${dir}/err`, "utf8"), "giving up\n");
});

test("one file for output and error holds both in the order in which they were written", async (t) => {
  const tracked = track(t);
  const file = `${tracked.dir()}/log`;
  writeFileSync(file, "before, and longer than what comes\n".repeat(100));
  await runFixture({ stdout: file, stderr: file, truncate: true, ready: "manual" }, { action: "exit=0" });
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  assert.deepEqual([JSON.parse(lines[0] ?? "").role, lines[1], lines.length], ["daemon", "giving up", 2]);
});

test("inherit leaves the caller's streams, and descriptors can be swapped", async (t) => {
  const tracked = track(t);
  for (const [options, expected] of [
    [{ stdin: "inherit", stdout: "inherit", stderr: "inherit" }, ["in", "out", "err"]],
    [{ stdout: 2, stderr: 1 }, [undefined, "err", "out"]],
    [{ stdin: 0, stdout: 1, stderr: 1 }, ["in", "out", "out"]],
  ] as const) {
    const { dir, pid } = await launchOnFiles(tracked, options);
    const { fds } = inspect(pid);
    assert.deepEqual(
      [0, 1, 2].map((fd) => fds.get(fd)?.target),
      expected.map((name) => (name === undefined ? "/dev/null" : `${dir}/${name}`)),
    );
  }
});

test("a stream can be any descriptor of the caller's; kept ones stay under their number, and only they", async (t) => {
  const under = { fds: { 37: "/dev/zero", 251: "/etc/passwd", 252: "/etc/group" } };
  const { daemon } = await launchFixture(track(t), { stdin: 251, keepFds: [37, 252] }, { under });
  const kept = [...daemon.fds].filter(([, { target }]) => /zero|passwd|group/.test(target));
  assert.deepEqual(Object.fromEntries(kept.map(([fd, { target }]) => [fd, target])), {
    0: "/etc/passwd",
    37: "/dev/zero",
    252: "/etc/group",
  });
});

/** The fixture with files as its three streams. */
async function launchOnFiles(tracked: Tracked, options: object): Promise<{ dir: string; pid: number }> {
  const dir = tracked.dir();
  writeFileSync(`${dir}/in`, "");
  const stdio = [openSync(`${dir}/in`, "r"), openSync(`${dir}/out`, "w"), openSync(`${dir}/err`, "w")] as const;
  try {
    const pidFile = tracked.killNamedIn(`${dir}/pid`);
    const { code } = await runFixture({ pidFile, ...options }, { stdio: [...stdio] });
    assert.equal(code, 0, readFileSync(`${dir}/err`, "utf8"));
  } finally {
    for (const fd of stdio) closeSync(fd);
  }
  return { dir, pid: Number(readFileSync(`${dir}/pid`, "utf8")) };
}
