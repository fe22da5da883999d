import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { track } from "../support/cleanup.ts";
import { isAlive } from "../support/process.ts";
import { node24, run } from "../support/run.ts";
import { launchFixture, runFixture } from "./createDaemonFixture.ts";
import { writeProgram } from "./createDaemonProgram.ts";

test("the daemon knows what it is, before and after the call; the launcher exits with 0 and runs no exit handler", async (t) => {
  const tracked = track(t);
  const program = writeProgram(
    tracked,
    `const before = isDaemon();
    process.on("exit", () => console.log("an exit handler ran"));
    const { role, rc, pid } = createDaemon({ stdout: "inherit", pidFile: "pid" });
    console.log(JSON.stringify({ before, after: isDaemon(), role, rc, own: pid === process.pid }));
    process.kill(pid, "SIGKILL");`,
  );
  const { code, stdout } = await run(node24, [program], { cwd: tracked.dir() });
  assert.deepEqual([code, stdout], [0, '{"before":true,"after":true,"role":"daemon","rc":0,"own":true}\n']);
});

test("with exitLauncher: false the launcher goes on, with the pid of a daemon that is ready", async (t) => {
  const tracked = track(t);
  const { code, stdout } = await runFixture({ exitLauncher: false });
  assert.equal(code, 0);
  const { role, pid } = JSON.parse(stdout);
  assert.equal(role, "launcher");
  assert.ok(isAlive(tracked.kill(pid)));
});

test("isDaemon is false in the launcher and in the daemon's children", async (t) => {
  const tracked = track(t);
  const program = writeProgram(
    tracked,
    `import { spawnSync } from "node:child_process";
    if (process.argv[2] === "child") {
      console.log("child", isDaemon());
      process.exit();
    }
    if (!isDaemon()) console.log("launcher", isDaemon());
    createDaemon({ stdout: "inherit" });
    spawnSync(process.execPath, [process.argv[1], "child"], { stdio: "inherit" });`,
  );
  const { stdout } = await run(node24, [program]);
  assert.equal(stdout, "launcher false\nchild false\n");
});

const missing = { cwd: "/no/such/directory" };

test("errors: return gives the tuple of the recipe, and the program goes on", async () => {
  const { code, stdout, stderr } = await runFixture({ ...missing, errors: "return" });
  assert.deepEqual([code, stdout, stderr], [0, '[2,"No such file or directory"]\n', ""]);
});

test("errors: exit prints one line and exits with the error's code", async () => {
  const { code, stdout, stderr } = await runFixture({ ...missing, errors: "exit" });
  assert.deepEqual([code, stdout, stderr.trimEnd().split("\n").length], [78, "", 1]);
  assert.match(stderr, /^chdir \/no\/such\/directory: No such file or directory \(ENOENT\)/);
});

test("errors: throw, the default, throws a DaemonError with all of it", async (t) => {
  const program = writeProgram(
    track(t),
    `try {
      createDaemon({ cwd: "/no/such/directory" });
    } catch (error) {
      const { name, step, subject, code, errno, strerror, exitCode } = error;
      console.log(JSON.stringify([error instanceof DaemonError, name, step, subject, code, errno, strerror, exitCode]));
    }`,
  );
  const { stdout } = await run(node24, [program]);
  assert.deepEqual(JSON.parse(stdout), [true, "DaemonError", "chdir", "/no/such/directory", "ENOENT", 2, "No such file or directory", 78]);
});

test("an option that is wrong is a TypeError before anything is started, whatever errors says", async (t) => {
  const pidFile = `${track(t).dir()}/pid`;
  for (const errors of ["return", "exit", "throw"]) {
    const { code, stderr } = await runFixture({ errors, pidFile, umsk: 0 });
    assert.equal(code, 1);
    assert.match(stderr, /OptionError.*did you mean 'umask'/);
    assert.ok(!existsSync(pidFile));
  }
});

test("state is handed over: what can be cloned comes as it is", async (t) => {
  const program = writeProgram(
    track(t),
    `import { deepStrictEqual } from "node:assert";
    const make = () => ({
      map: new Map([["a", new Set([1])]]),
      date: new Date(0),
      typed: Float64Array.of(0.1, NaN),
      bytes: Uint8Array.of(0, 255).buffer,
      pattern: /x/gi,
      error: new RangeError("range"),
      big: 2n ** 70n,
      nothing: [undefined, null],
      text: "é\\u0000\\n",
    });
    const daemon = createDaemon({ stdout: "inherit", stderr: "inherit", state: isDaemon() ? "ignored" : make() });
    const expected = make();
    deepStrictEqual(new Uint8Array(daemon.state.bytes), new Uint8Array(expected.bytes));
    deepStrictEqual({ ...daemon.state, bytes: 0 }, { ...expected, bytes: 0 });
    console.log("equal");`,
  );
  const { stdout, stderr } = await run(node24, [program]);
  assert.equal(stdout, "equal\n", stderr);
});

test("state can be large: 8 MiB arrive whole", async (t) => {
  const program = writeProgram(
    track(t),
    `import { createHash, randomBytes } from "node:crypto";
    const bytes = isDaemon() ? undefined : randomBytes(8 * 2 ** 20);
    const hash = (data) => createHash("sha256").update(data).digest("hex");
    if (bytes) console.log(hash(bytes));
    const { state } = createDaemon({ stdout: "inherit", state: bytes });
    console.log(hash(state), state.length);`,
  );
  const { stdout, stderr } = await run(node24, [program]);
  const [sent, received] = stdout.trim().split("\n");
  assert.equal(received, `${sent} ${8 * 2 ** 20}`, stderr);
});

test("a falsy state and none at all are not the same", async (t) => {
  const tracked = track(t);
  const [zero, empty, none] = [
    await launchFixture(tracked, { state: 0 }),
    await launchFixture(tracked, { state: null }),
    await launchFixture(tracked, {}),
  ];
  assert.deepEqual(
    [zero, empty, none].map(({ printed }) => ["state" in printed, printed.state]),
    [
      [true, 0],
      [true, null],
      [false, undefined],
    ],
  );
});
