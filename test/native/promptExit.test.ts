import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { track } from "../support/cleanup.ts";
import { node24, root, run } from "../support/run.ts";

/** Ends while one of Node's threads has work for minutes. */
const BUSY = `
  import { pbkdf2 } from "node:crypto";
  import { exitPromptly } from "${root}/src/native/promptExit.ts";
  exitPromptly();
  pbkdf2("", "", 2 ** 31 - 1, 64, "sha512", () => {});
  process.on("exit", (code) => process.stdout.write(\`listener \${code}\\n\`));
  process.stdout.write("x".repeat(300_000) + "\\n");
  setTimeout(() => process.exit(7), 200);`;

test('process.exit() waits for no thread; listeners of "exit" run, and what was written is there', async () => {
  const { code, stdout, stderr } = await run(node24, ["--input-type=module", "--eval", BUSY], { timeout: 30_000 });
  assert.deepEqual([code, stderr], [7, ""]);
  assert.equal(stdout.length, 300_001 + "listener 7\n".length);
  assert.ok(stdout.endsWith("listener 7\n"));
});

test("process.exitCode counts, and compiled code is kept", async (t) => {
  const cache = join(track(t).dir(), "cache");
  const code = `import { exitPromptly } from "${root}/src/native/promptExit.ts"; exitPromptly(); process.exitCode = 5; process.exit();`;
  const { code: status } = await run(node24, ["--input-type=module", "--eval", code], { env: { NODE_COMPILE_CACHE: cache } });
  assert.equal(status, 5);
  assert.ok(readdirSync(cache, { recursive: true }).length > 1);
});

test("a program that is being measured ends as Node ends it", async (t) => {
  const dir = track(t).dir();
  const code = `import { exitPromptly } from "${root}/src/native/promptExit.ts"; exitPromptly(); process.exit(3);`;
  const { code: status } = await run(node24, ["--cpu-prof", "--cpu-prof-dir", dir, "--input-type=module", "--eval", code]);
  assert.equal(status, 3);
  assert.equal(readdirSync(dir).filter((file) => file.endsWith(".cpuprofile")).length, 1);
});
