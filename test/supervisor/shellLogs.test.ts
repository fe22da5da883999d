import assert from "node:assert/strict";
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { ServiceSpec } from "../../src/service/specTypes.ts";
import { specOf } from "../service/problems.ts";
import { track } from "../support/cleanup.ts";
import { needsRoot } from "../support/needs.ts";
import { until } from "../support/wait.ts";
import { type ShellTree, shellTree } from "./shellTree.ts";

function open(tree: ShellTree, spec: ServiceSpec, instance: string) {
  return tree.shell(({ logs }, { spec, instance }) => logs.open(spec, instance), { spec, instance });
}

function ends(tree: ShellTree, spec: ServiceSpec, instance: string) {
  return tree.shell(({ logs }, { spec, instance }) => logs.ends(spec, instance), { spec, instance });
}

test("a log is made once, with its mode, in a directory of its service", async (t) => {
  const tree = await shellTree(track(t));
  const spec = await specOf({ command: ["true"], logs: { mode: "0604" } });
  const first = await open(tree, spec, "web/0");
  assert.deepEqual(first, { out: first.out, err: null, path: join(tree.dir, "web/0.log"), errorPath: null });
  assert.equal(statSync(first.path).mode & 0o777, 0o604);
  assert.equal(statSync(join(tree.dir, "web")).mode & 0o777, 0o750);
  assert.deepEqual(await open(tree, spec, "web/0"), first);
  const all = await tree.shell(({ logs }, spec) => Promise.all([1, 1, 1, 2].map((number) => logs.open(spec, `web/${number}`))), spec);
  assert.deepEqual(new Set(all.map(({ out }) => out)).size, 2);
  assert.deepEqual((await tree.remote(({ client }) => client.listLogs(), undefined)).map(({ name }) => name).toSorted(), [
    "web/0",
    "web/1",
    "web/2",
  ]);
});

test("what was there stays, and what is started now is found behind it", async (t) => {
  const tree = await shellTree(track(t));
  mkdirSync(join(tree.dir, "web"));
  writeFileSync(join(tree.dir, "web/0.log"), "before\n");
  const spec = await specOf({ command: ["echo", "now"] });
  assert.deepEqual(await ends(tree, spec, "web/0"), { log: 7, errorLog: 0 });
  const { log } = await tree.launch(spec);
  await until("the output", () => readFileSync(log, "utf8") === "before\nnow\n");
  assert.deepEqual(await ends(tree, spec, "web/0"), { log: 11, errorLog: 0 });
});

test("standard error comes apart and together again while the service goes on", async (t) => {
  const tree = await shellTree(track(t));
  const together = await specOf({ command: ["true"] });
  const apart = await specOf({ command: ["true"], logs: { stderr: "separate" } });
  const names = async () => (await tree.remote(({ client }) => client.listLogs(), undefined)).map(({ name }) => name);
  const { out } = await open(tree, together, "web/0");
  const both = await open(tree, apart, "web/0");
  assert.deepEqual([both.out, both.errorPath], [out, join(tree.dir, "web/0.error.log")]);
  assert.deepEqual(await names(), ["web/0", "web/0:stderr"]);
  await open(tree, together, "web/0");
  assert.deepEqual(await names(), ["web/0"]);
});

test("the next supervisor goes on with the same logs", async (t) => {
  const tree = await shellTree(track(t));
  const spec = await specOf({ command: ["true"], logs: { stderr: "separate" } });
  const before = await open(tree, spec, "a: b=c/0");
  const pid = await tree.supervisor();
  process.kill(pid, "SIGKILL");
  await until("another supervisor", async () => (await tree.supervisor()) !== pid);
  assert.deepEqual(await open(tree, spec, "a: b=c/0"), before);
  assert.equal((await tree.remote(({ client }) => client.listLogs(), undefined)).length, 2);
});

test("a log that somebody has removed is made anew, and what runs goes on in it", async (t) => {
  const tree = await shellTree(track(t));
  const spec = await specOf({ command: ["sh", "-c", "exec 3<>go; while read -r line <&3; do echo $line; done"], cwd: tree.dir });
  await tree.remote(({ require }, path) => void require("node:child_process").execFileSync("mkfifo", [path]), join(tree.dir, "go"));
  const { log } = await tree.launch(spec);
  writeFileSync(join(tree.dir, "go"), "one\n");
  await until("a line", () => readFileSync(log, "utf8") === "one\n");
  rmSync(log);
  await open(tree, spec, "web/0");
  assert.deepEqual(await ends(tree, spec, "web/0"), { log: 0, errorLog: 0 });
  writeFileSync(join(tree.dir, "go"), "two\n");
  await until("a line in the new one", () => readFileSync(log, "utf8").includes("two\n"));
});

test("closed logs are let go of, and can be opened again", async (t) => {
  const tree = await shellTree(track(t));
  const spec = await specOf({ command: ["true"], logs: { stderr: "separate" } });
  const { path } = await open(tree, spec, "web/0");
  await tree.shell(({ logs }) => logs.close("web/0"), undefined);
  await tree.shell(({ logs }) => logs.close("web/0"), undefined);
  assert.deepEqual(await tree.remote(({ client }) => client.listLogs(), undefined), []);
  assert.ok(existsSync(path));
  assert.equal((await open(tree, spec, "web/0")).path, path);
});

test("links, files with two names, and what is no file are refused", async (t) => {
  const tree = await shellTree(track(t));
  const spec = await specOf({ command: ["true"] });
  const inside = (name: string) => join(tree.dir, name);
  const victim = inside("victim");
  writeFileSync(victim, "precious");
  for (const name of ["web", "twice", "fifo"]) mkdirSync(inside(name));
  symlinkSync(victim, inside("web/0.log"));
  symlinkSync(inside("nowhere"), inside("web/1.log"));
  linkSync(victim, inside("twice/0.log"));
  mkdirSync(inside("fifo/0.log"));
  symlinkSync(inside("web"), inside("linked"));
  writeFileSync(inside("plain"), "");
  const cases: [string, RegExp][] = [
    ["web/0", /symbolic link/],
    ["web/1", /symbolic link/],
    ["twice/0", /2 names/],
    ["fifo/0", /no regular file/],
    ["linked/0", /symbolic link/],
    ["plain/0", /no directory/],
  ];
  for (const [instance, why] of cases) {
    await assert.rejects(
      open(tree, spec, instance),
      (error) => error instanceof Error && why.test(JSON.stringify(error) + error.message),
      instance,
    );
  }
  assert.equal(readFileSync(victim, "utf8"), "precious");
  assert.equal(existsSync(inside("nowhere")), false);
  assert.deepEqual(await tree.remote(({ client }) => client.listLogs(), undefined), []);
});

test("a directory of another user is refused", { skip: needsRoot }, async (t) => {
  const tree = await shellTree(track(t));
  mkdirSync(join(tree.dir, "web"));
  await tree.remote(({ require }, path) => require("node:fs").chownSync(path, 12_345, 12_345), join(tree.dir, "web"));
  await assert.rejects(open(tree, await specOf({ command: ["true"] }), "web/0"), /another user/);
});

test("a log directory that was moved away is made anew", async (t) => {
  const tree = await shellTree(track(t));
  const spec = await specOf({ command: ["true"] });
  const { path } = await open(tree, spec, "web/0");
  renameSync(join(tree.dir, "web"), join(tree.dir, "old"));
  assert.equal((await open(tree, spec, "web/0")).path, path);
  assert.ok(existsSync(path));
});
