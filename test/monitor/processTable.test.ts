/** Whose processes they are, by real ones. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ProcessTable } from "../../src/monitor/processTable.ts";
import { type Tracked, track } from "../support/cleanup.ts";
import { allPids, isAlive, readList, readStat } from "../support/process.ts";
import { fixture, node24, run, start } from "../support/run.ts";
import { until } from "../support/wait.ts";

const isRoot = process.geteuid?.() === 0;
const spared = [process.pid];

function rootOf(pid: number, owner: string) {
  return { owner, pid, startTime: Number(readStat(pid).startTime) };
}

/** A shell whose processes all have the word in their environment. */
function shell(tracked: Tracked, script: string, word: string): number {
  const child = start("sh", ["-c", script], { env: { ...process.env, WORD: word } });
  return tracked.killSession(child.pid ?? 0);
}

function withWord(word: string): number[] {
  return allPids().filter((pid) => {
    try {
      return isAlive(pid) && readList(pid, "environ").some((entry) => entry.equals(Buffer.from(`WORD=${word}`)));
    } catch {
      return false;
    }
  });
}

test("children belong to it, and go on to when their parents are gone", async (t) => {
  const tracked = track(t);
  const file = join(tracked.dir(), "pid");
  const pid = shell(tracked, `(sh -c 'echo $$ > ${file}.new; mv ${file}.new ${file}; sleep 1000 & wait') & wait`, "one");
  const table = new ProcessTable({ ownerOf: () => undefined, spared });
  const root = rootOf(pid, "web/0");
  const members = () => {
    table.look([root]);
    table.settle();
    return table.members("web/0").map((process) => process.pid);
  };
  await until("its name", () => existsSync(file));
  const before = await until("all of it", () => members().length >= 3 && members());
  const child = Number(readFileSync(file, "utf8"));
  process.kill(child, "SIGKILL");
  const after = await until("its end", () => !isAlive(child) && !members().includes(child) && members());
  // What it had started has another parent now.
  const orphans = before.filter((one) => one !== child && isAlive(one));
  assert.deepEqual(after.filter((one) => orphans.includes(one)).sort(), orphans.sort());
  assert.ok(orphans.some((one) => readStat(one).ppid !== child && one !== pid));
});

test("one without kin is asked once whose it is", async (t) => {
  const tracked = track(t);
  const word = `w${process.pid}`;
  const pid = shell(tracked, "sleep 1000 & exec sleep 1001", word);
  await until("both", () => withWord(word).length === 2);
  const marked = withWord(word);
  let asked = 0;
  const table = new ProcessTable({
    spared,
    ownerOf: (one) => {
      if (!marked.includes(one)) return undefined;
      asked += 1;
      return "db/0";
    },
  });
  for (let look = 0; look < 3; look++) {
    table.look([]);
    assert.equal(table.members("db/0").length, 2, `look ${look}`);
    table.settle();
  }
  assert.ok(asked >= 1 && asked <= 2, `${asked} times`);
  assert.ok(table.members("db/0").some((process) => process.pid === pid));
});

test("a process that was nobody's, and is a main process now, brings its children along", async (t) => {
  const tracked = track(t);
  const word = `x${process.pid}`;
  const pid = shell(tracked, "sleep 1000 & exec sleep 1001", word);
  await until("both", () => withWord(word).length === 2);
  const table = new ProcessTable({ ownerOf: () => undefined, spared });
  table.look([]);
  assert.equal(table.members("web/0").length, 0);
  const root = rootOf(pid, "web/0");
  table.look([root]);
  assert.equal(table.members("web/0").length, 2);
  // A number that is another process's.
  table.look([{ ...root, owner: "db/0", startTime: root.startTime + 1 }]);
  assert.equal(table.members("db/0").length, 0);
});

test("what is kept open between looks is closed when the looks are slow again, and when its process ends", async (t) => {
  const tracked = track(t);
  const word = `y${process.pid}`;
  const pid = shell(tracked, "sleep 1000 & exec sleep 1001", word);
  await until("both", () => withWord(word).length === 2);
  const table = new ProcessTable({ ownerOf: () => undefined, spared });
  const root = rootOf(pid, "web/0");
  const isOpen = () => readOpenFiles().filter((path) => /^\/proc\/\d+\/stat$/.test(path)).length;
  table.keepOpen(100);
  for (let look = 0; look < 3; look++) table.look([root]);
  assert.equal(isOpen(), 2);
  process.kill(pid, "SIGKILL");
  await until("its end to be seen", () => {
    table.look([root]);
    return table.members("web/0").length === 1 && isOpen() === 1;
  });
  table.keepOpen(0);
  assert.equal(isOpen(), 0);
});

test("of another user's process what we may not look into is null, and the rest is known", {
  skip: isRoot ? false : "needs root, to be somebody else",
}, async (t) => {
  const pid = shell(track(t), "exec sleep 1000", "other");
  const { stdout, stderr } = await run(node24, [fixture("monitor/onLooker.ts"), String(pid), String(readStat(pid).startTime)], {
    ...{ uid: 65534, gid: 65534, timeout: 60_000 },
  });
  assert.equal(stderr, "");
  const [first, second] = JSON.parse(stdout);
  assert.deepEqual([first.pid, first.processes, first.threads], [pid, 1, 1]);
  assert.ok(first.memory > 0);
  assert.deepEqual([second.readRate, second.writeRate], [null, null]);
});

function readOpenFiles(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return [];
    }
  });
}
