import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { needsRoot } from "../support/needs.ts";
import { fixture, node24, run } from "../support/run.ts";
import { supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";

const NOBODY = 65534;
const skip = needsRoot;

test("another user can't connect, read what is kept, or leave anything there", { skip }, async (t) => {
  const s = await supervised(t);
  await s.apply({ nap: { command: ["sh", "-c", "echo private; exec sleep 1000"], env: { TOKEN: "very secret" } } });
  await until("its output", () => s.log("nap/0").includes("private"));
  const { home } = s;
  // Even where the home itself is open to everybody.
  chmodSync(s.env.DAEMONITOR_HOME ?? "", 0o777);
  const files = [
    home.desiredStateFile,
    home.journalFile,
    home.lockFile,
    join(home.run, "events"),
    join(home.run, "id"),
    join(home.log, "nap/0.log"),
  ];
  for (const file of files) {
    assert.equal(lstatSync(file).mode & 0o007, 0, file);
    assert.deepEqual(await asNobody("cat", [file]), { code: 1, told: "" }, file);
  }
  assert.equal(lstatSync(home.journalFile).mode & 0o777, 0o600);
  assert.equal(lstatSync(home.desiredStateFile).mode & 0o777, 0o600);
  assert.equal(lstatSync(home.socket).mode & 0o777, 0o600);
  for (const directory of [home.run, home.state, home.log]) {
    assert.equal(lstatSync(directory).mode & 0o027, 0, directory);
    assert.notEqual((await asNobody("touch", [join(directory, "planted")])).code, 0);
    assert.notEqual((await asNobody("ls", [directory])).code, 0);
  }
  assert.notEqual((await asNobody(node24, ["-e", CONNECT, home.socket])).code, 0);
  // Also where the way there is open: the socket is the owner's, and whoever connects is asked for.
  chmodSync(home.run, 0o755);
  assert.notEqual((await asNobody(node24, ["-e", CONNECT, home.socket])).code, 0);
  chmodSync(home.socket, 0o666);
  const { code, told } = await asNobody(node24, ["-e", ASK, home.socket]);
  assert.ok(!told.includes("very secret") && !told.includes('"nap"') && !/ 200 /.test(told), `${code}: ${told}`);
  chmodSync(home.socket, 0o600);
  chmodSync(home.run, 0o700);
});

test("another user's command has a home of its own, and finds no way into this one", { skip }, async (t) => {
  const s = await supervised(t);
  const { code, stderr } = await s.command(["status"], { uid: NOBODY, gid: NOBODY });
  assert.notEqual(code, 0);
  assert.match(stderr, /^daemonitor: .*(Permission denied|EACCES|another user)/m);
  assert.ok(!/\n\s+at /.test(stderr), stderr);
});

test("a run directory that another user made is refused, with a clear error", { skip }, async (t) => {
  const s = await supervised(t, { start: false });
  mkdirSync(s.home.run, { recursive: true });
  chownSync(s.home.run, NOBODY, NOBODY);
  const { code, stderr } = await s.command(["start", "--name", "nap", "--", "sleep", "1000"]);
  assert.notEqual(code, 0);
  assert.match(stderr, /belongs to another user|uid 65534/);
  assert.ok(stderr.includes(s.home.run), stderr);
  assert.deepEqual(s.processes(), []);
});

for (const [what, plant] of Object.entries({
  "a link": (path: string, dir: string) => {
    writeFileSync(join(dir, "victim"), "precious");
    symlinkSync(join(dir, "victim"), path);
  },
  "a file": (path: string) => writeFileSync(path, "not a socket"),
  "a directory": (path: string) => mkdirSync(path),
})) {
  test(`${what} at the control socket's path is neither followed nor removed`, async (t) => {
    const s = await supervised(t, { start: false });
    mkdirSync(s.home.run, { recursive: true, mode: 0o700 });
    plant(s.home.socket, s.dir);
    const { code, stderr } = await s.command(["start", "--name", "nap", "--", "sleep", "1000"]);
    assert.notEqual(code, 0);
    assert.match(stderr, /control socket .*control\.sock: .*/);
    assert.ok(!/\n\s+at /.test(stderr), stderr);
    assert.ok(existsSync(s.home.socket));
    if (existsSync(join(s.dir, "victim"))) assert.equal(readFileSync(join(s.dir, "victim"), "utf8"), "precious");
  });
}

test("links and foreign files where logs are to be: not followed, and the service says why it doesn't start", { skip }, async (t) => {
  const s = await supervised(t);
  const precious = join(s.dir, "precious");
  writeFileSync(precious, "precious");
  const plants: Readonly<Record<string, (directory: string) => void>> = {
    link: (directory) => symlinkSync(precious, join(directory, "0.log")),
    hardlink: (directory) => linkSync(precious, join(directory, "0.log")),
    foreign: (directory) => {
      writeFileSync(join(directory, "0.log"), "");
      chownSync(join(directory, "0.log"), NOBODY, NOBODY);
    },
    folder: (directory) => {
      rmSync(directory, { recursive: true });
      symlinkSync(s.dir, directory);
    },
  };
  for (const [name, plant] of Object.entries(plants)) {
    const directory = join(s.home.log, name);
    mkdirSync(directory);
    plant(directory);
    const { instances } = await s.apply({ [name]: { command: ["sh", "-c", "echo overwritten; exec sleep 1000"], restart: "never" } });
    assert.equal(instances[0]?.outcome, "failed", name);
    const [explanation] = await s.client.why(name);
    assert.match(explanation?.sentence ?? "", /link|names|another user|directory/, name);
  }
  assert.equal(readFileSync(precious, "utf8"), "precious");
  assert.deepEqual(s.processes(), []);
});

test("state that is a link, another user's, or writable by others is refused by name", { skip }, async (t) => {
  const refused = async (name: "journalFile" | "desiredStateFile" | "lockFile") => {
    const s = await supervised(t, { start: false });
    const path = s.home[name];
    for (const directory of [s.home.run, s.home.state]) mkdirSync(directory, { recursive: true, mode: 0o700 });
    const precious = join(s.dir, "precious");
    writeFileSync(precious, "precious");
    symlinkSync(precious, path);
    const { code, stderr } = await s.command(["start", "--name", "nap", "--timeout", "3s", "--", "sleep", "1000"], { timeout: 60_000 });
    assert.notEqual(code, 0, name);
    const told = `${stderr}${existsSync(join(s.home.log, "supervisor.log")) ? readFileSync(join(s.home.log, "supervisor.log"), "utf8") : ""}`;
    assert.ok(told.includes(path) && told.includes("symbolic link"), `${name}: ${told}`);
    assert.equal(readFileSync(precious, "utf8"), "precious");
    assert.deepEqual(s.processes(), []);
  };
  // The first two are refused by the supervisor itself, which leaves word for the command.
  await Promise.all([refused("journalFile"), refused("desiredStateFile"), refused("lockFile")]);
});

test("a socket that another user planted at the path of a service's socket is not taken for its own", { skip }, async (t) => {
  const s = await supervised(t);
  const path = join(s.dir, "service.sock");
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(path, resolve));
  s.tracked.defer(() => server.close());
  const { instances } = await s.apply({
    web: { command: [node24, fixture("closedProbes.ts")], sockets: { web: `unix://${path}` }, restart: "never" },
  });
  assert.equal(instances[0]?.outcome, "failed");
  const [explanation] = await s.client.why("web");
  assert.ok(explanation?.sentence.includes(path), explanation?.sentence);
});

const CONNECT = "require('net').connect(process.argv[1]).on('connect', () => process.exit(0)).on('error', () => process.exit(1))";
const ASK =
  "const c = require('net').connect(process.argv[1], () => c.write('GET /v1/services HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n'));" +
  "c.on('data', (d) => process.stdout.write(d)).on('error', (e) => process.exit(1)).on('close', () => process.exit(0)); setTimeout(() => process.exit(2), 5000)";

async function asNobody(file: string, args: readonly string[]): Promise<{ readonly code: number | null; readonly told: string }> {
  const { code, stdout } = await run(file, args, { uid: NOBODY, gid: NOBODY, cwd: "/" });
  return { code: file === "cat" && code !== 0 ? 1 : code, told: stdout };
}
