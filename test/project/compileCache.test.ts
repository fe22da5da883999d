import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, cpSync, existsSync, lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { track } from "../support/cleanup.ts";
import { isRoot, needsAll, needsRoot } from "../support/needs.ts";
import { node24, type RunResult, root, run } from "../support/run.ts";
import { manifest } from "./manifest.ts";

/** Root's cache is the system's own, which a test leaves alone. */
const nobody = 65534;
const uid = isRoot ? nobody : process.getuid?.();

const reachable = spawnSync(node24, ["--version"], isRoot ? { uid: nobody } : {}).status === 0;
const needsReach = reachable ? ({ skip: false } as const) : { skip: `an unprivileged user can't run ${node24}` };

test("the command keeps its compiled code in a directory of the user's own, closed to others", needsReach, async (t) => {
  const { cache, version } = installed(t);
  for (const run of ["first", "second"]) {
    assertVersion(await version(), run);
    const { mode, uid: owner } = lstatSync(cache);
    assert.deepEqual({ mode: (mode & 0o777).toString(8), owner }, { mode: "700", owner: uid });
    assert.equal(readdirSync(cache).length, 1);
  }
});

test("a cache directory that others can open is left alone", needsReach, async (t) => {
  const { cache, version } = installed(t);
  mkdirSync(cache);
  chmodSync(cache, 0o750);
  if (isRoot) chownSync(cache, nobody, nobody);
  assertVersion(await version());
  assert.deepEqual(readdirSync(cache), []);
});

test("a cache directory behind a symbolic link is left alone", needsReach, async (t) => {
  const { cache, version } = installed(t);
  const elsewhere = track(t).dir();
  chmodSync(elsewhere, 0o700);
  if (isRoot) chownSync(elsewhere, nobody, nobody);
  symlinkSync(elsewhere, cache);
  assertVersion(await version());
  assert.deepEqual(readdirSync(elsewhere), []);
});

test("a cache directory of somebody else is left alone", { skip: needsAll(needsRoot, needsReach.skip) }, async (t) => {
  const { cache, version } = installed(t);
  mkdirSync(cache, { mode: 0o700 });
  assertVersion(await version());
  assert.deepEqual(readdirSync(cache), []);
});

test("where there can be no cache the command says nothing about it", needsReach, async (t) => {
  const { cache, version } = installed(t);
  writeFileSync(cache, "");
  assertVersion(await version());
  assertVersion(await version({ XDG_CACHE_HOME: "/proc/none" }));
  assertVersion(await version({ XDG_CACHE_HOME: "relative" }));
  assertVersion(await version({ XDG_CACHE_HOME: undefined, HOME: undefined }));
});

test("without XDG_CACHE_HOME the cache is in ~/.cache, and Node's own variables go first", needsReach, async (t) => {
  const { base, version } = installed(t);
  const environment = { XDG_CACHE_HOME: undefined, HOME: base };
  assertVersion(await version({ ...environment, NODE_DISABLE_COMPILE_CACHE: "1" }));
  assertVersion(await version({ ...environment, NODE_COMPILE_CACHE: join(base, "node") }));
  assert.equal(existsSync(join(base, ".cache")), false);
  assertVersion(await version(environment));
  assert.equal(readdirSync(join(base, ".cache/daemonitor")).length, 1);
});

interface Installed {
  readonly base: string;
  readonly cache: string;
  /** Runs `daemonitor --version` as a user without privileges. */
  version(env?: Record<string, string | undefined>): Promise<RunResult>;
}

/** The command where any user can read it; the checkout may be somewhere private. */
function installed(t: TestContext): Installed {
  const { dir } = track(t);
  const program = dir();
  const base = dir();
  for (const folder of ["bin", "dist"]) cpSync(join(root, folder), join(program, folder), { recursive: true });
  if (isRoot) chownSync(base, nobody, nobody);
  const plain = { XDG_CACHE_HOME: base, NODE_COMPILE_CACHE: undefined, NODE_DISABLE_COMPILE_CACHE: undefined };
  const user = isRoot ? { uid: nobody, gid: nobody } : {};
  return {
    base,
    cache: join(base, "daemonitor"),
    version: (env) => run(node24, [join(program, "bin/daemonitor.cjs"), "--version"], { cwd: "/", env: { ...plain, ...env }, ...user }),
  };
}

function assertVersion({ code, stdout, stderr }: RunResult, when = ""): void {
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" }, when);
  assert.ok(stdout.includes(manifest.version), stdout);
}
