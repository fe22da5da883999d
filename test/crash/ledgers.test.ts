import assert from "node:assert/strict";
import { test } from "node:test";
import { parseExit, parseTestimony, type Testimony, type WrittenExit } from "./evidence.ts";
import { ExitLedger, IN_FLIGHT, SLOW_FLIGHT } from "./exitLedger.ts";
import { LINE, LogLedger } from "./logLedger.ts";

const start: Testimony = { instance: "web/0", attempt: 3, pid: 42, startTime: 777, role: "main", at: 5_000_000_000n };
const exit: WrittenExit = { ...start, at: 6_000_000_000n, status: { code: 3 }, lines: 0 };
const recorded = { instance: "web/0", attempt: 3, pid: 42 };
const none: ReadonlySet<string> = new Set();

function ledger(...exits: readonly ({ code: number } | { signal: string } | "unknown")[]) {
  const made = new ExitLedger();
  made.started(start);
  for (const status of exits) made.recorded({ ...recorded, status });
  made.wrote(exit);
  return { made };
}

/** Of another process, which ended at that time. */
function heardOf(made: ExitLedger, at: bigint): void {
  const other = { ...exit, instance: "web/1", pid: 43, at };
  made.wrote(other);
  made.recorded({ instance: other.instance, attempt: other.attempt, pid: other.pid, status: other.status });
}

test("lines of evidence are read as program.c writes them", () => {
  assert.deepEqual(parseExit("web/0 3 42 777 main 6000000000 code:3:0"), exit);
  assert.deepEqual(parseExit("web/0 3 42 777 main 6000000000 signal:SIGSEGV:12"), { ...exit, status: { signal: "SIGSEGV" }, lines: 12 });
  assert.equal(parseTestimony("web/0 3 42 777 launcher 1 -").role, "launcher");
  assert.throws(() => parseTestimony("web/0 3 42 777"), /no line of evidence/);
  assert.throws(() => parseExit("web/0 3 42 777 main 1 -"), /no exit/);
});

test("a status that is the one that was written down is known", () => {
  const { made } = ledger({ code: 3 });
  assert.deepEqual(made.judge(none), { wrong: [], late: [] });
  assert.equal(made.counts.known, 1);
  assert.deepEqual(made.judge(none), { wrong: [], late: [] });
  assert.equal(made.counts.known, 1, "it is judged once");
});

test("a wrong status is found", () => {
  assert.match(
    ledger({ code: 4 }).made.judge(none).wrong[0] ?? "",
    /web\/0#3:42 was recorded with exit status 4, but it wrote down exit status 3/,
  );
  assert.match(ledger({ signal: "SIGSEGV" }).made.judge(none).wrong[0] ?? "", /killed by SIGSEGV/);
});

test("an exit that is recorded twice is found, also when it was judged before", () => {
  assert.match(ledger({ code: 3 }, { code: 3 }).made.judge(none).wrong[0] ?? "", /recorded 2 times/);
  const { made } = ledger({ code: 3 });
  made.judge(none);
  made.recorded({ ...recorded, status: { code: 3 } });
  assert.match(made.judge(none).wrong[0] ?? "", /recorded 2 times/);
});

test("an exit of which nobody seemed to have heard may come all the same, and must be right then", () => {
  for (const [code, complaints] of [
    [3, 0],
    [4, 1],
  ] as const) {
    const { made } = ledger();
    made.initDied(5_000_000_000n, { supervisorToo: true });
    made.initReturned(7_000_000_000n);
    assert.deepEqual(made.judge(none), { wrong: [], late: [] });
    assert.equal(made.counts.unheard, 1);
    made.recorded({ ...recorded, status: { code } });
    assert.equal(made.judge(none).wrong.length, complaints, String(code));
    assert.equal(made.counts.unheard, 0);
  }
});

test("of who launched a daemon nobody need hear, but may: that is counted once", () => {
  const made = new ExitLedger();
  made.wrote({ ...exit, role: "launcher", status: { code: 0 } });
  assert.deepEqual(made.judge(none), { wrong: [], late: [] });
  made.recorded({ ...recorded, status: { code: 0 } });
  assert.deepEqual(made.judge(none), { wrong: [], late: [] });
  assert.deepEqual([made.counts.unheard, made.counts.known], [0, 1]);
});

