import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { readSegment, segmentsOf } from "../support/logged.ts";
import { assertNumbered } from "../support/numbered.ts";
import { fixture, node24, start } from "../support/run.ts";
import { type Supervised, supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";

const PATIENCE = { timeout: 60_000 };
const UNLIMITED = { maxTotal: "unlimited", maxFiles: "unlimited" } as const;

test("tail -F and a plain cat of the archives see every line once through 100 rotations", { timeout: 180_000 }, async (t) => {
  const s = await supervised(t);
  const end = join(s.dir, "end");
  // Slow enough for tail, which reads a file only as long as its name is the one that it was given.
  const command = [node24, fixture("logs/numbered.ts"), end, "1000000000", "8"];
  await s.apply({ web: { command: ["sleep", "1000"], logs: { ...UNLIMITED, maxSize: "40KiB", compress: false } } });
  await until("the log", () => existsSync(join(s.home.log, "web/0.log")));
  const tail = start("tail", ["-n", "+1", "-F", join(s.home.log, "web/0.log")], { stdio: ["ignore", "pipe", "ignore"] });
  s.tracked.kill(tail.pid ?? 0);
  const seen: Buffer[] = [];
  tail.stdout?.on("data", (chunk: Buffer) => seen.push(chunk));
  await s.apply({ web: { command, logs: { ...UNLIMITED, maxSize: "40KiB", compress: false } } });
  await until("100 rotations", () => segmentsOf(s.home.log, "web/0").length > 100, PATIENCE);
  writeFileSync(end, "");
  const text = () => Buffer.concat(seen).toString("latin1");
  await until("the last line", () => /\nend \d+\n$/.test(text()), PATIENCE);
  assertNumbered(text());
  const archives = segmentsOf(s.home.log, "web/0").slice(0, -1);
  const cat = execFileSync("cat", [...archives, join(s.home.log, "web/0.log")], { maxBuffer: 2 ** 30 });
  assertNumbered(cat.toString("latin1"));
  for (const path of archives) assert.equal(readFileSync(path, "latin1").at(-1), "\n", path);
});

// The others wait for seconds more than they work: several at the same time.
describe("rotation of logs", { concurrency: 3 }, () => {
  test("rotate puts aside what is there, at the end of the line, and clear removes all of it", async (t) => {
    const s = await supervised(t);
    const fifo = join(s.dir, "feed");
    execFileSync("mkfifo", [fifo]);
    const command = ["sh", "-c", `exec 3<>${fifo}; while IFS= read -r line <&3; do printf "$line"; done`];
    await s.apply({ web: { command, logs: { ...UNLIMITED, compress: false } } });
    const path = join(s.home.log, "web/0.log");
    const say = (text: string) => writeFileSync(fifo, `${text}\n`);
    const rotate = (wait: number | null = null) => s.client.act({ selector: "web", action: "rotate", wait });
    assert.match((await rotate()).instances[0]?.why ?? "", /nothing/);
    say("one\\n");
    await until("a line", () => readFileSync(path, "utf8") === "one\n");
    const before = statSync(path).ino;
    assert.equal((await rotate()).instances[0]?.outcome, "done");
    const [archive = ""] = segmentsOf(s.home.log, "web/0");
    assert.deepEqual([readFileSync(archive, "utf8"), statSync(archive).ino, readFileSync(path, "utf8")], ["one\n", before, ""]);
    say("half");
    await until("half a line", () => readFileSync(path, "utf8") === "half");
    assert.equal((await rotate(0)).instances[0]?.outcome, "pending");
    say(" and half\\nnext\\n");
    await until("the switch", () => readFileSync(path, "utf8") === "next\n");
    assert.deepEqual(
      segmentsOf(s.home.log, "web/0").map((file) => readFileSync(file, "utf8")),
      ["one\n", "half and half\n", "next\n"],
    );
    assert.equal((await s.client.act({ selector: "web", action: "clear" })).instances[0]?.outcome, "done");
    say("after\\n");
    await until("a line", () => readFileSync(path, "utf8") === "after\n");
    assert.deepEqual(
      readdirSync(join(s.home.log, "web")).filter((file) => !file.endsWith(".index")),
      ["0.log"],
    );
    assert.deepEqual(problems(await s.events()), []);
  });

  test("what was put aside is compressed, keeps its mode and its index, and the oldest go when there are too many", async (t) => {
    const s = await supervised(t);
    const end = join(s.dir, "end");
    const logs = { maxSize: "200KiB", maxFiles: 3, mode: "0600", compress: "gzip" } as const;
    await s.apply({ web: { command: [node24, fixture("logs/numbered.ts"), end, "20000", "10"], logs } });
    const names = () => readdirSync(join(s.home.log, "web"));
    await until("the last line", () => /\nend 20000\n$/.test(readFileSync(join(s.home.log, "web/0.log"), "latin1")), PATIENCE);
    await until(
      "all to be compressed",
      () => names().filter((name) => /^0\..*\.log\.gz$/.test(name)).length === 3 && !names().some((name) => /Z\.log$/.test(name)),
      PATIENCE,
    );
    const segments = segmentsOf(s.home.log, "web/0");
    assert.equal(segments.length, 4);
    const text = segments.map(readSegment).join("");
    const first = Number(text.slice(0, 99));
    assert.ok(first > 1);
    assertNumbered(text, first);
    for (const name of names()) {
      const stat = lstatSync(join(s.home.log, "web", name));
      assert.deepEqual([stat.mode & 0o777, stat.isFile(), stat.nlink, stat.uid], [0o600, true, 1, process.geteuid?.()], name);
    }
    // Index and segment agree: the last record is the whole of it.
    for (const path of segments.slice(0, -1)) {
      const records = recordsOf(path.replace(/\.gz$/, ".index"));
      assert.equal(records.at(-1)?.offset, readSegment(path).length, path);
      assertRising(records);
    }
    assert.equal((await s.client.act({ selector: "web", action: "stop" })).instances[0]?.outcome, "done");
  });

  test("while a log grows its index says about once a second how far, also over a new supervisor", async (t) => {
    const s = await supervised(t);
    await s.apply({ web: { command: [node24, fixture("logs/numbered.ts"), join(s.dir, "end"), "1000000", "100"], logs: UNLIMITED } });
    const index = join(s.home.log, "web/0.log.index");
    const began = Date.now();
    await until("some records", () => existsSync(index) && recordsOf(index).length >= 3, PATIENCE);
    const { pid } = await s.about();
    process.kill(pid, "SIGKILL");
    const before = recordsOf(index).length;
    await until("more of them", () => recordsOf(index).length >= before + 3, PATIENCE);
    const records = recordsOf(index);
    assertRising(records);
    const { size } = statSync(join(s.home.log, "web/0.log"));
    for (const { time, offset } of records) assert.ok(time >= began - 1000 && time <= Date.now() && offset <= size && offset % 100 === 0);
  });

  test("a log is put aside by its age, and what was put aside goes by its own", async (t) => {
    const s = await supervised(t);
    const command = ["sh", "-c", "while :; do echo line; sleep 0.2; done"];
    await s.apply({ web: { command, logs: { rotateEvery: "2s", maxAge: "5s" } } });
    await until("two segments", () => segmentsOf(s.home.log, "web/0").length > 2, PATIENCE);
    const [first = ""] = segmentsOf(s.home.log, "web/0");
    await until(
      "the first to go",
      () => !readdirSync(join(s.home.log, "web")).some((name) => join(s.home.log, "web", name).startsWith(first)),
      PATIENCE,
    );
  });

  test("limits that are changed hold at once, without a restart", async (t) => {
    const s = await supervised(t);
    const command = [node24, fixture("logs/numbered.ts"), join(s.dir, "end"), "1000000", "10"];
    await s.apply({ web: { command, logs: UNLIMITED } });
    const { pid } = await s.status("web/0");
    await until("a log", () => (statSync(join(s.home.log, "web/0.log"), { throwIfNoEntry: false })?.size ?? 0) > 10_000);
    await s.apply({ web: { command, logs: { ...UNLIMITED, maxSize: "50KiB", mode: "0604" } } });
    await until("segments", () => segmentsOf(s.home.log, "web/0").length > 3, PATIENCE);
    const [current = ""] = segmentsOf(s.home.log, "web/0").slice(-1);
    assert.equal(statSync(current).mode & 0o777, 0o604);
    assert.equal((await s.status("web/0")).pid, pid);
  });

  test("standard error that is apart has segments of its own, and half of the budget", async (t) => {
    const s = await supervised(t);
    const script =
      "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); echo out $i; echo err $i >&2; done; echo end; echo end >&2; exec sleep 1000";
    const logs = { stderr: "separate", maxSize: "20KiB", maxTotal: "200KiB", maxFiles: "unlimited", compress: false } as const;
    await s.apply({ web: { command: ["sh", "-c", script], logs } });
    for (const [stream, word] of [
      ["web/0", "out"],
      ["web/0.error", "err"],
    ] as const) {
      // A segment may be renamed or pruned between the look at their names and the look into them.
      const { segments, text, total } = await until(
        "the end, within the budget",
        () => orWhileItChanges(() => whole(s.home.log, stream)),
        PATIENCE,
      );
      assert.ok(segments.length > 2);
      const lines = text.split("\n").slice(0, -2);
      const first = Number(lines[0]?.split(" ")[1]);
      assert.ok(first > 1);
      for (const [index, line] of lines.entries()) assert.equal(line, `${word} ${first + index}`);
      assert.ok(total <= 120 * 1024, `${stream}: ${total}`);
    }
  });
});

/** All of a stream, once it has come to its end and what is too much has gone; false until then. */
function whole(directory: string, stream: string) {
  const segments = segmentsOf(directory, stream);
  const text = segments.map(readSegment).join("");
  const total = segments.reduce((sum, path) => sum + statSync(path).size, 0);
  return text.endsWith("end\n") && total <= 120 * 1024 && { segments, text, total };
}

function orWhileItChanges<T>(look: () => T): T | false {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}

interface Numbered {
  readonly time: number;
  readonly offset: number;
}

function recordsOf(path: string): Numbered[] {
  const bytes = readFileSync(path);
  return Array.from({ length: Math.floor(bytes.length / 16) }, (_, index) => ({
    time: Number(bytes.readBigUInt64LE(index * 16)),
    offset: Number(bytes.readBigUInt64LE(index * 16 + 8)),
  }));
}

function assertRising(records: readonly Numbered[]): void {
  for (const [index, { time, offset }] of records.entries()) {
    const before = records[index - 1];
    if (before !== undefined) assert.ok(time >= before.time && offset >= before.offset, JSON.stringify(records));
  }
}

function problems(events: Awaited<ReturnType<Supervised["events"]>>): unknown[] {
  return events.filter(({ type }) => type === "problem");
}
