import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { track } from "../support/cleanup.ts";
import { needsAll, needsProgram } from "../support/needs.ts";
import { allPids, inspect, isAlive } from "../support/process.ts";
import { cliArgv, fixture, node24, start } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { needsPrivateDev, privateDev } from "./privateDev.ts";

const skip = needsAll(needsProgram("logger"), needsProgram("python3"), needsPrivateDev);

test("What a daemon writes arrives in syslog, a line a message, with its name and pid.", { skip }, async (t) => {
  const { inside, messages } = await syslogd(t);
  const script = "echo one; echo; echo 'two  words'; echo three >&2; printf 'four without an end'";
  const outputs = ["--stdout", "syslog", "--stderr", "syslog"];
  const { code, stdout, stderr } = await inside(
    cliArgv(["daemonize", "--print-pid", "--name", "hello", ...outputs, "--", "sh", "-c", script]),
  );
  assert.deepEqual([code, stderr], [0, ""]);
  const pid = Number(stdout);
  await until("the last message", () => messages().length >= 4);
  const header = `<30>Mmm dd hh:mm:ss hello[${pid}]: `;
  const texts = ["one", "two  words", "three", "four without an end"];
  assert.deepEqual(
    messages().filter((message) => message !== header),
    texts.map((text) => `${header}${text}`),
  );
  await until("the relay's end", () => relaysOf(pid).length === 0);
});

test("Only standard error may go there, and each message keeps its text whatever bytes it has.", { skip }, async (t) => {
  const { dir, inside, messages } = await syslogd(t);
  const script = "echo to the file; printf '\\377 and %%s\\n' >&2";
  const flags = ["--print-pid", "--stdout", `${dir}/out`, "--stderr", "syslog"];
  const { stdout } = await inside(cliArgv(["daemonize", ...flags, "--", "sh", "-c", script]));
  await until("the message", () => messages().some((message) => message.endsWith(`sh[${Number(stdout)}]: \xff and %s`)));
  assert.equal(readFileSync(`${dir}/out`, "utf8"), "to the file\n");
  assert.equal(messages().length, 1);
});

test("A Node daemon's last words arrive too when it crashes, and the relay ends with it.", { skip }, async (t) => {
  const { tracked, dir, inside, messages } = await syslogd(t);
  const pidFile = tracked.killNamedIn(`${dir}/pid`);
  const { code, stderr } = await inside([node24, fixture("system/syslogDaemon.ts"), pidFile]);
  assert.deepEqual([code, stderr], [0, ""]);
  const pid = Number(readFileSync(pidFile, "utf8"));
  const has = (text: string) =>
    messages().some((message) => message.startsWith(`<30>Mmm dd hh:mm:ss chatty[${pid}]: `) && message.endsWith(text));
  await until("its output", () => has(`]: process ${pid} is up`) && has("]: and so is its standard error"));

  const [relay] = relaysOf(pid);
  assert.ok(relay !== undefined);
  const { ttyNr, cwd, sid, fds } = inspect(relay);
  assert.deepEqual([ttyNr, cwd], [0, "/"]);
  assert.ok(sid !== relay && sid !== inspect(pid).sid);
  assert.deepEqual([fds.get(1)?.target, fds.get(2)?.target], ["/dev/null", "/dev/null"]);

  process.kill(pid, "SIGUSR2");
  await until("the daemon's end", () => !isAlive(pid));
  await until("the relay's end", () => !isAlive(relay));
  await until("its last words", () => has("]: Error: out of luck"));
});

test("The relay outlives a hangup, and lasts as long as any child that writes.", { skip }, async (t) => {
  const { tracked, inside, messages } = await syslogd(t);
  const script = "(sleep 1; echo from the child) & echo from the parent; exit 3";
  const { stdout } = await inside(cliArgv(["daemonize", "--print-pid", "--stdout", "syslog", "--", "sh", "-c", script]));
  const pid = Number(stdout);
  const [relay] = relaysOf(pid);
  assert.ok(relay !== undefined);
  tracked.kill(relay);
  process.kill(relay, "SIGHUP");
  await until("both words", () => messages().some((message) => message.endsWith(`sh[${pid}]: from the child`)));
  await until("the relay's end", () => !isAlive(relay));
});

test("Where nobody listens on /dev/log, nothing is started: exit code 69.", { skip }, async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  const inside = privateDev(dir);
  const flags = ["--stdout", "syslog", "--pid-file", `${dir}/pid`];
  const { code, stdout, stderr } = await inside(cliArgv(["daemonize", ...flags, "--", "touch", `${dir}/touched`]));
  assert.deepEqual([code, stdout], [69, ""]);
  assert.equal(stderr, "daemonitor: syslog /dev/log: no syslog daemon listens there; start one, or send the output to a file\n");
  const json = await inside(cliArgv(["daemonize", "--json", ...flags, "--", "true"]));
  assert.deepEqual([json.code, JSON.parse(json.stdout).error.code], [69, "ERR_NO_SYSLOG"]);
  const own = await inside([node24, fixture("system/syslogDaemon.ts"), `${dir}/pid`]);
  assert.deepEqual([own.code, own.stdout], [69, ""]);
  assert.ok(!existsSync(`${dir}/pid`) && !existsSync(`${dir}/touched`));
});

/** A syslog daemon, and a way to run commands where it is reached as /dev/log. */
async function syslogd(t: TestContext) {
  const tracked = track(t);
  const dir = tracked.dir();
  const socket = `${dir}/log`;
  const file = `${dir}/messages`;
  const child = start("python3", [fixture("system/syslogd.py"), socket, file], { stdio: "ignore" });
  tracked.killSession(child.pid ?? 0);
  await until("the syslog daemon", () => existsSync(socket));
  /** What has come in; the time of day is replaced, since it is none of the tests' business. */
  const messages = () => {
    const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
    return lines.map((line) => String(JSON.parse(line)).replace(/^(<\d+>)[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d /, "$1Mmm dd hh:mm:ss "));
  };
  return { tracked, dir, inside: privateDev(dir, { syslog: socket }), messages };
}

/** The logger(1) processes that write under this pid. */
function relaysOf(pid: number): number[] {
  return allPids().filter((candidate) => {
    try {
      const { cmdline, name } = inspect(candidate);
      return name === "logger" && cmdline.some((word) => word.endsWith(`[${pid}]`)) && isAlive(candidate);
    } catch {
      return false;
    }
  });
}
