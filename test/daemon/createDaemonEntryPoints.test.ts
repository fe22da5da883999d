import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { test } from "node:test";
import { type Tracked, track } from "../support/cleanup.ts";
import { needsPath } from "../support/needs.ts";
import { inspect } from "../support/process.ts";
import { node24, type RunOptions, root, run } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { library, writeProgram } from "./createDaemonProgram.ts";

const hello = `createDaemon({ pidFile: "pid", stdout: "out" });\nsetInterval(() => {}, 60_000);`;

test("node app.ts: types are stripped in the daemon as well", async (t) => {
  const program = writeProgram(
    track(t),
    `const options: { pidFile: string } = { pidFile: "pid" };\ncreateDaemon(options);\nsetInterval(() => {}, 60_000);`,
    "app.ts",
  );
  const { cmdline } = await launch(track(t), [basename(program)], { cwd: dirname(program) });
  assert.deepEqual(cmdline.slice(1), [program]);
});

test("a relative --import of the caller's directory is found again", async (t) => {
  const tracked = track(t);
  const program = writeProgram(tracked, `${hello}\nconsole.log(globalThis.loaded, JSON.stringify(process.execArgv));`);
  const dir = dirname(program);
  writeFileSync(`${dir}/loader.mjs`, "globalThis.loaded = (globalThis.loaded ?? 0) + 1;\n");
  await launch(tracked, ["--no-warnings", "--import", "./loader.mjs", program], { cwd: dir });
  // Ready on return: what stands after the call comes later than the launcher's end.
  const said = await until("the daemon to say what it was started with", () => readFileSync(`${dir}/out`, "utf8") || undefined);
  assert.equal(said, '1 ["--no-warnings","--import","./loader.mjs"]\n');
});

test("a loader that module hooks need is there before the program: a program in a language of its own", async (t) => {
  const tracked = track(t);
  const program = writeProgram(tracked, hello, "program.own");
  const dir = dirname(program);
  const hooks = `import { registerHooks } from "node:module";
    registerHooks({ load: (url, context, next) => next(url, url.endsWith(".own") ? { ...context, format: "module" } : context) });`;
  writeFileSync(`${dir}/register.mjs`, hooks);
  await launch(tracked, ["--import", "./register.mjs", "./program.own", "argument"], { cwd: dir });
});

test("CommonJS: require of the source", async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  writeFileSync(`${dir}/app.cjs`, `const { createDaemon } = require(${JSON.stringify(library)});\n${hello}`);
  await launch(tracked, ["app.cjs"], { cwd: dir });
});

for (const [what, name, first] of [
  ["CommonJS: require of the bundle", "app.cjs", 'const { createDaemon } = require("daemonitor");'],
  ["import of the bundle", "app.mjs", 'import { createDaemon } from "daemonitor";'],
] as const) {
  test(what, { skip: needsPath(`${root}/dist/index.cjs`) }, async (t) => {
    const tracked = track(t);
    const dir = tracked.dir();
    mkdirSync(`${dir}/node_modules`);
    symlinkSync(root, `${dir}/node_modules/daemonitor`);
    writeFileSync(`${dir}/${name}`, `${first}\n${hello}`);
    await launch(tracked, [name], { cwd: dir });
  });
}

test("a program that is called by a link, or without its extension, is found again", async (t) => {
  const tracked = track(t);
  const program = writeProgram(tracked, hello);
  const dir = tracked.dir();
  symlinkSync(program, `${dir}/link`);
  await launch(tracked, ["link"], { cwd: dir });
  const other = tracked.dir();
  mkdirSync(`${other}/app`);
  writeFileSync(`${other}/app/index.js`, `const { createDaemon } = require(${JSON.stringify(library)});\n${hello}`);
  await launch(tracked, ["app"], { cwd: other });
});

const module = `import { createDaemon } from ${JSON.stringify(library)};\n`;
const unstartable: readonly (readonly [string, readonly string[], string])[] = [
  ["--eval", ["--input-type=module", "--eval", `${module}createDaemon({ pidFile: "pid", errors: "exit" });`], ""],
  ["-e with arguments", ["--input-type=module", "-e", `${module}createDaemon({ pidFile: "pid", errors: "exit" });`, "--", "argument"], ""],
  ["-p", ["-p", `require(${JSON.stringify(library)}).createDaemon({ pidFile: "pid", errors: "exit" })`], ""],
  ["standard input", ["--input-type=module"], `${module}createDaemon({ pidFile: "pid", errors: "exit" });`],
  ["standard input by -", ["--input-type=module", "-", "argument"], `${module}createDaemon({ pidFile: "pid", errors: "exit" });`],
];

for (const [what, args, input] of unstartable) {
  test(`a script from ${what} can't be started again: one clear line, exit code 64`, async (t) => {
    const cwd = track(t).dir();
    const { code, stderr } = await run(node24, args, { cwd, input });
    assert.deepEqual([code, stderr.trimEnd().split("\n").length], [64, 1], stderr);
    assert.match(stderr, /^createDaemon: the program came from -e or standard input, so it can't be started again; put it into a file\n$/);
    assert.ok(!existsSync(`${cwd}/pid`));
  });
}

/** Runs a Node program that makes a daemon of itself with the pid file "pid", and looks at the daemon. */
async function launch(tracked: Tracked, args: readonly string[], options: RunOptions & { readonly cwd: string }) {
  const pidFile = tracked.killNamedIn(`${options.cwd}/pid`);
  const { code, stderr } = await run(node24, args, options);
  assert.deepEqual([code, stderr], [0, ""]);
  const daemon = inspect(tracked.kill(Number(readFileSync(pidFile, "utf8"))));
  assert.deepEqual([daemon.cwd, daemon.ttyNr, daemon.cmdline.length], ["/", 0, args.length + 1]);
  return daemon;
}
