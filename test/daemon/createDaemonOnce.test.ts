import assert from "node:assert/strict";
import { copyFileSync, cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";

import { test } from "node:test";
import { track } from "../support/cleanup.ts";
import { allPids, inspect, isAlive, readList } from "../support/process.ts";
import { node24, root, run } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { writeProgram } from "./createDaemonProgram.ts";

test("a second call is an error: in the launcher, and in the daemon", async (t) => {
  const tracked = track(t);
  const program = writeProgram(
    tracked,
    `const options = { stdout: "inherit", exitLauncher: false };
    const { role } = createDaemon(options);
    try {
      createDaemon(options);
    } catch ({ code, step, errno, message }) {
      console.log(role, code, step, errno, message);
    }`,
  );
  const { code, stdout } = await run(node24, [program]);
  assert.equal(code, 0);
  const message = "ERR_CALLED_TWICE createDaemon 114 createDaemon: it was called in this process before; call it once, first of all";
  assert.deepEqual(stdout.trim().split("\n").sort(), [`daemon ${message}`, `launcher ${message}`]);
});

test("a worker thread can't become a daemon", async (t) => {
  const tracked = track(t);
  const program = writeProgram(
    tracked,
    `import { isMainThread, Worker } from "node:worker_threads";
    if (isMainThread) new Worker(new URL(import.meta.url));
    else {
      console.log(isDaemon());
      console.log(createDaemon({ errors: "return", pidFile: "pid" }));
      createDaemon({ errors: "exit", pidFile: "pid" });
    }`,
  );
  const cwd = tracked.dir();
  const { stdout, stderr } = await run(node24, [program], { cwd });
  assert.equal(stdout, `false\n[ 1, "a worker thread can't become a daemon" ]\n`);
  assert.match(stderr, /a worker thread can't become a daemon; call it in the main thread/);
  assert.ok(!existsSync(`${cwd}/pid`));
});

test("a worker of the daemon isn't one, and can't become one", async (t) => {
  const program = writeProgram(
    track(t),
    `import { isMainThread, Worker } from "node:worker_threads";
    if (isMainThread) {
      createDaemon({ stdout: "inherit", stderr: "inherit" });
      new Worker(new URL(import.meta.url));
    } else {
      console.log(createDaemon({ errors: "return" })[0]);
    }`,
  );
  const { code, stdout, stderr } = await run(node24, [program]);
  assert.deepEqual([code, stdout, stderr], [0, "1\n", ""]);
});

test("two copies of the library in one program make one daemon", async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  for (const part of ["src", "package.json"]) cpSync(`${root}/${part}`, `${dir}/${part}`, { recursive: true });
  cpSync(`${root}/build/daemonitor.node`, `${dir}/build/daemonitor.node`);
  // The copy is loaded first, so that it is the one to find the mark.
  const pidFile = tracked.killNamedIn(`${dir}/pid`);
  const copy = `import { isDaemon as asCopySays } from ${JSON.stringify(`${dir}/src/index.ts`)};\n`;
  const program = `${dir}/program.mjs`;
  copyFileSync(
    writeProgram(tracked, `createDaemon({ pidFile: "pid" });\nconsole.log(asCopySays());\nsetInterval(() => {}, 60_000);`),
    program,
  );
  writeFileSync(program, copy + readFileSync(program, "utf8"));
  const { code, stderr } = await run(node24, [program], { cwd: dir });
  assert.deepEqual([code, stderr], [0, ""]);
  assert.deepEqual(runsOf(program), [Number(readFileSync(pidFile, "utf8"))]);
});

test("a program whose second run never calls createDaemon is an error, with that run's exit status", async (t) => {
  const tracked = track(t);
  const flag = `${tracked.dir()}/flag`;
  const program = writeProgram(
    tracked,
    `import { existsSync, writeFileSync } from "node:fs";
    if (existsSync(${JSON.stringify(flag)})) process.exit(0);
    writeFileSync(${JSON.stringify(flag)}, "");
    createDaemon({ errors: "exit", readyTimeout: "1min" });`,
  );
  const { code, stderr } = await run(node24, [program]);
  assert.equal(code, 69);
  assert.match(stderr, /^ready: program \(\d+\) ended before it was ready: exit status 0/);
});

test("a second run that goes another way for ever is ended at the timeout", async (t) => {
  const tracked = track(t);
  const program = writeProgram(
    tracked,
    `if (isDaemon()) setInterval(() => {}, 60_000);
    else createDaemon({ errors: "exit", readyTimeout: 700 });`,
  );
  const { code, stderr } = await run(node24, [program]);
  assert.equal(code, 75);
  assert.match(stderr, /^ready: program \(\d+\) was not ready within 0\.7 s and was ended/);
  await until("it to be gone", () => runsOf(program).length === 0);
});

test("a child of the daemon that calls createDaemon makes a daemon of its own", async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  const program = writeProgram(
    tracked,
    `import { spawnSync } from "node:child_process";
    const child = process.argv[2] === "child";
    createDaemon({ stdout: "out", pidFile: child ? "child" : "parent", exitLauncher: true });
    if (!child) spawnSync(process.execPath, [process.argv[1], "child"], { cwd: ${JSON.stringify(dir)} });
    console.log(child ? "child" : "parent");
    setInterval(() => {}, 60_000);`,
  );
  for (const name of ["parent", "child"]) tracked.killNamedIn(`${dir}/${name}`);
  assert.equal((await run(node24, [program], { cwd: dir })).code, 0);
  await until("both", () => readFileSync(`${dir}/out`, "utf8").split("\n").length === 3);
  const [parent, child] = ["parent", "child"].map((name) => inspect(Number(readFileSync(`${dir}/${name}`, "utf8"))));
  assert.notEqual(parent?.sid, child?.sid);
});

/** Live processes that run this script. */
function runsOf(script: string): number[] {
  return allPids().filter((pid) => {
    try {
      return isAlive(pid) && readList(pid, "cmdline").some((argument) => argument.toString() === script);
    } catch {
      return false;
    }
  });
}
