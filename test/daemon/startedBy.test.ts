import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, readFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { decideStarter, type Starter, type StartFacts } from "../../src/daemon/startedBy.ts";
import { native } from "../../src/native/addon.ts";
import { type Tracked, track } from "../support/cleanup.ts";
import { needsAll, needsProgram, needsRoot } from "../support/needs.ts";
import { node24, run } from "../support/run.ts";
import { quote } from "../support/startedUnder.ts";
import { until } from "../support/wait.ts";
import { script } from "./datagrams.ts";

const program = script(`
  import { writeSync } from "node:fs";
  import { startedBy } from "SRC/daemon/startedBy.ts";
  writeSync(1, startedBy());`);
const nobody = { SYSTEMD_EXEC_PID: undefined, INVOCATION_ID: undefined, JOURNAL_STREAM: undefined };

const facts: StartFacts = { pid: 100, ppid: 50, hasTerminal: false, stdioIsConnection: false, stdioIsJournal: false, env: {} };
const rules: [string, Partial<StartFacts>, Starter][] = [
  ["a connection on descriptors 0 and 1", { stdioIsConnection: true, env: { SYSTEMD_EXEC_PID: "100" } }, "superserver"],
  ["SYSTEMD_EXEC_PID is this process", { env: { SYSTEMD_EXEC_PID: "100" } }, "systemd"],
  ["SYSTEMD_EXEC_PID is an ancestor", { env: { SYSTEMD_EXEC_PID: "99", INVOCATION_ID: "x" } }, "user"],
  [
    "output goes to the journal of an ancestor's unit",
    { stdioIsJournal: true, env: { SYSTEMD_EXEC_PID: "99", INVOCATION_ID: "x" } },
    "systemd",
  ],
  ["a child of pid 1 with an invocation, before systemd 248", { ppid: 1, env: { INVOCATION_ID: "x" } }, "systemd"],
  ["an orphan of a unit", { ppid: 1, env: { SYSTEMD_EXEC_PID: "99", INVOCATION_ID: "x" } }, "init"],
  ["an invocation inherited by a login shell", { hasTerminal: true, env: { INVOCATION_ID: "x" } }, "user"],
  ["pid 1 of a container", { pid: 1, ppid: 0, hasTerminal: true }, "init"],
  ["a child of pid 1 without terminal", { ppid: 1 }, "init"],
  ["a child of pid 1 on a terminal", { ppid: 1, hasTerminal: true }, "user"],
  ["a shell's child", { hasTerminal: true }, "user"],
];
for (const [title, changed, expected] of rules) {
  test(`${title}: ${expected}`, () => assert.equal(decideStarter({ ...facts, ...changed }), expected));
}

test("a program that a test runs was started by a user", async () => {
  const { stdout, stderr } = await run(node24, program, { env: nobody });
  assert.deepEqual([stdout, stderr], ["user", ""]);
});

test("a program with the connection on its standard descriptors was started by a superserver", async (t) => {
  const { near, far } = await connection(track(t), t);
  const child = spawn(node24, program, { stdio: [far, far, "inherit"], env: { ...process.env, ...nobody } });
  track(t).kill(child.pid ?? 0);
  far.destroy();
  assert.equal(await text(near), "superserver");
});

test("a unix connection with an address is a superserver's, a nameless socket pair is not", async (t) => {
  const { near, far } = await connection(track(t), t, `\0daemonitor-test-${process.pid}`);
  const child = spawn(node24, program, { stdio: [far, far, "inherit"], env: { ...process.env, ...nobody } });
  track(t).kill(child.pid ?? 0);
  far.destroy();
  assert.equal(await text(near), "superserver");

  const pair = native().socketPair();
  const [ours, theirs] = pair;
  track(t).defer(() => pair.map((fd) => closeSync(fd)));
  const other = spawn(node24, program, { stdio: [theirs, theirs, "inherit"], env: { ...process.env, ...nobody } });
  track(t).kill(other.pid ?? 0);
  const [ready] = await native().pollAsync([ours], 15_000).done;
  assert.equal(ready, 0);
  assert.equal(Buffer.from(native().receive(ours, false) ?? []).toString(), "user");
  if (other.exitCode === null) await once(other, "exit");
});

test("the process that systemd executed knows it, its children don't claim it", async () => {
  const env = { ...nobody, INVOCATION_ID: "0123456789abcdef0123456789abcdef" };
  const own = await run("sh", ["-c", 'SYSTEMD_EXEC_PID=$$ exec "$@"', "sh", node24, ...program], { env });
  const child = await run("sh", ["-c", 'export SYSTEMD_EXEC_PID=$$; "$@"; exit 0', "sh", node24, ...program], { env });
  assert.deepEqual([own.stdout, child.stdout], ["systemd", "user"]);
});

test("output to the journal of the unit tells systemd", async (t) => {
  const code = `import { fstatSync } from "node:fs"; const { dev, ino } = fstatSync(2); process.env.JOURNAL_STREAM = dev + ":" + ino;
    const { startedBy } = await import("SRC/daemon/startedBy.ts"); process.stdout.write(startedBy());`;
  track(t);
  const { stdout } = await run(node24, script(code), { env: { ...nobody, INVOCATION_ID: "x" } });
  assert.equal(stdout, "systemd");
});

test("an orphan of pid 1 without terminal counts as init's", async (t) => {
  const path = `${track(t).dir()}/answer`;
  // The subshell waits until it has another parent, then becomes the program.
  const shell = `first=$$
    (
      while read pid name state parent rest </proc/self/stat && [ "$parent" = "$first" ]; do sleep 0.05; done
      echo "$parent" >${quote(`${path}.parent`)}
      exec ${[node24, ...program].map(quote).join(" ")} >${quote(path)}
    ) &`;
  const { code } = await run("sh", ["-c", shell], { env: nobody, stdio: "ignore", waitFor: "exit" });
  assert.equal(code, 0);
  const answer = await until("the orphan's answer", () => readFileSync(path, "utf8") || undefined);
  // Where a subreaper stands in for pid 1, an orphan is its child.
  assert.equal(answer, readFileSync(`${path}.parent`, "utf8") === "1\n" ? "init" : "user");
});

const unshare = ["--pid", "--fork", "--mount-proc", "--kill-child"];
test("pid 1 of a container was started as init", { skip: needsAll(needsRoot, needsProgram("unshare")) }, async (t) => {
  const probe = await run("unshare", [...unshare, "true"]);
  if (probe.code !== 0) return t.skip(`unshare can't make a pid namespace here: ${probe.stderr.trim()}`);
  const { stdout, stderr } = await run("unshare", [...unshare, node24, ...program], { env: nobody });
  assert.deepEqual([stdout, stderr], ["init", ""]);
});

async function connection(tracked: Tracked, t: TestContext, path?: string): Promise<{ near: Socket; far: Socket }> {
  const server = createServer({ pauseOnConnect: true });
  server.listen(path === undefined ? { port: 0, host: "127.0.0.1" } : { path });
  await once(server, "listening", { signal: t.signal });
  tracked.defer(() => server.close());
  const address = server.address();
  const near = typeof address === "object" && address !== null ? connect(address.port, "127.0.0.1") : connect(path ?? "");
  tracked.defer(() => near.destroy());
  const [far] = (await once(server, "connection", { signal: t.signal })) as [Socket];
  tracked.defer(() => far.destroy());
  return { near, far };
}
