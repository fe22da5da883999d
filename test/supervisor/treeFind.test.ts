import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findTree } from "../../src/supervisor/tree/findTree.ts";
import { bootId, readIdentity } from "../../src/supervisor/tree/identity.ts";
import { readMark } from "../../src/supervisor/tree/mark.ts";
import { track } from "../support/cleanup.ts";
import { needsPath, needsRoot } from "../support/needs.ts";
import { readStat } from "../support/process.ts";
import { until } from "../support/wait.ts";
import { ended, pidsOf, python, script, service, someMark, sorted } from "./treeFixture.ts";

const CLEARED = "env -i /bin/sh -c 'echo $$ > child; exec sleep 60'";

describe("findTree", () => {
  test("finds the main process and its children", async (t) => {
    const mark = someMark();
    const { main, pid } = script(track(t), mark, "sh -c 'echo $$ > child; exec sleep 60' & wait");
    const child = await pid("child");
    assert.deepEqual(pidsOf(findTree({ mark, roots: [main] })), sorted(main.pid, child));
  });

  test("finds a daemon that forked twice by its mark alone", async (t) => {
    const mark = someMark();
    const { main, pid } = script(track(t), mark, "setsid sh -c 'sh -c \"echo \\$\\$ > child; exec sleep 60\" & exit 0'; exit 0");
    const child = await pid("child");
    await ended(main.pid);
    assert.deepEqual(pidsOf(findTree({ mark })), [child]);
    assert.deepEqual(pidsOf(findTree({ mark, roots: [main] })), [child]);
  });

  test("finds a child that left the session with a cleared environment by its parent", async (t) => {
    const mark = someMark();
    const { main, pid } = script(track(t), mark, `setsid ${CLEARED} & wait`);
    const child = await pid("child");
    await until("its own session", () => readStat(child).sid !== main.pid && readMark(child) === undefined);
    assert.ok(pidsOf(findTree({ mark, roots: [main] })).includes(child));
  });

  test("finds an orphan with a cleared environment by the session, if the caller vouches for it", async (t) => {
    const mark = someMark();
    const { main, pid } = script(track(t), mark, `${CLEARED} & while test ! -s child; do sleep 0.01; done; exit 0`);
    const child = await pid("child");
    await until("the main process to be reaped", () => readIdentity(main.pid) === undefined);
    assert.deepEqual(pidsOf(findTree({ mark, roots: [main], sessions: [main.pid] })), [child]);
    assert.deepEqual(findTree({ mark, roots: [main] }), []);
  });

  test("takes a session without a leader for the tree's where a marked process is in it", async (t) => {
    const mark = someMark();
    const text = `${CLEARED} & sh -c 'echo $$ > marked; exec sleep 60' & while test ! -s child -o ! -s marked; do sleep 0.01; done; exit 0`;
    const { main, pid } = script(track(t), mark, text);
    const pids = [await pid("child"), await pid("marked")];
    await until("the main process to be reaped", () => readIdentity(main.pid) === undefined);
    assert.deepEqual(pidsOf(findTree({ mark })), sorted(...pids));
  });

  test("finds an orphan that was seen before", async (t) => {
    const mark = someMark();
    const { main, pid } = script(track(t), mark, `setsid ${CLEARED} & while test ! -s child; do sleep 0.01; done; sleep 60`);
    const child = await pid("child");
    const before = findTree({ mark, roots: [main] });
    process.kill(main.pid, "SIGKILL");
    await until("the main process to be reaped", () => readIdentity(main.pid) === undefined);
    assert.ok(!pidsOf(findTree({ mark, roots: [main], sessions: [main.pid] })).includes(child));
    assert.ok(pidsOf(findTree({ mark, roots: before })).includes(child));
  });

  test("finds a process that wrote its title over its environment", { skip: needsPath(python) }, async (t) => {
    const mark = someMark();
    const code = [
      "import os, time",
      "fields = open('/proc/self/stat').read().rsplit(')', 1)[1].split()",
      "start, end = int(fields[47]), int(fields[48])",
      "memory = os.open('/proc/self/mem', os.O_RDWR)",
      "os.pwrite(memory, b'worker process'.ljust(end - start, b'\\0'), start)",
      "open('child', 'w').write('%d\\n' % os.getpid())",
      "time.sleep(60)",
    ];
    const { main, pid } = service(track(t), mark, [python, "-c", code.join("\n")]);
    assert.equal(await pid("child"), main.pid);
    assert.equal(readMark(main.pid), undefined);
    assert.deepEqual(pidsOf(findTree({ mark, roots: [main] })), [main.pid]);
    assert.deepEqual(findTree({ mark }), []);
  });

  test("finds a process of another user", { skip: needsRoot }, (t) => {
    const mark = someMark();
    const { main } = script(track(t), mark, "exec sleep 60", { uid: 54_321, gid: 54_321 });
    assert.deepEqual(pidsOf(findTree({ mark })), [main.pid]);
  });

  test("tells attempts, instances, homes and hooks apart", async (t) => {
    const mark = someMark();
    const marks = [mark, { ...mark, attempt: 2 }, { ...mark, attempt: 1, hook: "afterExit" }, { ...mark, instance: "web/1" }, someMark()];
    const tracked = track(t);
    const [first = 0, second = 0, hook = 0, other = 0] = marks.map((one) => script(tracked, one, "exec sleep 60").main.pid);
    const { home, instance } = mark;
    assert.deepEqual(pidsOf(findTree({ mark })), [first]);
    assert.deepEqual(pidsOf(findTree({ mark: { home, instance, attempt: 2 } })), [second]);
    assert.deepEqual(pidsOf(findTree({ mark: { home, instance } })), sorted(first, second, hook));
    assert.deepEqual(pidsOf(findTree({ mark: { home, instance: "web/1" } })), [other]);
  });

  test("leaves another instance alone that a process of this one started", async (t) => {
    const mark = someMark();
    const text = `DAEMONITOR_INSTANCE=${mark.home}/db/0#1 setsid sh -c 'echo $$ > db; exec sleep 60' & DAEMONITOR_INSTANCE=inner/db/0#1 sh -c 'echo $$ > inner; exec sleep 60' & wait`;
    const { main, pid } = script(track(t), mark, text);
    const [db, inner] = [await pid("db"), await pid("inner")];
    const found = pidsOf(findTree({ mark, roots: [main] }));
    assert.ok(found.includes(inner) && !found.includes(db), `found ${found}, inner ${inner}, db ${db}`);
  });

  test("never finds what started before the attempt", async (t) => {
    const mark = someMark();
    const tracked = track(t);
    const early = script(tracked, mark, "exec sleep 60").main;
    assert.deepEqual(findTree({ mark, notBefore: early.startTime + 1 }), []);
    const late = { pid: 2 ** 22 + 1, startTime: early.startTime + 1, bootId: bootId() };
    assert.deepEqual(findTree({ mark, roots: [late], sessions: [early.pid] }), []);
  });

  test("never finds itself, its parents or pid 1, whatever it is asked for", () => {
    const roots = [process.pid, process.ppid, 1].flatMap((pid) => readIdentity(pid) ?? []);
    const sessions = [readStat(process.pid).sid, process.pid];
    assert.deepEqual(findTree({ mark: someMark(), roots, sessions }), []);
  });

  test("never finds strangers", (t) => {
    const tracked = track(t);
    const mark = someMark();
    const stranger = script(tracked, undefined, "exec sleep 60").main;
    const { main } = script(tracked, mark, "exec sleep 60");
    assert.deepEqual(
      pidsOf(findTree({ mark, roots: [main, { ...stranger, startTime: stranger.startTime - 1 }], sessions: [stranger.pid] })),
      [main.pid],
    );
  });

  test("finds the processes of a boot only in that boot", (t) => {
    const { main } = script(track(t), undefined, "exec sleep 60");
    assert.deepEqual(findTree({ mark: someMark(), roots: [{ ...main, bootId: "00000000-0000-0000-0000-000000000000" }] }), []);
  });

  test("sees all processes while they come and go", async (t) => {
    const mark = someMark();
    const { main } = script(track(t), mark, "while :; do /bin/true; done");
    for (let round = 0; round < 50; round += 1) assert.ok(pidsOf(findTree({ mark, roots: [main] })).includes(main.pid));
  });
});
