import assert from "node:assert/strict";
import { closeSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { native } from "../../src/native/addon.ts";
import { eventsOf, type LookUp, mayBecomeMain, type Sender, type Speaker, trust } from "../../src/supervisor/probes/notifyMessages.ts";
import { LONGEST_NOTIFY_MESSAGE, type NotifyFields, parseNotifyMessage } from "../../src/values/notifyMessage.ts";
import { track } from "../support/cleanup.ts";
import { needsProgram } from "../support/needs.ts";
import { readStat } from "../support/process.ts";
import { start } from "../support/run.ts";
import { until } from "../support/wait.ts";

function parse(text: string): NotifyFields {
  const message = parseNotifyMessage(Buffer.from(text));
  assert.ok(message !== null, `${JSON.stringify(text)} is a message`);
  return message;
}

const nothing = parse("X=1");

test("each field of sd_notify(3) is understood, times as milliseconds", () => {
  const { others, ...empty } = nothing;
  assert.deepEqual([...others], [["X", "1"]]);
  const cases: [string, Partial<NotifyFields>][] = [
    ["READY=1", { ready: true }],
    ["RELOADING=1\nMONOTONIC_USEC=1234567", { reloading: true, since: 1234.567 }],
    ["STOPPING=1", { stopping: true }],
    ["STATUS=half = way\n", { status: "half = way" }],
    ["STATUS=", { status: "" }],
    ["ERRNO=2", { errno: 2 }],
    ["MAINPID=4711", { mainPid: 4711 }],
    ["WATCHDOG=1", { watchdog: "alive" }],
    ["WATCHDOG=trigger", { watchdog: "trigger" }],
    ["WATCHDOG_USEC=20000000", { watchdogInterval: 20_000 }],
    ["WATCHDOG_USEC=0", { watchdogInterval: 0 }],
    ["EXTEND_TIMEOUT_USEC=1500000", { extendTimeout: 1500 }],
    ["FDSTORE=1\nFDNAME=cache", { descriptors: { do: "store", name: "cache" } }],
    ["FDSTORE=1", { descriptors: { do: "store", name: "stored" } }],
    ["FDSTOREREMOVE=1\nFDNAME=cache", { descriptors: { do: "remove", name: "cache" } }],
    ["READY=1\nSTATUS=up\nMAINPID=7\0", { ready: true, status: "up", mainPid: 7 }],
    ["ERRNO=2\nERRNO=3", { errno: 2 }],
  ];
  for (const [text, expected] of cases) assert.deepEqual(parse(text), { ...empty, others: new Map(), ...expected }, text);
});

test("values that can't be are left out", () => {
  const wrong = [
    "READY=0\nREADY=1",
    "READY=yes",
    "ready=1",
    "READY",
    " READY=1",
    "ERRNO=-2",
    "ERRNO=0",
    "ERRNO=2.5",
    "ERRNO=99999",
    "MAINPID=0",
    "MAINPID=-1",
    "MAINPID=4194305",
    "MAINPID=0x10",
    "MAINPID= 7",
    "WATCHDOG=2",
    "EXTEND_TIMEOUT_USEC=0",
    "EXTEND_TIMEOUT_USEC=infinity",
    "EXTEND_TIMEOUT_USEC=99999999999999999999",
    "FDNAME=alone",
    "=1",
  ];
  for (const text of wrong) assert.deepEqual({ ...parse(text), others: new Map() }, { ...nothing, others: new Map() }, text);
});

test("a status can't command a terminal", () => {
  assert.equal(parse("STATUS=\x1b[2Jgone\x07\t\u202ethere\r").status, "[2Jgone there");
  assert.equal(parseNotifyMessage(Buffer.from([...Buffer.from("STATUS="), 0xff, 0x61]))?.status, "\ufffda");
});

test("what is empty, too long or holds a NUL is no message", () => {
  for (const text of ["", "\0", "READY=1\0STATUS=x", "\0READY=1"]) assert.equal(parseNotifyMessage(Buffer.from(text)), null);
  const longest = `STATUS=${"x".repeat(LONGEST_NOTIFY_MESSAGE - 7)}`;
  assert.equal(parse(longest).status?.length, LONGEST_NOTIFY_MESSAGE - 7);
  assert.equal(parseNotifyMessage(Buffer.from(`${longest}x`)), null);
});

test("no bytes make the parser throw, or a number that is none", () => {
  const name = fc.constantFrom("READY", "ERRNO", "MAINPID", "WATCHDOG_USEC", "EXTEND_TIMEOUT_USEC", "STATUS", "MONOTONIC_USEC", "Z");
  const line = fc
    .tuple(name, fc.oneof(fc.string(), fc.nat().map(String), fc.bigInt().map(String)))
    .map(([key, value]) => `${key}=${value}`);
  const text = fc.array(line).map((lines) => new Uint8Array(Buffer.from(lines.join("\n"))));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 5000 }), text), (bytes) => {
      const message = parseNotifyMessage(bytes);
      if (message === null) return;
      for (const number of [message.errno, message.mainPid, message.since, message.watchdogInterval, message.extendTimeout]) {
        assert.ok(number === null || (Number.isFinite(number) && number >= 0));
      }
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
      assert.doesNotMatch(message.status ?? "", /[\0-\x1f\x7f]/);
      eventsOf(message, 1);
    }),
    { numRuns: 1000 },
  );
});

