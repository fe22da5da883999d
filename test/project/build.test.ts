import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { track } from "../support/cleanup.ts";
import { needsProgram } from "../support/needs.ts";
import { node24, type RunResult, root, run } from "../support/run.ts";

const addon = `
#include <node_api.h>
NAPI_MODULE_INIT() { napi_value n; napi_create_int32(env, 42, &n); napi_set_named_property(env, exports, "answer", n); return exports; }
`;
const needsCompiler = { skip: needsProgram(process.env.CC || "cc"), timeout: 120_000 };

test("two native builds at once leave one whole addon and nothing else", needsCompiler, async (t) => {
  const folder = checkout(t);
  const results = await Promise.all([script(folder, "build-native"), script(folder, "build-native")]);
  for (const { code, stderr } of results) assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  assert.deepEqual(readdirSync(join(folder, "build")), ["daemonitor.node"]);
  const { stdout } = await run(node24, ["-p", `require(${JSON.stringify(join(folder, "build/daemonitor.node"))}).answer`]);
  assert.equal(stdout, "42\n");
});

test("the native part is built again when its sources change, and only then", needsCompiler, async (t) => {
  const folder = checkout(t);
  const inode = () => statSync(join(folder, "build/daemonitor.node")).ino;
  await script(folder, "build-native");
  const first = inode();
  await script(folder, "build-native");
  assert.equal(inode(), first);
  writeFileSync(join(folder, "native/binding.c"), `${addon}/* changed */\n`);
  await script(folder, "build-native");
  assert.notEqual(inode(), first);
});

test("what does not compile fails the build and keeps the old addon", needsCompiler, async (t) => {
  const folder = checkout(t);
  await script(folder, "build-native");
  writeFileSync(join(folder, "native/binding.c"), `${addon} static int unused;\n`);
  const { code, stderr } = await script(folder, "build-native");
  assert.equal(code, 1);
  assert.match(stderr, /unused/);
  assert.deepEqual(readdirSync(join(folder, "build")), ["daemonitor.node"]);
});

test("without a C compiler the build says so in one line", async (t) => {
  const { code, stderr } = await script(checkout(t), "build-native", { CC: "no-such-compiler" });
  assert.equal(stderr, 'build: no C compiler: "no-such-compiler" is not found; install gcc or clang, or set CC\n');
  assert.equal(code, 1);
});

test("C tests that leak, overflow or fail are reported, and so is their number", needsCompiler, async (t) => {
  const folder = checkout(t);
  const program = (name: string, body: string) =>
    writeFileSync(
      join(folder, "test/native", `${name}.c`),
      `#include <stdlib.h>\nint main(int argc, char **argv) { (void)argv; ${body} }\n`,
    );
  program("fails", "return argc;");
  program("overflows", "char *volatile p = malloc(1); char c = p[argc]; free(p); return c == 77;");
  program("passes", "return argc - 1;");
  const { code, stdout } = await script(folder, "test-native");
  assert.match(stdout, /^not ok \d+ - fails \(plain\)$/m);
  assert.match(stdout, /^not ok \d+ - overflows \(sanitizers\)$/m);
  assert.match(stdout, /^ok \d+ - passes \(sanitizers\)$/m);
  assert.match(stdout, /\n\d+ passed, \d+ failed\n$/);
  assert.equal(code, 1);
});

/** A checkout with the project's scripts and an addon of a few lines. */
function checkout(t: TestContext): string {
  const folder = track(t).dir();
  cpSync(join(root, "scripts"), join(folder, "scripts"), { recursive: true });
  cpSync(join(root, "package.json"), join(folder, "package.json"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  mkdirSync(join(folder, "native"));
  mkdirSync(join(folder, "test/native"), { recursive: true });
  writeFileSync(join(folder, "native/binding.c"), addon);
  return folder;
}

function script(folder: string, name: string, env: Record<string, string> = {}): Promise<RunResult> {
  return run(node24, [join(folder, "scripts", `${name}.ts`)], { cwd: "/", env, timeout: 90_000 });
}
