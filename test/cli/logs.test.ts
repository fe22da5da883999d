import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { lineText, nameColour, shown } from "../../src/cli/logsText.ts";
import { archivesOf } from "../../src/logs/readSegments.ts";
import { LogFixture, numbered } from "../logs/readFixture.ts";
import { track } from "../support/cleanup.ts";
import { onTerminal } from "../support/pty.ts";
import { cli, cliArgv, start } from "../support/run.ts";
import { supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";

const T = Date.UTC(2026, 10, 22, 12);
const ESCAPE = "\u001b";
const plain = { colours: false, harmless: true, strip: false, timestamps: false, now: T };

/** A home without a supervisor. */
function home(t: Parameters<typeof track>[0]) {
  const tracked = track(t);
  const dir = tracked.dir();
  const env = { DAEMONITOR_HOME: dir, TZ: "UTC", NO_COLOR: undefined };
  const of = (service: string, stream = "0") => new LogFixture(join(dir, "log"), { service, stream });
  const logs = async (...args: string[]) => {
    const { code, stdout, stderr } = await cli(["logs", ...args], { env, timeout: 60_000 });
    assert.equal(code, 0, stderr);
    return stdout;
  };
  return { ...tracked, env, of, logs };
}

test("the last lines of each instance, as one, by time, with names", async (t) => {
  const { of, logs } = home(t);
  const [web, api] = [of("web"), of("api")];
  web.append(numbered(1, 100));
  web.index(web.current, [[T, 0]]);
  api.append(numbered(1, 3, "api"));
  api.index(api.current, [[T + 1000, 0]]);
  const lines = (await logs()).trimEnd().split("\n");
  assert.deepEqual(lines.slice(0, 2), ["web/0 | line 86", "web/0 | line 87"]);
  assert.deepEqual(lines.slice(15), ["api/0 | api 1", "api/0 | api 2", "api/0 | api 3"]);
  assert.equal(await logs("web", "-n", "2"), "line 99\nline 100\n");
  assert.equal(await logs("web/0", "-n", "all"), numbered(1, 100));
  assert.equal(await logs("a*", "--raw"), numbered(1, 3, "api"));
  assert.equal(await logs("web", "--instance", "1"), "");
});

test("since, until, grep, level and their mistakes", async (t) => {
  const { of, logs, env } = home(t);
  const web = of("web");
  web.archive(T, numbered(1, 100), "zst");
  web.append(`${numbered(101, 110)}ERROR it broke\n  at place\n{"level":40,"time":${T + 2000},"msg":"slow","ms":812}\n`);
  web.index(web.current, [
    [T + 1000, 90],
    [T + 2000, 200],
  ]);
  assert.match(await logs("--since", "2026-11-22 12:00:00.001"), /^line 101\n/);
  assert.equal(await logs("--until", "2026-11-22T12:00:00Z", "-n", "1"), "line 100\n");
  assert.equal(await logs("--grep", "^line 1?09$"), "line 109\n");
  assert.equal(await logs("--grep", "LINE 7$", "-i"), "line 7\n");
  assert.equal(await logs("--level", "error"), "ERROR it broke\n  at place\n");
  // With its date on any other day.
  assert.match(await logs("--grep", "ms=812"), /^(2026-11-22 )?12:00:02\.000 WARN {2}slow ms=812\n$/);
  for (const [args, message] of [
    [["--since", "foo"], /--since: "foo" is not a time such as/],
    [["--level", "wran"], /did you mean warn\?/],
    [["--grep", "("], /is no regular expression/],
    [["-n", "x"], /neither a number of lines nor "all"/],
    [["--raw", "--timestamps"], /contradict/],
    [["nope"], /there is no service "nope"/],
  ] as const) {
    const { code, stderr } = await cli(["logs", ...args], { env });
    assert.ok(code !== 0);
    assert.match(stderr, message);
    assert.equal(stderr.trimEnd().split("\n").length, 1);
  }
});

test("--json and --raw", async (t) => {
  const { of, logs } = home(t);
  const web = of("web");
  const error = of("web", "0.error");
  web.append(Buffer.concat([Buffer.from('{"a":1}\n'), Buffer.from([0xff, 0x00, 0x0a]), Buffer.from("end")]));
  web.index(web.current, [[T, 0]]);
  error.append("oops\n");
  error.index(error.current, [[T + 1000, 0]]);
  const objects = (await logs("--json"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const what = { service: "web", instance: "web/0", time: T };
  assert.deepEqual(objects, [
    { ...what, stream: "stdout", fields: { a: 1 } },
    { ...what, stream: "stdout", line: "\ufffd\0" },
    { ...what, stream: "stdout", line: "end" },
    { ...what, stream: "stderr", time: T + 1000, line: "oops" },
  ]);
  assert.equal(await logs("--stderr"), "oops\n");
  assert.match(await logs("--stdout"), /^\{"a":1\}\n\ufffd\0\nend\n$/);
});

test("lines are shown readably, and do a terminal no harm", () => {
  const text = (line: string, style = {}) => lineText(Buffer.from(line), T, { ...plain, ...style });
  const pino = `{"level":50,"time":${Date.UTC(2026, 10, 22, 14, 2, 11, 123)},"pid":7,"hostname":"h","msg":"it broke","user":"a b","n":1,"err":{"message":"x","stack":"Error: x\\n    at y"}}`;
  process.env.TZ = "UTC";
  assert.equal(text(pino), '14:02:11.123 ERROR it broke user="a b" n=1\n    Error: x\n        at y');
  assert.equal(
    text('{"name":"app","hostname":"h","pid":1,"level":30,"msg":"hi","time":"2026-11-22T14:02:11.000Z","v":0}'),
    "14:02:11.000 INFO  hi name=app",
  );
  assert.equal(text('{"level":"http","message":"GET /","timestamp":"2026-11-21T14:02:11Z"}'), "2026-11-21 14:02:11.000 HTTP  GET /");
  assert.equal(text('{"no":"log"}'), '{"no":"log"}');
  assert.equal(text("{broken"), "{broken");
  assert.equal(text("\u001b[31mred\u001b[0m \u001b[2J\u0007\tx\r"), "\u001b[31mred\u001b[0m ^[[2J^G\tx\u001b[0m");
  assert.equal(text("\u001b]0;title\u0007\u009b2J\u202e"), "^[]0;title^G<U+009B>2J<U+202E>");
  assert.equal(text('{"level":30,"msg":"\\u001b[2Jx"}', { harmless: false }), "INFO  ^[[2Jx");
  assert.equal(shown("\u001b[31mred", { harmless: true, strip: true }), "red");
  assert.equal(nameColour("web/0"), nameColour("web/0"));
});

test("on a terminal names have colours, and control characters are visible; NO_COLOR turns colours off", async (t) => {
  const { of, env, defer } = home(t);
  of("web").append("a\u001b[2Jb\n");
  of("api").append("x\n");
  const shownOn = async (extra: Record<string, string>) => {
    const terminal = onTerminal(cliArgv(["logs"]), { env: { ...env, TERM: "xterm", ...extra } });
    defer(() => terminal.close());
    await terminal.exited;
    return until("the output", () => /web\/0/.test(terminal.output()) && terminal.output());
  };
  const coloured = await shownOn({});
  assert.ok(coloured.includes(`${ESCAPE}[${nameColour("web/0")}mweb/0 |${ESCAPE}[0m a^[[2Jb`), coloured);
  const uncoloured = await shownOn({ NO_COLOR: "1" });
  assert.ok(!uncoloured.includes(ESCAPE), uncoloured);
});

test("following: what comes, over rotation, with new instances, until the reader goes away", async (t) => {
  const { of, env, killSession } = home(t);
  const web = of("web");
  web.append("old\n");
  const [file = "", ...args] = cliArgv(["logs", "-f", "web", "-n", "1"]);
  const child = start(file, args, { env });
  killSession(child.pid ?? 0);
  let [output, errors] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  await until("the old line", () => output === "old\n", { timeout: 60_000 });
  assert.match(errors, /no supervisor runs/);
  web.append("one\n");
  await until("one", () => output.endsWith("one\n"));
  web.rotate(T, "two\n");
  await until("two", () => output.endsWith("two\n"));
  of("web", "1").append("three\n");
  await until("three", () => output.endsWith("web/1 | three\n"));
  child.stdout?.destroy();
  await until("its end", () => {
    appendFileSync(web.current, "more\n");
    return child.exitCode !== null || child.signalCode !== null;
  });
  assert.equal(child.exitCode, 0);
  assert.doesNotMatch(errors, /EPIPE|Error/);
});

test("Ctrl-C ends it quietly", async (t) => {
  const { of, env, defer } = home(t);
  of("web").append("old\n");
  const terminal = onTerminal(cliArgv(["logs", "-f"]), { env });
  defer(() => terminal.close());
  await until("the old line", () => terminal.output().includes("old"), { timeout: 60_000 });
  terminal.write("\u0003");
  await terminal.exited;
  assert.doesNotMatch(terminal.output(), /Error|at /);
});

test("under a supervisor: logs of real services, over a restart of the supervisor", async (t) => {
  const { apply, status, about, tracked, env } = await supervised(t);
  await apply({
    web: { command: ["/bin/sh", "-c", "i=0; while :; do i=$((i+1)); echo tick $i; sleep 0.05; done"] },
    api: { command: ["/bin/sh", "-c", "echo to out; echo to err >&2; exec sleep 1000"], logs: { stderr: "separate" } },
  });
  await until("both outputs", async () => {
    const { stdout } = await cli(["logs", "api"], { env });
    return /to out/.test(stdout) && /to err/.test(stdout);
  });
  assert.equal((await cli(["logs", "api", "--stderr"], { env })).stdout, "to err\n");
  const [file = "", ...args] = cliArgv(["logs", "-f", "web", "--raw", "-n", "all"]);
  const child = start(file, args, { env });
  tracked.killSession(child.pid ?? 0);
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  await until("ticks", () => output.includes("tick 5\n"), { timeout: 60_000 });
  const before = (await about()).pid;
  process.kill(before, "SIGKILL");
  await until("another supervisor", async () => (await about()).pid !== before, { timeout: 60_000 });
  const seen = output.trimEnd().split("\n").length;
  await until("more ticks", () => output.trimEnd().split("\n").length > seen + 10, { timeout: 60_000 });
  const lines = output.slice(0, output.lastIndexOf("\n")).split("\n");
  assert.deepEqual(
    lines,
    lines.map((_, index) => `tick ${index + 1}`),
  );
  assert.ok((await status("web/0")).pid !== null);
});

test("rotate puts aside, clear removes; logs shows what is left", async (t) => {
  const { apply, env, home: where, log } = await supervised(t);
  await apply({ web: { command: ["/bin/sh", "-c", "echo before; while read -r x; do :; done < /dev/null; exec sleep 1000"] } });
  await until("the line", () => log("web/0") === "before\n");
  const rotated = await cli(["rotate", "web"], { env, timeout: 60_000 });
  assert.equal(rotated.code, 0, rotated.stderr);
  assert.match(rotated.stdout, /^web\/0: .+\n$/);
  assert.equal(archivesOf(join(where.log, "web"), "0").length, 1);
  assert.equal((await cli(["logs", "web"], { env })).stdout, "before\n");
  const cleared = await cli(["clear", "web"], { env, timeout: 60_000 });
  assert.equal(cleared.code, 0, cleared.stderr);
  assert.match(cleared.stdout, /^web\/0: .+\n$/);
  assert.equal((await cli(["logs", "web"], { env })).stdout, "");
  assert.equal(archivesOf(join(where.log, "web"), "0").length, 0);
  const none = await cli(["clear"], { env });
  assert.equal(none.code, 64);
  assert.match(none.stderr, /no service is named/);
});