test("a message becomes the machine's events, in an order that makes sense to it", () => {
  assert.deepEqual(eventsOf(parse("WATCHDOG=1\nREADY=1\nEXTEND_TIMEOUT_USEC=5000\nERRNO=2"), 3), [
    { type: "extendTimeout", ms: 5 },
    { type: "ready", attempt: 3 },
    { type: "watchdogPing" },
  ]);
  assert.deepEqual(eventsOf(parse("RELOADING=1"), 3), [{ type: "reloadStarted" }]);
  assert.deepEqual(eventsOf(parse("WATCHDOG=trigger"), 3), [{ type: "watchdogTriggered" }]);
  assert.deepEqual(eventsOf(parse("STATUS=no disk\nERRNO=28"), 3), [
    { type: "readinessFailed", attempt: 3, why: "it reported errno 28: no disk" },
  ]);
  assert.deepEqual(eventsOf(parse("STATUS=fine\nSTOPPING=1\nMAINPID=3"), 3), []);
});

const service: Speaker = { main: { pid: 100, startTime: 5 }, session: 100, uid: 1000 };
/** 100 is the main process, 101 its child, 102 a grandchild in a session of its own; 200 a stranger; 300 and 301 each other's parent. */
const tree: LookUp = (pid) =>
  ({
    100: { parent: 1, session: 100, startTime: 5 },
    101: { parent: 100, session: 100, startTime: 6 },
    102: { parent: 101, session: 102, startTime: 7 },
    200: { parent: 1, session: 200, startTime: 4 },
    300: { parent: 301, session: 300, startTime: 4 },
    301: { parent: 300, session: 300, startTime: 4 },
  })[pid];

