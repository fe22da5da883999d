import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import type { ServiceSpec } from "../../src/service/specTypes.ts";
import { specOf } from "../service/problems.ts";
import { track } from "../support/cleanup.ts";
import { until } from "../support/wait.ts";
import { type ShellTree, shellTree } from "./shellTree.ts";

const SPARE = { command: ["true"] };

function open(tree: ShellTree, spec: ServiceSpec) {
  return tree.shell(({ sockets }, spec) => sockets.open(spec), spec);
}

async function held(tree: ShellTree): Promise<string[]> {
  return (await tree.remote(({ client }) => client.listHeld(), undefined)).map(({ name }) => name);
}

function descriptors(tree: ShellTree): Promise<number> {
  return tree.remote(({ require }) => require("node:fs").readdirSync("/proc/self/fd").length, undefined);
}

/** The connections by which the tests ask come and go: a few at the most. */
async function assertNoMoreThan(tree: ShellTree, before: number): Promise<void> {
  await until("all to be closed", async () => (await descriptors(tree)) <= before);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

test("sockets are opened once, held by init, and the same for the next supervisor", async (t) => {
  const tree = await shellTree(track(t));
  const path = join(tree.dir, "s");
  const spec = await specOf({ ...SPARE, sockets: { a: `unix://${path}`, b: `unix://${path}2` } });
  const first = await open(tree, spec);
  assert.deepEqual(
    first.map(({ name }) => name),
    ["a", "b"],
  );
  assert.deepEqual(
    await held(tree),
    first.map((one) => one.held),
  );
  const before = await descriptors(tree);
  assert.deepEqual(await open(tree, spec), first);
  const many = await tree.shell(({ sockets }, spec) => Promise.all(Array.from({ length: 10 }, () => sockets.open(spec))), spec);
  for (const one of many) assert.deepEqual(one, first);
  await assertNoMoreThan(tree, before);
  const pid = await tree.supervisor();
  process.kill(pid, "SIGKILL");
  await until("another supervisor", async () => (await tree.supervisor()) !== pid);
  const is = await tree.shell(({ sockets }) => ["a", "b", "c"].map((name) => sockets.isOpen("web", name)), undefined);
  assert.deepEqual(is, [true, true, false]);
  assert.deepEqual(await open(tree, spec), first);
  assert.equal((await held(tree)).length, 2);
  assert.ok(await answers(path));
});

test("a socket with another address takes the place of the one before, and one that isn't asked for is closed", async (t) => {
  const tree = await shellTree(track(t));
  const at = (name: string) => join(tree.dir, name);
  await open(tree, await specOf({ ...SPARE, sockets: { a: `unix://${at("a1")}`, b: `unix://${at("b")}` } }));
  const [moved] = await open(tree, await specOf({ ...SPARE, sockets: { a: `unix://${at("a2")}` } }));
  assert.deepEqual(await held(tree), [moved?.held]);
  assert.deepEqual(
    ["a1", "a2", "b"].map((name) => existsSync(at(name))),
    [false, true, false],
  );
  const pid = await tree.supervisor();
  process.kill(pid, "SIGKILL");
  await until("another supervisor", async () => (await tree.supervisor()) !== pid);
  await open(tree, await specOf({ ...SPARE, sockets: { a: `unix://${at("a3")}` } }));
  assert.deepEqual(
    ["a2", "a3"].map((name) => existsSync(at(name))),
    [false, true],
    "of an inherited one",
  );
});

test("closing removes the file; while a process still listens it stays, until the next time", async (t) => {
  const tree = await shellTree(track(t));
  const path = join(tree.dir, "s");
  const spec = await specOf({ command: ["sleep", "1000"], sockets: { a: `unix://${path}` } });
  const sockets = await open(tree, spec);
  const { pid } = await tree.launch(spec, { sockets });
  await tree.shell(({ sockets }) => sockets.close("web"), undefined);
  assert.deepEqual(await held(tree), []);
  assert.ok(await answers(path));
  process.kill(pid, "SIGKILL");
  await until("it to end", async () => (await answers(path)) === false);
  await tree.shell(({ sockets }) => sockets.close("web"), undefined);
  assert.equal(existsSync(path), false);
});

test("where one can't be had, none is opened for it, and nothing is held", async (t) => {
  const tree = await shellTree(track(t));
  const at = (name: string) => join(tree.dir, name);
  writeFileSync(at("taken"), "");
  const before = await descriptors(tree);
  const spec = await specOf({ ...SPARE, sockets: { a: `unix://${at("free")}`, b: `unix://${at("taken")}` } });
  for (let round = 0; round < 10; round += 1) await assert.rejects(open(tree, spec), { code: "EADDRINUSE" });
  await assertNoMoreThan(tree, before);
  assert.deepEqual([await held(tree), existsSync(at("free"))], [[], false]);
});

test("services of any name have sockets of their own", async (t) => {
  const tree = await shellTree(track(t));
  const names = ["web", "web:a=b", ":".repeat(64), "ü".repeat(32)];
  for (const [index, name] of names.entries()) {
    await open(tree, { ...(await specOf({ ...SPARE, sockets: { ["s".repeat(255)]: `unix://${tree.dir}/${index}` } })), name });
  }
  assert.equal((await held(tree)).length, 4);
  const services = () => tree.shell(({ sockets }) => [...sockets.services], undefined);
  assert.deepEqual((await services()).toSorted(), names.toSorted());
  await tree.shell(({ sockets }, name) => sockets.close(name), names[2] ?? "");
  assert.deepEqual((await services()).toSorted(), names.filter((_, index) => index !== 2).toSorted());
});
