/** The commands that change services, as real processes, against a real API server. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { track } from "../support/cleanup.ts";
import { onTerminal } from "../support/pty.ts";
import { cli, cliArgv, type RunResult, start } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { type Served, serveMemory } from "./memoryControl.ts";

interface Case extends Served {
  run(...args: string[]): Promise<RunResult>;
}

async function served(t: TestContext): Promise<Case> {
  const tracked = track(t);
  const { control, env } = await serveMemory(tracked);
  const cwd = tracked.dir();
  return { control, env, run: (...args) => cli(args, { env, cwd }) };
}

/** Services run already; their commands say how they behave. */
async function started(t: TestContext, ...commands: readonly (readonly [name: string, ...command: string[]])[]): Promise<Case> {
  const found = await served(t);
  for (const [name, ...command] of commands) await found.control.add(name, ...command);
  return found;
}

const ESCAPE = "\u001b";

test("start, status, stop and delete follow a service from its start to its end", async (t) => {
  const { control, run } = await served(t);
  const begun = await run("start", "--name", "web", "-i", "2", "--", "sh", "-c", "exit");
  assert.equal(begun.code, 0, begun.stderr);
  assert.match(begun.stdout, /^web\/0 running \(pid \d+\) after .+\nweb\/1 running \(pid \d+\) after .+\n$/);
  const shown = await run("status");
  assert.equal(shown.code, 0, shown.stderr);
  assert.match(shown.stdout, /^NAME +STATE +READY +PID +UPTIME +RESTARTS +CPU +MEMORY\nweb\/0 +running +yes +\d+/);
  const stopped = await run("stop", "web");
  assert.deepEqual([stopped.code, stopped.stdout.replaceAll(/after .*/g, "after")], [0, "web/0 stopped after\nweb/1 stopped after\n"]);
  const named = await run("status", "--quiet", "web");
  assert.deepEqual([named.code, named.stdout, named.stderr], [3, "", ""]);
  assert.equal((await run("status", "--quiet")).code, 0);
  const deleted = await run("delete", "all");
  assert.match(deleted.stdout, /^web\/0 deleted after .*\nweb\/1 deleted after .*\n$/);
  assert.equal(control.services.size, 0);
  assert.match((await run("stop", "all")).stdout, /^nothing to do: there are no services\n$/);
});

test("one that fails is told on standard error, with its reason and what to look at; exit code 1", async (t) => {
  const { run } = await served(t);
  const { code, stdout, stderr } = await run("start", "--quiet", "--name", "bad", "--", "fail");
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /^bad\/0 failed after .*: bad\/0 is failed: it said so\n"daemonitor why bad" tells more\n$/m);
});

test("--timeout ends the waiting with 75, --no-wait at once with 0", async (t) => {
  const { run, control } = await started(t, ["slow", "slow", "3000"]);
  const late = await run("restart", "slow", "--timeout", "50ms");
  assert.equal(late.code, 75);
  assert.match(late.stderr, /^slow\/0 starting.*, not settled yet after .*\nit goes on: see "daemonitor status"\n$/);
  const asked = await run("stop", "slow", "--no-wait");
  assert.deepEqual([asked.code, asked.stdout, asked.stderr], [0, "slow/0 stopping\n", ""]);
  assert.deepEqual(
    control.requests.map((request) => request.wait),
    [50, 0],
  );
});

test("several selectors are several requests, and what they share is done once", async (t) => {
  const { run, control } = await started(t, ["web", "sh"], ["api", "sh"]);
  assert.equal((await run("restart", "web", "w*", "api/0")).code, 0);
  assert.deepEqual(
    control.requests.map((request) => ("selector" in request ? request.selector : "")),
    ["web", "api/0"],
  );
});

test("where one selector means nothing, nothing is done at all: 69, and what there is", async (t) => {
  const { run, control } = await started(t, ["web", "sh"]);
  const { code, stderr } = await run("stop", "web", "wbe");
  assert.equal(code, 69);
  assert.match(stderr, /^daemonitor: .*no service "wbe".*web/);
  assert.deepEqual(control.requests, []);
  const single = await run("reload", "nosuch", "--json");
  assert.deepEqual([single.code, single.stderr, JSON.parse(single.stdout).error.code], [69, "", "ERR_NO_SUCH_SERVICE"]);
});

