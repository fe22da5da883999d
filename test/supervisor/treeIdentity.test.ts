import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bootId, identityOf, isSame, openProcess, readIdentity, signalProcess } from "../../src/supervisor/tree/identity.ts";
import { composeMark, findMark, parseMark } from "../../src/supervisor/tree/mark.ts";
import { track } from "../support/cleanup.ts";
import { needsPath } from "../support/needs.ts";
import { isAlive, readStat } from "../support/process.ts";
import { until } from "../support/wait.ts";
import { ended, python, script, service } from "./treeFixture.ts";

describe("identity", () => {
  test("a process is known again by pid, start time and boot", (t) => {
    const { main } = script(track(t), undefined, "exec sleep 60");
    assert.deepEqual(main, { pid: main.pid, startTime: Number(readStat(main.pid).startTime), bootId: bootId() });
    assert.ok(isSame(main));
    assert.deepEqual(identityOf(readStatOf(main.pid)), main);
  });

  for (const [what, change] of [
    ["an earlier start", { startTime: 1 }],
    ["another boot", { bootId: "00000000-0000-0000-0000-000000000000" }],
  ] as const) {
    test(`a stored pid with ${what} is never signalled`, (t) => {
      const { main } = script(track(t), undefined, "exec sleep 60");
      const stored = { ...main, ...change };
      assert.equal(isSame(stored), false);
      assert.equal(openProcess(stored), undefined);
      assert.equal(signalProcess(stored, "SIGKILL"), "gone");
      assert.ok(isAlive(main.pid));
    });
  }

  test("numbers that stand for groups are no process", () => {
    for (const pid of [0, -1]) assert.equal(signalProcess({ pid, startTime: 0, bootId: bootId() }, "SIGTERM"), "gone");
  });

  test("a signal reaches the process, and none reaches it when it has ended", async (t) => {
    const { main } = script(track(t), undefined, "exec sleep 60");
    assert.equal(signalProcess(main, "SIGTERM"), "sent");
    await ended(main.pid);
    assert.equal(signalProcess(main, "SIGTERM"), "gone");
    await until("its parent to reap it", () => readIdentity(main.pid) === undefined);
  });

  test("a process lives on when its first thread has ended", { skip: needsPath(python) }, async (t) => {
    const code = [
      "import ctypes, threading, time, platform",
      "threading.Thread(target=time.sleep, args=(60,)).start()",
      "ctypes.CDLL(None).syscall(93 if platform.machine() == 'aarch64' else 60, 0)",
    ];
    const { main } = service(track(t), undefined, [python, "-c", code.join("\n")]);
    await until("the first thread to end", () => readStat(main.pid).state === "Z");
    assert.ok(isSame(main));
    assert.equal(signalProcess(main, "SIGKILL"), "sent");
    await until("all of it to end", () => !isSame(main));
  });
});

describe("mark", () => {
  const mark = { home: "a1b2", instance: "web/0", attempt: 3 };

  test("what is composed is what is read", () => {
    for (const one of [mark, { ...mark, hook: "afterExit" }, { ...mark, instance: "straße #5: x/12" }])
      assert.deepEqual(parseMark(composeMark(one)), one);
    assert.equal(composeMark(mark), "a1b2/web/0#3");
  });

  test("what is no mark is none", () => {
    for (const text of ["", "a1b2", "a1b2/web/0", "a1b2/web/0#", "a1b2/web/0#x", "/web/0#1", "a1b2/web/0#1:"])
      assert.equal(parseMark(text), undefined);
  });

  test("only a whole variable counts, and the first one", () => {
    const block = (...entries: string[]) => Buffer.from(entries.map((entry) => `${entry}\0`).join(""));
    const entry = `DAEMONITOR_INSTANCE=${composeMark(mark)}`;
    assert.deepEqual(findMark(block("A=1", entry, "B=2")), mark);
    assert.deepEqual(findMark(block(entry)), mark);
    assert.deepEqual(findMark(block(entry, "DAEMONITOR_INSTANCE=b/other/0#1")), mark);
    assert.deepEqual(findMark(Buffer.from(entry)), mark);
    assert.equal(findMark(block(`X${entry}`, `Y=${entry}`)), undefined);
    assert.equal(findMark(block()), undefined);
  });
});

function readStatOf(pid: number): { pid: number; startTime: bigint } {
  return { pid, startTime: readStat(pid).startTime };
}