test("the main process, its session and its descendants may speak, strangers may not", () => {
  const cases: [string, Sender, Speaker, ReturnType<typeof trust>][] = [
    ["main", { pid: 100, uid: 0, session: 100 }, service, { trusted: true, as: "main" }],
    ["main in another session", { pid: 100, uid: 1000, session: 7 }, service, { trusted: true, as: "main" }],
    ["its session", { pid: 101, uid: 5, session: 100 }, service, { trusted: true, as: "session" }],
    ["its session, though gone", { pid: 999, uid: 5, session: 100 }, service, { trusted: true, as: "session" }],
    ["a grandchild elsewhere", { pid: 102, uid: 1000, session: 102 }, service, { trusted: true, as: "descendant" }],
    ["one that was there only for /proc", { pid: 101, uid: 1000, session: 0 }, service, { trusted: true, as: "session" }],
    ["gone, of its user", { pid: 999, uid: 1000, session: 0 }, service, { trusted: true, as: "user" }],
    ["gone, of another user", { pid: 999, uid: 1001, session: 0 }, service, { trusted: false }],
    ["out of sight, of its user", { pid: 0, uid: 1000, session: 0 }, service, { trusted: true, as: "user" }],
    ["a stranger of its user", { pid: 200, uid: 1000, session: 200 }, service, { trusted: false }],
    ["a stranger of its user, gone since", { pid: 999, uid: 1000, session: 200 }, service, { trusted: false }],
    ["a stranger of root", { pid: 200, uid: 0, session: 200 }, service, { trusted: false }],
    ["in circles", { pid: 300, uid: 1000, session: 300 }, service, { trusted: false }],
    [
      "another one with its number",
      { pid: 100, uid: 1000, session: 100 },
      { ...service, main: { pid: 100, startTime: 9 } },
      { trusted: false },
    ],
    ["main unknown, session known", { pid: 101, uid: 1000, session: 100 }, { ...service, main: null }, { trusted: true, as: "session" }],
    ["nothing known", { pid: 101, uid: 1000, session: 100 }, { ...service, main: null, session: null }, { trusted: false }],
    [
      "a descendant of one gone",
      { pid: 102, uid: 1000, session: 102 },
      { ...service, main: { pid: 101, startTime: 9 } },
      { trusted: false },
    ],
  ];
  for (const [title, sender, speaker, expected] of cases) assert.deepEqual(trust(sender, speaker, tree), expected, title);
});

test("MAINPID may name the service's own processes, and no other", () => {
  const named = [0, 1, 100, 101, 102, 200, 300, 999].map((pid) => [pid, mayBecomeMain(pid, service, tree)]);
  assert.deepEqual(Object.fromEntries(named), { 0: false, 1: false, 100: true, 101: true, 102: true, 200: false, 300: false, 999: false });
  assert.equal(mayBecomeMain(100, { ...service, main: { pid: 100, startTime: 9 } }, tree), false);
});

test("real processes are told apart", { skip: needsProgram("python3") }, async (t) => {
  const tracked = track(t);
  const { fd, address } = native().notifySocket();
  tracked.defer(() => closeSync(fd));
  const say = (word: string) =>
    `import os,socket,time; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'STATUS=${word}', '\\0' + os.environ['NOTIFY_SOCKET'][1:])`;
  const env = { NOTIFY_SOCKET: address };
  // The service's shell waits for its children: one in its session, and one in a session of its own, which lives on.
  const script = `python3 -c "${say("session")}; time.sleep(1000)" & setsid python3 -c "${say("descendant")}; time.sleep(1000)" & wait`;
  const main = start("sh", ["-c", script], { env });
  const stranger = start("python3", ["-c", `${say("stranger")}; time.sleep(1000)`], { env });
  assert.ok(main.pid !== undefined && stranger.pid !== undefined);
  tracked.killSession(main.pid);
  tracked.killSession(stranger.pid);
  const { startTime, sid } = readStat(main.pid);
  const speaker: Speaker = { main: { pid: main.pid, startTime: Number(startTime) }, session: sid, uid: process.getuid?.() ?? 0 };
  const heard: Record<string, unknown> = {};
  await until("all three to speak", () => {
    for (let message = native().receiveNotify(fd); message !== null; message = native().receiveNotify(fd)) {
      const { pid, uid, data } = message;
      tracked.kill(pid);
      heard[parseNotifyMessage(data)?.status ?? ""] = trust({ pid, uid, session: 0 }, speaker, lookUp);
    }
    return Object.keys(heard).length === 3;
  });
  assert.deepEqual(heard, {
    session: { trusted: true, as: "session" },
    descendant: { trusted: true, as: "descendant" },
    stranger: { trusted: false },
  });
});

function lookUp(pid: number) {
  try {
    const { ppid, sid, startTime } = readStat(pid);
    return { parent: ppid, session: sid, startTime: Number(startTime) };
  } catch {
    return undefined;
  }
}
