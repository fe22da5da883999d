import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Script } from "node:vm";
import { track } from "../support/cleanup.ts";
import { node24, root, run } from "../support/run.ts";

const dist = join(root, "dist");

/** A copy of the library whose compiled code is what the test says. */
function copy(t: TestContext, cache: Uint8Array | undefined): string {
  const directory = track(t).dir();
  mkdirSync(join(directory, "dist"));
  for (const file of ["index.cjs", "library.cjs"]) cpSync(join(dist, file), join(directory, "dist", file));
  cpSync(join(root, "build"), join(directory, "build"), { recursive: true });
  if (cache !== undefined) writeFileSync(join(directory, "dist/library.cache"), cache);
  return join(directory, "dist/index.cjs");
}

test("the compiled code that travels with the library is taken by the Node that built it", () => {
  const source = readFileSync(join(dist, "library.cjs"), "utf8");
  const [, wrapper = ""] = /Script\)?\("([^"]+)"\+source/.exec(readFileSync(join(dist, "index.cjs"), "utf8")) ?? [];
  assert.match(wrapper, /^\(function/);
  const script = new Script(`${wrapper}${source}\n})`, { cachedData: readFileSync(join(dist, "library.cache")) });
  assert.equal(script.cachedDataRejected, false);
});

const whole = readFileSync(join(dist, "library.cache"));
const caches: Record<string, Uint8Array | undefined> = {
  missing: undefined,
  empty: Buffer.alloc(0),
  garbage: Buffer.from("not compiled code"),
  "cut short": whole.subarray(0, whole.length / 2),
};

for (const [what, cache] of Object.entries(caches)) {
  test(`compiled code that is ${what} is left alone: the library is compiled as always`, async (t) => {
    const file = copy(t, cache);
    const program = `const { createDaemon, isDaemon } = require(${JSON.stringify(file)}); console.log(typeof createDaemon, isDaemon());`;
    assert.deepEqual((await run(node24, ["-e", program])).stdout, "function false\n");
  });
}

test("a library that was edited is run as it is now, also where its length is the same", async (t) => {
  const file = copy(t, whole);
  const library = join(file, "../library.cjs");
  const source = readFileSync(library, "utf8");
  const edited = source.replace("is not true or false", "is neither yes nor no".slice(0, 20));
  assert.notEqual(edited, source);
  assert.equal(edited.length, source.length);
  writeFileSync(library, edited);
  const future = new Date(Date.now() + 10_000);
  utimesSync(library, future, future);
  const { stderr } = await run(node24, ["-e", `require(${JSON.stringify(file)}).createDaemon({ truncate: 1 })`]);
  assert.match(stderr, /is neither yes nor/);
});

test("an error of the library's names the file and the line it came from", async (t) => {
  const file = copy(t, whole);
  const { stderr } = await run(node24, ["-e", `require(${JSON.stringify(file)}).createDaemon({ umask: "x" })`]);
  assert.match(stderr, /library\.cjs:\d+:\d+\)/);
  assert.match(stderr, /OptionError: option 'umask'/);
});
