/** The commands that show services, as real processes, against a real API server. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { track } from "../support/cleanup.ts";
import { readStat } from "../support/process.ts";
import { onTerminal } from "../support/pty.ts";
import { cli, cliArgv, run, start } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { serveMemory } from "./memoryControl.ts";

async function served(t: TestContext) {
  const tracked = track(t);
  const { control, env } = await serveMemory(tracked);
  const cwd = tracked.dir();
  await control.add("web", "sh", "-c", "exit 3");
  return { tracked, control, env, cwd, run: (...args: string[]) => cli(args, { env, cwd }) };
}

test("status without a supervisor says so, exit code 3; with --json it is an answer too", async (t) => {
  const env = { DAEMONITOR_HOME: track(t).dir() };
  const { code, stdout, stderr } = await cli(["status"], { env });
  assert.deepEqual([code, stdout], [3, ""]);
  assert.equal(stderr, 'no supervisor runs, and no services: "daemonitor start FILE" starts one\n');
  const json = await cli(["status", "--json"], { env });
  assert.deepEqual([json.code, json.stdout], [3, '{"supervisor":null,"services":[]}\n']);
  assert.equal((await cli(["status", "--watch"], { env })).code, 3);
});

test("status --json has the supervisor and the services that are meant", async (t) => {
  const { control, run } = await served(t);
  await control.add("api", "sh");
  const all = JSON.parse((await run("status", "--json")).stdout);
  assert.deepEqual([all.supervisor.services, all.services.map(({ name }: { name: string }) => name)], [2, ["web", "api"]]);
  const some = JSON.parse((await run("ls", "--json", "api", "a*")).stdout);
  assert.deepEqual(
    some.services.map(({ name }: { name: string }) => name),
    ["api"],
  );
  assert.equal((await run("status", "nosuch")).code, 69);
});

test("a failed instance is exit code 3, and its name does no harm", async (t) => {
  const { control, run } = await served(t);
  control.set("web/0", { state: "failed", pid: null, statusText: "\u001b[2J\nboo" });
  const { code, stdout } = await run("status");
  assert.equal(code, 3);
  assert.match(stdout, /^web {2,}failed .*boo$/m);
  assert.ok(!stdout.includes("\u001b"));
});

test("on a terminal states have colours and lines fit", async (t) => {
  const { control, env } = await served(t);
  control.set("web/0", { statusText: "a very long text ".repeat(20) });
  const shown = async (more: Readonly<Record<string, string | undefined>>) => {
    const terminal = onTerminal(["sh", "-c", 'stty cols 80; exec "$@"', "sh", ...cliArgv(["status"])], {
      env: { ...env, TERM: "xterm", ...more },
    });
    track(t).defer(() => terminal.close());
    assert.equal(await terminal.exited, 0);
    return terminal.output();
  };
  assert.ok((await shown({ NO_COLOR: undefined })).includes("\u001b[32mrunning\u001b[0m"));
  const plain = await shown({ NO_COLOR: "1" });
  assert.ok(!plain.includes("\u001b"));
  assert.match(plain, /…\r\n/);
  assert.deepEqual(
    plain.split("\r\n").filter((line) => line.length > 80),
    [],
  );
});

const LEAVE = "\u001b[?1049l";

for (const [how, code] of [
  ["q", 0],
  ["\u0003", 0],
  ["SIGTERM", 143],
] as const) {
  test(`--watch draws on a screen of its own, and ${JSON.stringify(how)} gives the terminal back: exit code ${code}`, async (t) => {
    const { control, env } = await served(t);
    const terminal = onTerminal(["sh", "-c", 'echo "pid $$"; exec "$@"', "sh", ...cliArgv(["status", "--watch", "100ms"])], {
      env: { ...env, TERM: "xterm" },
    });
    track(t).defer(() => terminal.close());
    await until("the table", () => terminal.output().includes("running"));
    control.set("web/0", { restarts: 4711 });
    await until("the change", () => terminal.output().includes("4711"));
    if (how.startsWith("SIG")) process.kill(Number(/pid (\d+)/.exec(terminal.output())?.[1]), "SIGTERM");
    else terminal.write(how);
    assert.equal(await terminal.exited, code);
    const output = terminal.output();
    assert.ok(output.includes("\u001b[?1049h\u001b[?25l"), "the screen was taken");
    assert.ok(output.includes(`\u001b[?25h${LEAVE}`), "the screen was given back");
    assert.ok(output.endsWith(LEAVE), "and nothing was written after that");
  });
}

test("--watch elsewhere than on a terminal prints a table each time, without escape sequences", async (t) => {
  const { env, tracked } = await served(t);
  const [file = "", ...args] = cliArgv(["status", "--watch", "100ms", "web"]);
  const child = start(file, args, { env });
  tracked.killSession(child.pid ?? 0);
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (more: string) => {
    text += more;
  });
  await until("two tables", () => text.split("NAME").length > 2);
  assert.ok(!text.includes("\u001b"));
  assert.ok(readStat(child.pid ?? 0).state !== "Z");
  const ended = new Promise((resolve) => child.on("exit", (_, signal) => resolve(signal)));
  child.kill("SIGTERM");
  assert.equal(await ended, "SIGTERM");
});

test("a reader that goes away ends what would go on for ever", async (t) => {
  const { control, env } = await served(t);
  for (const args of [
    ["status", "--watch", "100ms"],
    ["status", "--watch", "100ms", "--json"],
    ["events", "--follow", "--after", "0"],
  ]) {
    const timer = setInterval(() => control.emit({ type: "supervisor", what: "started", detail: "" }), 50);
    const { code, stdout, stderr } = await run("bash", ["-c", '"$@" | head -n 1; echo "$PIPESTATUS"', "bash", ...cliArgv(args)], {
      env,
    });
    clearInterval(timer);
    assert.deepEqual([code, stderr, stdout.trimEnd().split("\n").at(-1)], [0, "", "0"], args.join(" "));
  }
});

test("describe shows everything but secrets; --secrets shows those", async (t) => {
  const { control, run } = await served(t);
  const service = control.services.get("web");
  assert.ok(service !== undefined);
  service.spec = { ...service.spec, env: { TOKEN: "s3cret" } };
  control.set("web/0", { degraded: ["runs without its memory limit"], statusText: "serving" });
  const { code, stdout } = await run("describe", "web", "web/0");
  assert.equal(code, 0);
  assert.equal(stdout.match(/^web$/gm)?.length, 1, stdout);
  for (const text of [
    "command    sh -c 'exit 3'",
    "TOKEN  (hidden)",
    "http  tcp://127.0.0.1:8080",
    "db  ready, not yet",
    "web/0 running",
    "serving",
    "runs without its memory limit",
    "/log/web/0.log",
  ]) {
    assert.ok(stdout.includes(text), `${text} is missing in:\n${stdout}`);
  }
  assert.doesNotMatch(stdout, /s3cret/);
  assert.match((await run("show", "web", "--secrets")).stdout, /TOKEN {2}s3cret/);
  assert.equal(JSON.parse((await run("describe", "web", "--json")).stdout).services[0].spec.env.TOKEN, "(hidden)");
});

test("why tells the sentence, the history, the last exit and the last output", async (t) => {
  const { control, run } = await served(t);
  control.set("web/0", {
    lastExit: { status: { code: 3 }, pid: 7, at: 0, usage: { userMs: 1000, systemMs: 200, maxRssBytes: 47_185_920 } },
  });
  const { code, stdout } = await run("why", "web");
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^web\/0 is running: it said so\n\nHistory:\n {2}1970-01-01 .* starting → running: it said so\n\nLast exit: exit status 3 at .*, process 7, 1\.2 s of processor time, 45 MiB of memory at the most\n\nLast output:\n {2}\| last words\n$/,
  );
  assert.equal(JSON.parse((await run("why", "web", "--json")).stdout).instances[0].name, "web/0");
  assert.equal((await run("why", "nosuch")).code, 69);
});

test("events are those that are kept, after a number, of a service, or as JSON lines", async (t) => {
  const { control, run } = await served(t);
  await control.add("api", "sh");
  control.emit({ type: "service", service: "web", what: "changed", keys: ["env.A"], by: "alice, by start web" });
  control.emit({ type: "supervisor", what: "started", detail: "" });
  assert.equal((await run("events")).stdout.trimEnd().split("\n").length, 4);
  const web = (await run("events", "web/0")).stdout.trimEnd().split("\n");
  assert.deepEqual(
    web.map((line) => /(web\S*)/.exec(line)?.[1]),
    ["web/0", "web"],
  );
  const after = (await run("events", "--after", "2", "--json")).stdout.trimEnd().split("\n");
  assert.deepEqual(
    after.map((line) => JSON.parse(line).seq),
    [3, 4],
  );
});

test("events -n are the last few of those that are wanted, and with --follow all that come", async (t) => {
  const { control, env, run, tracked } = await served(t);
  for (const number of [1, 2, 3]) control.emit({ type: "problem", subject: "web/0", message: `problem ${number}` });
  control.emit({ type: "supervisor", what: "started", detail: "" });
  const numbers = (text: string) => [...text.matchAll(/problem: problem (\d)/g)].map(([, number]) => Number(number));
  assert.deepEqual(numbers((await run("events", "-n", "2", "web")).stdout), [2, 3]);
  assert.deepEqual(numbers((await run("events", "--lines", "100")).stdout), [1, 2, 3]);
  assert.equal((await run("events", "-n", "0")).stdout, "");
  const [file = "", ...args] = cliArgv(["events", "-f", "-n", "1", "web/0"]);
  const child = start(file, args, { env });
  tracked.killSession(child.pid ?? 0);
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (more: string) => {
    text += more;
  });
  await until("the last one", () => numbers(text).length === 1);
  control.emit({ type: "problem", subject: "web/0", message: "problem 4" });
  await until("the new one", () => numbers(text).length === 2);
  assert.deepEqual(numbers(text), [3, 4]);
});

test("events --follow goes on with those to come", async (t) => {
  const { control, env, tracked } = await served(t);
  const [file = "", ...args] = cliArgv(["events", "-f", "--after", "0"]);
  const child = start(file, args, { env });
  tracked.killSession(child.pid ?? 0);
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (more: string) => {
    text += more;
  });
  await until("the first", () => text.includes("web/0"));
  control.emit({ type: "problem", subject: "disk", message: "it is full" });
  await until("the new one", () => /disk {2}problem: it is full/.test(text));
});

test("apply shows its plan, does it, and has nothing to do the second time", async (t) => {
  const { control, cwd, run } = await served(t);
  writeFileSync(join(cwd, "daemonitor.config.yaml"), "services:\n  web: {command: [sh], instances: 2}\n  api: {command: [sh]}\n");
  const planned = await run("apply", "--dry-run");
  assert.deepEqual([planned.code, planned.stdout], [0, "+ api\n~ web: command, cwd, instances (restarts)\n"]);
  assert.ok(!control.services.has("api"));
  const done = await run("apply");
  assert.equal(done.code, 0, done.stderr);
  assert.match(
    done.stdout,
    /^\+ api\n~ web: command, cwd, instances \(restarts\)\nweb\/0 running .*\nweb\/1 running .*\napi\/0 running .*\n$|^\+ api\n~ web: .*\napi\/0 running .*\nweb\/0 running .*\nweb\/1 running .*\n$/,
  );
  assert.deepEqual((await run("apply")).stdout, "  2 unchanged\nnothing to do\n");
  writeFileSync(join(cwd, "daemonitor.config.yaml"), "services:\n  web: {command: [sh], instances: 2}\n");
  assert.match((await run("apply")).stdout, /1 other not in this configuration, left alone \(--prune deletes\): api\nnothing to do\n$/);
  const pruned = await run("apply", "--prune", "--json");
  assert.deepEqual(JSON.parse(pruned.stdout).plan, { added: [], changed: [], removed: ["api"], unchanged: ["web"] });
  assert.ok(!control.services.has("api"));
});

test("apply of a configuration with a mistake changes nothing: 78", async (t) => {
  const { control, cwd, run } = await served(t);
  writeFileSync(join(cwd, "c.yaml"), "services:\n  api: {comand: [sh]}\n");
  const { code, stdout, stderr } = await run("apply", "-f", "c.yaml");
  assert.deepEqual([code, stdout], [78, ""]);
  assert.match(stderr, /c\.yaml:2:9: services\.api\.comand: .*did you mean "command"\?/);
  const json = await run("apply", "-f", "c.yaml", "--json");
  assert.deepEqual([json.code, json.stderr, JSON.parse(json.stdout).error.code], [78, "", "ERR_CONFIGURATION"]);
  assert.deepEqual(control.requests, []);
});

test("apply --dry-run without a supervisor starts none", async (t) => {
  const tracked = track(t);
  const [home, cwd] = [tracked.dir(), tracked.dir()];
  writeFileSync(join(cwd, "daemonitor.config.yaml"), "services:\n  api: {command: [sh]}\n");
  const { code, stdout } = await cli(["apply", "-n"], { env: { DAEMONITOR_HOME: home }, cwd });
  assert.deepEqual([code, stdout], [0, "+ api\n"]);
});