test("on a slow machine a start may be on its way for longer, if the supervisor has not told of it", () => {
  const judged = (flight: bigint, isNamed: boolean) => {
    const { made } = ledger();
    if (isNamed) made.named("web/0", start.pid);
    made.initDied(start.at + flight, { supervisorToo: false });
    made.initReturned(exit.at + flight);
    return made.judge(none).late.length;
  };
  assert.equal(judged(2n * IN_FLIGHT, false), 0);
  assert.equal(judged(2n * IN_FLIGHT, true), 1);
  assert.equal(judged(SLOW_FLIGHT + 1n, false), 1);
});

test("another process with the same number, of an attempt with the same number, has an exit of its own", () => {
  const later = { startTime: 9999, at: 9_000_000_000n };
  for (const isJudged of [true, false]) {
    const { made } = ledger({ code: 3 });
    if (isJudged) assert.deepEqual(made.judge(none), { wrong: [], late: [] });
    // Events are read before what the programs wrote down.
    made.recorded({ ...recorded, status: { code: 4 } });
    made.started({ ...start, ...later });
    made.wrote({ ...exit, ...later, status: { code: 4 } });
    assert.deepEqual(made.judge(none), { wrong: [], late: [] });
    assert.equal(made.counts.known, 2);
  }
  const { made } = ledger({ code: 3 });
  made.started({ ...start, ...later });
  assert.deepEqual(made.judge(new Set(["web/0#3:42"])), { wrong: [], late: [] }, "it is the later one that lives");
  assert.match(made.judge(none).late[0] ?? "", /no exit was recorded/);
});

test("an exit that is not recorded is found, and may still come", () => {
  const { made } = ledger();
  assert.match(made.judge(none).late[0] ?? "", /has ended \(it wrote down exit status 3\), but no exit was recorded/);
  made.recorded({ ...recorded, status: { code: 3 } });
  assert.deepEqual(made.judge(none), { wrong: [], late: [] });
});

test("an exit that was invented is found", () => {
  const made = new ExitLedger();
  made.started(start);
  made.recorded({ ...recorded, status: { code: 0 } });
  assert.match(made.judge(none).wrong[0] ?? "", /wrote nothing of the kind/);
  const { made: living } = ledger({ code: 3 });
  assert.match(living.judge(new Set(["web/0#3:42"])).wrong[0] ?? "", /lives, but was recorded/);
});

test("SIGKILL can't be written down", () => {
  const made = new ExitLedger();
  made.started(start);
  made.recorded({ ...recorded, status: { signal: "SIGKILL" } });
  assert.deepEqual(made.judge(none), { wrong: [], late: [] });
  assert.equal(made.counts.killed, 1);
});

test("a daemon that was stopped before it was found need not be told of, and only that", () => {
  for (const [instance, isStopped, isNamed, complaints] of [
    ["daemonize0/0", true, false, 0],
    ["daemonize0/0", true, true, 1],
    ["daemonize0/0", false, false, 1],
    ["web/0", true, false, 1],
  ] as const) {
    for (const hasLastWords of [true, false]) {
      const made = new ExitLedger();
      made.started({ ...start, instance });
      if (hasLastWords) made.wrote({ ...exit, instance });
      if (isStopped) made.forced(instance);
      if (isNamed) made.named(instance, start.pid);
      assert.equal(made.judge(none).late.length, complaints, `${instance}, ${isStopped}, ${isNamed}, ${hasLastWords}`);
    }
  }
});

test("SIGKILL after the last words is believed only where somebody sent it", () => {
  assert.equal(ledger({ signal: "SIGKILL" }).made.judge(none).wrong.length, 1);
  const { made } = ledger({ signal: "SIGKILL" });
  made.forced("web/0");
  assert.deepEqual(made.judge(none), { wrong: [], late: [] });
  assert.equal(made.counts.overtaken, 1);
});

test("unknown is believed only while init was dead", () => {
  assert.match(ledger("unknown").made.judge(none).wrong[0] ?? "", /recorded as unknown, but it wrote down exit status 3, and init lived/);
  const cases: readonly [died: bigint, returned: bigint, believed: boolean][] = [
    [5_900_000_000n, 6_100_000_000n, true],
    [6_000_000_001n, 6_100_000_000n, true],
    [exit.at + IN_FLIGHT + 1n, exit.at + 2n * IN_FLIGHT, false],
    [5_100_000_000n, 5_900_000_000n, false],
  ];
  for (const [died, returned, believed] of cases) {
    const { made } = ledger("unknown");
    heardOf(made, exit.at + IN_FLIGHT / 2n);
    made.initDied(died, { supervisorToo: true });
    made.initReturned(returned);
    assert.equal(made.judge(none).wrong.length, believed ? 0 : 1, `${died} to ${returned}`);
  }
});

