import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { closeSync, mkdirSync, readFileSync, readSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { native } from "../../src/native/addon.ts";
import type { ServiceConfig } from "../../src/service/configTypes.ts";
import { OutputMemory } from "../../src/supervisor/shell/outputMemory.ts";
import { SharedText } from "../../src/supervisor/shell/sharedText.ts";
import { type TestHome, testHome } from "../api/treeFixture.ts";
import { track } from "../support/cleanup.ts";
import { needsAll, needsProgram, needsRoot } from "../support/needs.ts";
import { inspect, readList } from "../support/process.ts";
import { onTerminal } from "../support/pty.ts";
import { fixture, node24, run, start } from "../support/run.ts";
import { until } from "../support/wait.ts";

const PATIENCE = { timeout: 60_000 };
const runArgv = (args: readonly string[]) => [fixture("oneCommand.ts"), "run", ...args];
const numbers = (count: number) => `${Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join("")}`;

interface Running extends TestHome {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  /** What came on its standard output so far; reads nothing before it is called for the first time. */
  output(): string;
}

function configured(t: TestContext, services: Readonly<Record<string, ServiceConfig>>, args: readonly string[] = []) {
  const tracked = track(t);
  const home = testHome(tracked);
  const file = join(tracked.dir(), "daemonitor.config.json");
  writeFileSync(file, JSON.stringify({ services }));
  return { ...home, tracked, argv: runArgv(["-f", file, ...args]) };
}

function begin(home: TestHome, argv: readonly string[], file = node24): Running {
  const child = start(file, argv, { env: home.env });
  child.stderr?.resume();
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  let text: string | undefined;
  const output = () => {
    if (text === undefined) {
      text = "";
      child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
    }
    return text;
  };
  return { ...home, child, ended, output };
}

/** Of the processes of this tree, those whose command line has this. */
function pidsOf({ processes }: TestHome, part: string): number[] {
  return processes().filter((pid) => {
    try {
      return readList(pid, "cmdline").some((word) => word.toString().includes(part));
    } catch {
      return false;
    }
  });
}

const printers = (home: TestHome) => pidsOf(home, "runOutput");
const supervisors = (home: TestHome) => pidsOf(home, "api/main.ts").filter((pid) => inspect(pid).name !== "daemonitor-init");

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

test("one service's output comes as it wrote it, to its last byte, before the command ends", async (t) => {
  const { env, processes } = testHome(track(t));
  const script = "seq 1 50000; echo wrong >&2; printf unfinished; exit 3";
  const { code, stdout, stderr } = await run(node24, runArgv(["--restart", "never", "--", "sh", "-c", script]), { env, ...PATIENCE });
  const expected = `${Array.from({ length: 50_000 }, (_, index) => index + 1).join("\n")}\nwrong\nunfinished`;
  assert.deepEqual([code, stdout === expected, stderr], [3, true, ""], stdout.slice(-200));
  await until("the tree to end", () => processes().length === 0);
});

test("what an earlier run has logged is not printed again", async (t) => {
  const { env } = testHome(track(t));
  const once = (text: string) => run(node24, runArgv(["--name", "one", "--restart", "never", "--", "echo", text]), { env, ...PATIENCE });
  assert.equal((await once("first")).stdout, "first\n");
  assert.equal((await once("second")).stdout, "second\n");
});

const several: Readonly<Record<string, ServiceConfig>> = {
  web: { command: ["sh", "-c", 'echo "{\\"msg\\":\\"from web\\"}"'], instances: 2, restart: "never" },
  worker: { command: ["sh", "-c", "echo out; echo err >&2"], restart: "never", logs: { stderr: "separate" } },
};

test("of several instances each line has the name of its own, and a separate standard error goes to standard error", async (t) => {
  const { argv, env } = configured(t, several);
  const { code, stdout, stderr } = await run(node24, argv, { env, ...PATIENCE });
  assert.equal(code, 0);
  assert.deepEqual(stdout.trimEnd().split("\n").sort(), [
    'web/0    | {"msg":"from web"}',
    'web/1    | {"msg":"from web"}',
    "worker/0 | out",
  ]);
  assert.equal(stderr, "worker/0 | err\n");
});

test("--raw leaves the names out, --quiet all of it", async (t) => {
  const raw = configured(t, several, ["--raw"]);
  const shown = await run(node24, raw.argv, { env: raw.env, ...PATIENCE });
  assert.deepEqual(shown.stdout.trimEnd().split("\n").sort(), ["out", '{"msg":"from web"}', '{"msg":"from web"}'].sort());
  assert.equal(shown.stderr, "err\n");
  const quiet = configured(t, several, ["--quiet"]);
  const silent = await run(node24, quiet.argv, { env: quiet.env, ...PATIENCE });
  assert.deepEqual([silent.code, silent.stdout, silent.stderr], [0, "", ""]);
});

test("on a terminal the names have colours, lines of JSON are readable, and nothing takes the terminal over", {
  skip: needsProgram("script"),
}, async (t) => {
  const tell = { ...several, harm: { command: ["printf", "\\033]0;title\\007\\n"], restart: "never" as const } };
  const { argv, env, tracked } = configured(t, tell);
  const terminal = onTerminal([node24, ...argv], { env: { ...env, TERM: "xterm", NO_COLOR: undefined } });
  tracked.defer(() => terminal.close());
  assert.equal(await terminal.exited, 0, terminal.output());
  const text = terminal.output().replaceAll("\u001b", "ESC");
  assert.match(text, /ESC\[\d+mweb\/0 {4}\|ESC\[0m from web/);
  assert.match(text, /harm\/0 +\|.* \^\[\]0;title\^G/);
});

test("a standard output that nobody reads stops no service and costs no memory; read at last, it has every line", async (t) => {
  const home = testHome(track(t));
  const lines = 400_000;
  const script = `i=0; while [ $i -lt ${lines / 1000} ]; do seq $((i * 1000 + 1)) $((i * 1000 + 1000)); i=$((i + 1)); done; sleep 1000`;
  const running = begin(home, runArgv(["--name", "talker", "--", "sh", "-c", script]));
  const log = join(home.home.log, "talker/0.log");
  const size = Array.from({ length: lines }, (_, index) => `${index + 1}\n`).join("").length;
  await until("the service to have written all", () => statSync(log, { throwIfNoEntry: false })?.size === size, { timeout: 120_000 });
  const [supervisor = 0] = supervisors(home);
  const memory = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${supervisor}/status`, "latin1"))?.[1]);
  assert.ok(memory > 0 && memory < 150_000, `${memory} kB`);
  const { stdout } = await run(node24, [fixture("oneCommand.ts"), "status", "--json"], { env: home.env, ...PATIENCE });
  assert.match(stdout, /"state": ?"running"/);
  running.output();
  await until("all lines", () => running.output().length === size, { timeout: 120_000 });
  assert.equal(running.output(), Array.from({ length: lines }, (_, index) => `${index + 1}\n`).join(""));
  running.child.kill("SIGTERM");
  assert.equal(await running.ended, 143);
});

test("one that nobody reads at the end keeps the command for seconds, not for ever", async (t) => {
  const home = testHome(track(t));
  const running = begin(home, runArgv(["--restart", "never", "--", "seq", "1", "100000"]));
  assert.equal(await running.ended, 0);
  await until("the tree to end", () => home.processes().length === 0);
});

test("when nobody reads any more, the services go on", async (t) => {
  const home = testHome(track(t));
  const running = begin(home, runArgv(["--name", "talker", "--", "sh", "-c", "while :; do echo line; sleep 0.05; done"]));
  await until("the first line", () => running.output().includes("line"), PATIENCE);
  running.child.stdout?.destroy();
  await until("the printer to give up", () => printers(home).length === 0, PATIENCE);
  const log = join(home.home.log, "talker/0.log");
  const before = statSync(log).size;
  await until("more in the log", () => statSync(log).size > before, PATIENCE);
  running.child.kill("SIGTERM");
  assert.equal(await running.ended, 143);
});

const COUNTER = 'i=0; while [ $i -lt 3000 ]; do i=$((i + 1)); echo "line $i"; [ $((i % 10)) = 0 ] && sleep 0.01; done';

test("SIGKILL of the supervisor, again and again: each line comes once", async (t) => {
  const home = testHome(track(t));
  const running = begin(home, runArgv(["--restart", "never", "--", "sh", "-c", COUNTER]));
  for (const line of [200, 700, 1200, 1700]) {
    await until(`line ${line}`, () => running.output().includes(`line ${line}\n`), PATIENCE);
    for (const pid of supervisors(home)) kill(pid);
  }
  assert.equal(await running.ended, 0);
  assert.equal(running.output(), numbers(3000));
});

test("SIGKILL of what prints: no line is lost, and those of one write at the most come again", async (t) => {
  const home = testHome(track(t));
  const running = begin(home, runArgv(["--restart", "never", "--", "sh", "-c", COUNTER]));
  for (const line of [300, 900, 1500]) {
    await until(`line ${line}`, () => running.output().includes(`line ${line}\n`), PATIENCE);
    for (const pid of printers(home)) kill(pid);
  }
  assert.equal(await running.ended, 0);
  const lines = running.output().split("\n");
  let expected = 1;
  for (const line of lines.slice(0, -1)) {
    const number = Number(/^line (\d+)$/.exec(line)?.[1]);
    assert.ok(number <= expected, `line ${expected} is missing before ${JSON.stringify(line)}`);
    expected = number + 1;
  }
  assert.equal(expected, 3001);
});

test("as pid 1 of a pid namespace it prints everything before the namespace ends", {
  skip: needsAll(needsRoot, needsProgram("unshare")),
}, async (t) => {
  const tracked = track(t);
  const home = testHome(tracked);
  const inside = runArgv(["--restart", "never", "--", "sh", "-c", "seq 1 20000; printf last; exit 5"]);
  const running = begin(home, ["--pid", "--fork", "--mount-proc", "--kill-child", node24, ...inside], "unshare");
  running.output();
  tracked.killSession(running.child.pid ?? 0);
  const closed = new Promise<void>((resolve) => running.child.on("close", () => resolve()));
  assert.equal(await running.ended, 5);
  await closed;
  assert.equal(running.output(), `${Array.from({ length: 20_000 }, (_, index) => index + 1).join("\n")}\nlast`);
});

test("services that come later are printed, those that are deleted to their end", async (t) => {
  const home = testHome(track(t));
  const running = begin(home, runArgv(["--name", "first", "--", "sleep", "1000"]));
  const command = (...args: string[]) => run(node24, [fixture("oneCommand.ts"), ...args], { env: home.env, ...PATIENCE });
  // Not the command line of `run`, which has the word as well.
  await until("the service", () => pidsOf(home, "sleep").some((pid) => inspect(pid).name === "sleep"), PATIENCE);
  const started = await command("start", "--name", "later", "--", "sh", "-c", "trap 'echo bye; exit' TERM; echo hello; sleep 1000 & wait");
  assert.equal(started.code, 0, started.stderr);
  await until("its line", () => running.output().includes("later/0 | hello\n"), PATIENCE);
  assert.equal((await command("delete", "later")).code, 0);
  await until("its last line", () => running.output().includes("later/0 | bye\n"), PATIENCE);
  running.child.kill("SIGTERM");
  await running.ended;
});

test("a shared text is the old or the new one, also where it was written half", (t) => {
  const fd = native().memoryFile("test");
  t.after(() => closeSync(fd));
  const text = new SharedText(fd, 0);
  assert.equal(text.read(), undefined);
  for (const content of ["one", "two, and longer", "", "é".repeat(3000)]) {
    text.write(content);
    assert.equal(text.read(), content);
  }
  text.write("last but one");
  text.write("last");
  const [first, second] = [0, 8 * 1024 * 1024].map((offset) => readAt(fd, offset));
  const newest = first?.includes("last but one") === true ? 8 * 1024 * 1024 : 0;
  assert.ok(first !== undefined && second !== undefined);
  writeAt(fd, newest + 64, "lost");
  assert.equal(text.read(), "last but one");
});

test("a new memory knows the ends of the logs that are there", (t) => {
  const tracked = track(t);
  const directory = tracked.dir();
  mkdirSync(join(directory, "web"));
  writeFileSync(join(directory, "web/0.log"), "before\n");
  writeFileSync(join(directory, "web/0.error.log"), "");
  const fd = OutputMemory.create(directory);
  tracked.defer(() => closeSync(fd));
  const memory = new OutputMemory(fd);
  const { positions } = memory.read();
  assert.deepEqual([...positions.keys()].sort(), ["web/0", "web/0.error"]);
  assert.equal(positions.get("web/0")?.offset, 7);
  memory.logs = ["web/0", "web/0.error"];
  assert.deepEqual(new OutputMemory(fd).logs, ["web/0", "web/0.error"]);
  const lock = memory.lock();
  assert.ok(lock !== undefined);
  assert.equal(memory.lock(), undefined);
  closeSync(lock);
});

function readAt(fd: number, offset: number): string {
  const bytes = Buffer.alloc(200);
  return bytes.toString("latin1", 0, readSync(fd, bytes, 0, bytes.length, offset));
}

function writeAt(fd: number, offset: number, text: string): void {
  writeSync(fd, text, offset);
}