test("without a selector the message names what there is", async (t) => {
  const { run } = await started(t, ["web", "sh"], ["api", "sh"]);
  for (const name of ["stop", "restart", "reload", "delete", "scale", "why", "describe", "signal", "start"]) {
    const { code, stderr } = await run(name);
    assert.equal(code, 64, name);
    assert.match(stderr, /there are web and api; "all" stands for every one/, name);
  }
});

test("the supervisor is told how it was asked, without values and arguments", async (t) => {
  const { run, control } = await started(t, ["web", "sh"]);
  await run("stop", "web", "--force");
  await run("start", "--name", "x", "--env", "TOKEN=s3cret", "--", "sh", "--password=s3cret");
  const [stop, apply] = control.requests;
  assert.match(stop?.by ?? "", /, by stop web$/);
  assert.match(apply?.by ?? "", /, by start -- sh$/);
  assert.ok(stop !== undefined && "force" in stop && stop.force);
  assert.equal(control.services.get("x")?.spec.env.TOKEN, "s3cret");
});

test("scale and signal reach the instances that are meant", async (t) => {
  const { run, control } = await started(t, ["web", "sh"], ["api", "sh"]);
  const scaled = await run("scale", "web=2", "api=0");
  assert.equal(scaled.code, 0, scaled.stderr);
  assert.match(scaled.stdout, /^web\/0 running .*\nweb\/1 running .*\n$/);
  const sent = await run("signal", "usr1", "web/1", "--all");
  assert.match(sent.stdout, /^sent SIGUSR1 to web\/1 \(pid \d+\)\n$/);
  const last = control.requests.at(-1);
  assert.partialDeepStrictEqual(last, { selector: "web/1", signalName: "SIGUSR1", to: "all" });
});

test("--json prints one object and nothing else", async (t) => {
  const { run } = await started(t, ["web", "sh"]);
  for (const args of [
    ["restart", "web"],
    ["stop", "web"],
    ["signal", "HUP", "web"],
    ["start", "web"],
    ["scale", "web", "2"],
    ["delete", "web"],
  ]) {
    const { code, stdout, stderr } = await run(...args, "--json");
    assert.deepEqual([code, stderr], [0, ""], args.join(" "));
    assert.equal(JSON.parse(stdout).instances[0].name, "web/0", args.join(" "));
  }
});

test("elsewhere than on a terminal progress is a line for each instance that settles, without escape sequences", async (t) => {
  const { run } = await started(t, ["quick", "slow", "3500"], ["late", "slow", "5500"]);
  const { code, stdout, stderr } = await run("restart", "all");
  assert.equal(code, 0);
  // The last one may be told by the answer first.
  assert.match(stderr, /^quick\/0 running\n(?:late\/0 running\n)?$/);
  assert.match(stdout, /^quick\/0 running \(pid \d+\) after \S+ s\nlate\/0 running \(pid \d+\) after \S+ s\n$/);
  assert.ok(!(stdout + stderr).includes(ESCAPE));
});

test("on a terminal progress is one line that is gone in the end", async (t) => {
  const { env } = await started(t, ["web", "slow", "2000"]);
  const terminal = onTerminal(cliArgv(["restart", "web"]), { env: { ...env, TERM: "xterm", NO_COLOR: undefined } });
  track(t).defer(() => terminal.close());
  await until("the progress", () => terminal.output().includes("restarting: 0 of 1 done"));
  assert.equal(await terminal.exited, 0);
  const last = terminal.output().split("\r").at(-2) ?? "";
  assert.match(last.replaceAll(ESCAPE, "ESC"), /^ESC\[2Kweb\/0 ESC\[32mrunningESC\[0m \(pid \d+\) after \d\S* s$/);
});

test("Ctrl-C ends the waiting, not what was asked for", async (t) => {
  const { env, control } = await started(t, ["web", "slow", "1500"]);
  const [file = "", ...args] = cliArgv(["restart", "web"]);
  const child = start(file, args, { env });
  track(t).killSession(child.pid ?? 0);
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = new Promise<number | null>((resolve) => child.on("close", (code) => resolve(code)));
  await until("the request", () => control.requests.length > 0);
  child.kill("SIGINT");
  assert.equal(await ended, 130);
  assert.match(stderr, /^daemonitor: wait: interrupted by SIGINT \(EINTR\); what was asked for goes on: see "daemonitor status"\n$/);
  await until("the restart", () => control.list("web")[0]?.instances[0]?.state === "running");
});
