import assert from "node:assert/strict";
import { chmodSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import type { ServiceConfig } from "../../src/service/configTypes.ts";
import { needsProgram } from "../support/needs.ts";
import { run } from "../support/run.ts";
import { supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";
import { ask } from "../system/sockets.ts";

const NAP = { command: ["sleep", "1000"] };

/** Mistakes that are found before anything is done. */
const MISTAKES: Readonly<Record<string, readonly [file: string, content: string, told: RegExp]>> = {
  "an unknown key": ["c.json", json({ web: { ...NAP, comand: "x" } }), /services\.web\.comand.*did you mean "command"/],
  "a cycle": [
    "c.json",
    json({ a: { ...NAP, dependsOn: ["b"] }, b: { ...NAP, dependsOn: ["c"] }, c: { ...NAP, dependsOn: ["a"] } }),
    /a.*b.*c/s,
  ],
  "itself as what it needs": ["c.json", json({ a: { ...NAP, dependsOn: ["a"] } }), /dependsOn/],
  "what isn't there as what it needs": ["c.json", json({ a: { ...NAP, dependsOn: ["nobody"] } }), /nobody/],
  "one name twice, in YAML": ["c.yaml", "services:\n  web:\n    command: sleep 1\n  web:\n    command: sleep 2\n", /web|unique|twice/],
  "one name twice, in JSON": [
    "c.json",
    '{"services":{"web":{"command":"sleep 1"},"web":{"command":"sleep 2"}}}',
    /web.*twice|duplicate|already/i,
  ],
  "a name with a slash": ["c.json", json({ "a/b": NAP }), /a\/b/],
  "a name that leads out": ["c.json", json({ "..": NAP }), /\.\./],
  "a name with control characters": ["c.json", json({ "a\u001b[31m\n": NAP }), /services/],
  "an empty name": ["c.json", json({ "": NAP }), /services/],
  "a cron that never fires": ["c.json", json({ a: { ...NAP, schedule: "0 0 30 2 *" } }), /never fires/],
  "a word that is no number": ["c.json", json({ a: { ...NAP, instances: "many" } }), /instances/],
  "half of a file": ["c.json", '{"services":{"web":', /c\.json/],
  "binary rubbish": ["c.json", "\0\u0001\ufffd{{{", /c\.json/],
  "a list": ["c.json", "[]", /c\.json/],
  "what is deep": ["c.json", "[".repeat(100_000), /c\.json/],
};

/** What only shows when it is tried: a failed instance, with the reason. */
const FAILURES: Readonly<Record<string, readonly [service: ServiceConfig, why: RegExp]>> = {
  missing: [{ command: ["/nonexistent/program"] }, /No such file or directory|not found|ENOENT/],
  unfound: [{ command: ["no-such-program-anywhere"] }, /no-such-program-anywhere|not found|ENOENT/],
  "no-user": [{ ...NAP, user: "no-such-user" }, /no-such-user/],
  "no-group": [{ ...NAP, group: "no-such-group" }, /no-such-group/],
  "no-directory": [{ ...NAP, cwd: "/nonexistent/directory" }, /\/nonexistent\/directory.*(No such file or directory|ENOENT)/],
  "a directory": [{ command: ["/tmp"] }, /Permission denied|EACCES|directory/],
};

test("mistakes in a configuration are told with file and key, and nothing is changed", async (t) => {
  const s = await supervised(t);
  await s.apply({ steady: NAP });
  const before = await s.about();
  const { pid } = await s.status("steady/0");
  for (const [what, [name, content, told]] of Object.entries(MISTAKES)) {
    const file = join(s.dir, name);
    writeFileSync(file, content);
    const { code, stdout, stderr } = await s.command(["apply", "--prune", "-f", file]);
    assert.equal(code, 78, `${what}: ${stdout}${stderr}`);
    assert.match(stderr, told, what);
    assertPlain(stderr, what);
  }
  assert.equal((await s.about()).pid, before.pid);
  assert.deepEqual(
    (await s.client.list()).map((service) => service.name),
    ["steady"],
  );
  assert.equal((await s.status("steady/0")).pid, pid);
});

test("what can't be started is a failed instance that says why; the supervisor and the others go on", async (t) => {
  const s = await supervised(t);
  const { pid } = await s.about();
  const plain = join(s.dir, "not-executable");
  writeFileSync(plain, "#!/bin/sh\n");
  chmodSync(plain, 0o644);
  const badInterpreter = join(s.dir, "bad-interpreter");
  writeFileSync(badInterpreter, "#!/nonexistent/interpreter\n");
  chmodSync(badInterpreter, 0o755);
  const rubbish = join(s.dir, "rubbish");
  writeFileSync(rubbish, Buffer.from([1, 2, 3, 4]));
  chmodSync(rubbish, 0o755);
  const failures: typeof FAILURES = {
    ...FAILURES,
    "not-executable": [{ command: [plain] }, /Permission denied|EACCES|not executable/],
    "bad-interpreter": [{ command: [badInterpreter] }, /No such file or directory|ENOENT/],
    rubbish: [{ command: [rubbish] }, /Exec format error|ENOEXEC/],
  };
  const services = Object.fromEntries(Object.entries(failures).map(([name, [service]]) => [name, { ...service, restart: "never" }]));
  const file = join(s.dir, "daemonitor.config.json");
  writeFileSync(file, JSON.stringify({ services: { ...services, steady: NAP } }));
  const { code, stderr } = await s.command(["apply", "-f", file, "--timeout", "20s"], { timeout: 60_000 });
  assert.notEqual(code, 0);
  assertPlain(stderr, "apply");
  for (const [name, [, why]] of Object.entries(failures)) {
    const { state, why: sentence } = await s.status(`${name}/0`);
    assert.equal(state, "failed", `${name}: ${sentence}`);
    assert.match(sentence, why, name);
    const told = await s.command(["why", name]);
    assert.match(told.stdout, why, name);
    assertPlain(told.stdout, name);
  }
  assert.equal((await s.status("steady/0")).state, "running");
  assert.equal((await s.about()).pid, pid);
});

test("a port in use: the failed instance names it and who has it", { skip: needsProgram("python3") }, async (t) => {
  const s = await supervised(t);
  const { createServer } = await import("node:net");
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  s.tracked.defer(() => server.close());
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const { instances } = await s.apply({ web: { ...NAP, sockets: { http: `tcp://127.0.0.1:${port}` }, restart: "never" } });
  assert.equal(instances[0]?.outcome, "failed");
  const { why } = await s.status("web/0");
  assert.match(why, new RegExp(`127\\.0\\.0\\.1:${port}.*(in use|EADDRINUSE)`));
  assert.ok(why.includes(String(process.pid)), why);
});

test("rubbish at the control socket is answered or cut off, and costs nobody anything", async (t) => {
  const s = await supervised(t);
  const { pid } = await s.about();
  const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 31 + (index >> 7)) & 255));
  for (const rubbish of [
    bytes,
    Buffer.from("GET / HTTP/9.9\r\n\r\n"),
    Buffer.from(`GET /${"x".repeat(200_000)} HTTP/1.1\r\n\r\n`),
    Buffer.alloc(0),
  ]) {
    await closed(s.home.socket, rubbish);
  }
  for (const [path, body] of [
    ["/v1/apply", "{"],
    ["/v1/apply", '{"services":[{"name":"x"}]}'],
    ["/v1/apply", '{"services":[{"name":"../../x","command":["true"]}]}'],
    ["/v1/services/%ff%fe/start", "{}"],
    ["/v1/services/web/scale", '{"instances":-1}'],
    ["/v1/services/web/signal", '{"signalName":"SIGNOTHING"}'],
    ["/v1/nothing", "{}"],
  ]) {
    const answer = await ask(
      { path: s.home.socket },
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body ?? "")}\r\n\r\n${body}`,
    );
    assert.match(answer, /^HTTP\/1\.1 4\d\d /, `${path} ${body}: ${answer}`);
    assert.ok(!answer.includes("    at "), answer);
  }
  assert.equal((await s.about()).pid, pid);
  assert.deepEqual(await s.client.list(), []);
});

test("rubbish and strangers at a notify socket are dropped; the service alone is heard", { skip: needsProgram("python3") }, async (t) => {
  const s = await supervised(t);
  const applied = s.apply({
    web: { command: ["sh", "-c", `echo "$NOTIFY_SOCKET"; exec python3 -c '${SPEAKER}' "${join(s.dir, "cue")}"`], ready: "notify" },
  });
  const address = await until("the address", () => s.log("web/0").trim());
  const { pid } = await s.about();
  await run("python3", ["-c", SHOUTER, address]);
  await until("it to be dropped", async () => (await s.status("web/0")).state === "starting");
  assert.equal((await s.status("web/0")).statusText, null);
  writeFileSync(join(s.dir, "cue"), "");
  const { instances } = await applied;
  assert.equal(instances[0]?.outcome, "done");
  assert.equal((await s.status("web/0")).statusText, "mine");
  assert.equal((await s.about()).pid, pid);
});

test("nobody but the supervisor has a way to speak to init", async (t) => {
  const s = await supervised(t);
  await s.apply({ nap: NAP });
  const { pid, init } = await s.about();
  // It listens on no address: a pair of sockets, whose other end the supervisor has.
  const inodes = socketsOf(init.pid);
  const table = readFileSync("/proc/net/unix", "latin1").split("\n");
  const listening = table.filter((line) => inodes.some((inode) => line.includes(` ${inode} `)) && /\s[@/]/.test(line));
  assert.deepEqual(
    listening.map((line) => line.replace(/.*\s([@/])/, "$1")),
    [s.home.socket],
  );
  for (const service of s.processes()) {
    assert.deepEqual(
      socketsOf(service).filter((inode) => inodes.includes(inode) || socketsOf(pid).includes(inode)),
      [],
    );
  }
});

/** Says READY=1 once there is a cue, after some rubbish of its own. */
const SPEAKER = [
  "import os,socket,sys,time",
  "s=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM)",
  `a=os.environ["NOTIFY_SOCKET"].replace("@","\\0",1)`,
  `[s.sendto(m,a) for m in (b"\\xff\\xfe\\0\\0rubbish",b"",b"=",b"READY",b"MAINPID=1",b"X"*9000)]`,
  "[time.sleep(0.02) for _ in iter(lambda: os.path.exists(sys.argv[1]), True)]",
  `s.sendto(b"STATUS=mine\\nREADY=1",a)`,
  "time.sleep(1000)",
].join("\n");

/** A process of somebody else's. */
const SHOUTER = [
  "import socket,sys",
  "s=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM)",
  `a=sys.argv[1].replace("@","\\0",1)`,
  `[s.sendto(m,a) for m in (b"READY=1",b"STATUS=stolen",b"\\xff"*3000,b"STOPPING=1",b"MAINPID=1",b"WATCHDOG=trigger")]`,
].join("\n");

function json(services: unknown): string {
  return JSON.stringify({ services });
}

function assertPlain(text: string, what: string): void {
  assert.ok(!/\n\s+at .*:\d+/.test(text), `${what}: a stack trace: ${text}`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  assert.ok(!/[\u0000-\u0008\u000b-\u001f]/.test(text), `${what}: control characters: ${JSON.stringify(text)}`);
}

/** Sends it and resolves when the other side has closed, or answered. */
function closed(path: string, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ path }, () => socket.end(bytes));
    socket.on("error", () => resolve());
    socket.on("data", () => socket.destroy());
    socket.on("close", () => resolve());
  });
}

function socketsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
    } catch {
      return [];
    }
  });
}
