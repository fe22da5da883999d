import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { syslog } from "../../src/daemon/syslog.ts";
import { formatHeader, halve, messageLines, SYSLOG_LEVELS } from "../../src/daemon/syslogFormat.ts";
import { OptionError } from "../../src/launch/errors.ts";
import { track } from "../support/cleanup.ts";
import { needsProgram } from "../support/needs.ts";
import { node24, run } from "../support/run.ts";
import { listen, script } from "./datagrams.ts";

function openAt(t: TestContext) {
  const tracked = track(t);
  const daemon = listen(tracked);
  tracked.defer(() => syslog.close());
  syslog.open({ ident: "web", facility: "local0", path: daemon.address });
  return daemon;
}

test("the header is what syslog(3) writes, in local time, the day padded with a blank", () => {
  const date = new Date(2026, 1, 3, 4, 5, 6);
  const header = { facility: "daemon", level: "warning", date, ident: "web/0", pid: 7 } as const;
  assert.equal(formatHeader(header), "<28>Feb  3 04:05:06 web/0[7]: ");
  assert.equal(formatHeader({ ...header, pid: undefined, facility: "local7", level: "debug" }), "<191>Feb  3 04:05:06 web/0: ");
  assert.equal(formatHeader({ ...header, date: new Date(2026, 11, 31, 23, 59, 59) }), "<28>Dec 31 23:59:59 web/0[7]: ");
});

test("a message looks like one of logger(1)", { skip: needsProgram("logger") }, async () => {
  const args = ["--no-act", "--stderr", "--socket-errors=off", "--tag", "web", "--id=7", "--priority", "local0.notice", "the same"];
  const header = () => formatHeader({ facility: "local0", level: "notice", date: new Date(), ident: "web", pid: 7 });
  const withoutTime = (text: string) => text.trimEnd().replace(/\d\d:\d\d:\d\d/, "TIME");
  // Midnight may come between.
  const ours = [header()];
  const { stderr } = await run("logger", args);
  ours.push(header());
  assert.ok(ours.map((text) => withoutTime(`${text}the same`)).includes(withoutTime(stderr)), stderr);
});

test("each level has its priority and its method", (t) => {
  const daemon = openAt(t);
  for (const level of SYSLOG_LEVELS) assert.ok(syslog[level](`a ${level}`));
  assert.ok(syslog.log("info", "by name"));
  const seen = daemon.texts().map((text) => /^<(\d+)>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d web\[(\d+)\]: (.*)$/.exec(text)?.slice(1));
  const expected = SYSLOG_LEVELS.map((level, index) => [String(16 * 8 + index), String(process.pid), `a ${level}`]);
  assert.deepEqual(seen, [...expected, [String(16 * 8 + 6), String(process.pid), "by name"]]);
});

test("a message of several lines is one datagram per line", (t) => {
  const daemon = openAt(t);
  assert.ok(syslog.error("Error: it broke\r\n    at here\n\n    at there\n"));
  assert.deepEqual(
    daemon.texts().map((text) => text.slice(text.indexOf("]: ") + 3)),
    ["Error: it broke", "    at here", "    at there"],
  );
});

test("empty messages and NUL bytes stay messages", () => {
  assert.deepEqual(messageLines(""), [""]);
  assert.deepEqual(messageLines("\n\n"), [""]);
  assert.deepEqual(messageLines("a\0b"), ["a#000b"]);
});

test("a line too long for a datagram arrives in pieces, whole and in order", (t) => {
  const daemon = openAt(t);
  const line = "é😀x".repeat(60_000);
  assert.ok(syslog.info(line));
  const pieces = daemon.texts().map((text) => text.slice(text.indexOf("]: ") + 3));
  assert.ok(pieces.length > 1, `${pieces.length} pieces`);
  assert.equal(pieces.join(""), line);
});

test("halving never cuts a character and ends", () => {
  assert.deepEqual(halve("a😀b"), ["a😀", "b"]);
  assert.deepEqual(halve("ab"), ["a", "b"]);
  assert.equal(halve("a"), undefined);
  assert.equal(halve("😀"), undefined);
  assert.equal(halve(""), undefined);
});

test("without a syslog daemon every call returns false and nothing is thrown", (t) => {
  const tracked = track(t);
  tracked.defer(() => syslog.close());
  const gone = listen(tracked);
  gone.close();
  for (const path of [gone.address, "/missing/log", "/dev/null", `/${"x".repeat(300)}`]) {
    syslog.open({ path });
    assert.equal(syslog.error("a\nb"), false, path);
  }
});

test("a child logs under the name of its script, and as ident and pid say", async (t) => {
  const daemon = listen(track(t));
  const code = `import { syslog } from "SRC/daemon/syslog.ts";
    syslog.open({ path: process.env.LOG });
    syslog.info("one");
    syslog.open({ path: process.env.LOG, ident: "mailer", pid: false, facility: "mail" });
    syslog.info("two");`;
  const child = await run(node24, script(code), { env: { LOG: daemon.address } });
  assert.equal(child.code, 0, child.stderr);
  const [one = "", two = ""] = daemon.texts();
  assert.ok(one.startsWith("<30>") && one.endsWith(` node[${child.pid}]: one`), one);
  assert.ok(two.startsWith("<22>") && two.endsWith(" mailer: two"), two);
});

test("a wrong name is refused with the one that was meant", () => {
  const cases: [() => unknown, string, RegExp][] = [
    [() => syslog.open({ facility: "deamon" as never }), "facility", /not "deamon"; did you mean "daemon"\?$/],
    [() => syslog.open({ facility: "kern" as never }), "facility", /^facility must be one of user, /],
    [() => syslog.log("warn" as never, "x"), "level", /did you mean "warning"\?$/],
    [() => syslog.open({ indent: "x" } as never), "indent", /did you mean "ident"\?$/],
    [() => syslog.open({ ident: "a\nb" }), "ident", /control characters/],
    [() => syslog.open({ ident: "" }), "ident", /ident/],
    [() => syslog.open({ pid: 1 as never }), "pid", /true or false/],
    [() => syslog.open({ path: "log" }), "path", /absolute path/],
    [() => syslog.info(7 as never), "message", /string/],
    [() => syslog.open(null as never), "options", /object/],
  ];
  for (const [call, option, message] of cases) {
    assert.throws(call, (error) => error instanceof OptionError && error.option === option && message.test(error.message), String(call));
  }
});