test("on a slow machine an exit may be on its way for longer, as long as none has arrived that came later", () => {
  const judged = (flight: bigint, heard: bigint) => {
    const { made } = ledger("unknown");
    heardOf(made, heard);
    made.initDied(exit.at + flight, { supervisorToo: true });
    return made.judge(none).wrong.length;
  };
  assert.equal(judged(2n * IN_FLIGHT, exit.at - 1n), 0);
  assert.equal(judged(2n * IN_FLIGHT, exit.at + IN_FLIGHT), 1);
  assert.equal(judged(SLOW_FLIGHT + 1n, exit.at - 1n), 1);
});

test("where the supervisor lives on, unknown is believed only of who was just started", () => {
  const { made } = ledger("unknown");
  made.initDied(start.at + 1n, { supervisorToo: false });
  assert.equal(made.judge(none).wrong.length, 0, "started less than the time of flight before");
  const { made: older } = ledger("unknown");
  older.initDied(exit.at, { supervisorToo: false });
  assert.equal(older.judge(none).wrong.length, 1);
});

test("nobody need have heard of who began and ended while init was dead", () => {
  const { made } = ledger();
  made.initDied(5_000_000_000n, { supervisorToo: true });
  made.initReturned(6_500_000_000n);
  assert.deepEqual(made.judge(none), { wrong: [], late: [] });
  const { made: before } = ledger();
  before.named("web/0", start.pid);
  before.initDied(5_000_000_000n + IN_FLIGHT + 1n, { supervisorToo: true });
  assert.equal(before.judge(none).late.length, 1, "its start was heard of");
});

test("whole logs are found whole, wherever the looks at them end", () => {
  const text = Buffer.from(lines(1, 0, 20) + lines(2, 0, 10));
  for (const size of [1, 99, 100, 101, 777, 10_000]) {
    const log = new LogLedger("w/0");
    for (let at = 0; at < text.length; at += size) assert.deepEqual(log.feed(text.subarray(at, at + size)), []);
    assert.equal(log.lines, 30);
    assert.equal(log.seen({ attempt: 1, pid: 11 }), 20);
    assert.equal(log.seen({ attempt: 2, pid: 12 }), 10);
  }
});

test("a gap, a repeat, a torn line and a stranger's line are found", () => {
  assert.match(fed(lines(1, 0, 5) + lines(1, 7, 3)), /pid 11: line 7 comes where 5 should be: 2 are lost/);
  assert.match(fed(lines(1, 0, 5) + lines(1, 4, 3)), /line 4 is repeated/);
  assert.match(fed(lines(1, 3, 2)), /3 are lost/);
  assert.match(fed(`${lines(1, 0, 5).slice(0, 450)}${lines(1, 4, 5)}`), /a line of more|a line of \d+ bytes/);
  assert.match(fed(`${lines(1, 0, 2)}${"y".repeat(LINE - 1)}\n`), /nobody wrote/);
  assert.match(fed(lines(1, 0, 3) + lines(2, 0, 3) + lines(1, 3, 3)), /writes on after a later one/);
  assert.match(fed(lines(1, 0, 3).replace("x\n", "y\n")), /nobody wrote/);
});

test("what a writer counted is compared with what is in the log", () => {
  const log = new LogLedger("w/0");
  log.feed(Buffer.from(lines(1, 0, 20)));
  const counted = { attempt: 1, pid: 11, wrote: 20, atOnce: 1, alive: false, cutOff: false };
  assert.deepEqual(log.judge(counted), { done: true });
  assert.deepEqual(log.judge({ ...counted, alive: true }), { done: false });
  assert.deepEqual(log.judge({ ...counted, wrote: 19 }), { done: true }, "it was killed before it counted");
  assert.match(log.judge({ ...counted, wrote: 18 }).wrong ?? "", /20 lines in the log, but 18 were written/);
  assert.match(log.judge({ ...counted, wrote: 21 }).late ?? "", /21 lines were written, but only 20 are in the log/);
  assert.deepEqual(log.judge({ ...counted, wrote: 25, cutOff: true }), { done: true });
  assert.equal(log.cutOff, 5);
});

function lines(attempt: number, from: number, count: number): string {
  return Array.from({ length: count }, (_, index) => {
    const head = `A${pad(attempt, 6)} P${pad(10 + attempt, 8)} S${pad(777, 12)} N${pad(from + index, 12)} `;
    return `${head.padEnd(LINE - 1, "x")}\n`;
  }).join("");
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, "0");
}

function fed(text: string): string {
  return new LogLedger("w/0").feed(Buffer.from(text)).join("\n");
}
