import assert from "node:assert/strict";
import { closeSync } from "node:fs";
import { test } from "node:test";
import { native } from "../../src/native/addon.ts";
import type { NotifyEvent } from "../../src/supervisor/init/protocol.ts";
import { track } from "../support/cleanup.ts";
import { until } from "../support/wait.ts";
import { type ShellTree, shellTree } from "./shellTree.ts";

const INSTANCE = "a:b=c/0";

function open(tree: ShellTree, attempt: number): Promise<string> {
  return tree.shell(({ notify }, { instance, attempt }) => notify.open(instance, attempt), { instance: INSTANCE, attempt });
}

/** What init has heard, in order, and for whom. */
function heard(tree: ShellTree) {
  return tree.shell(
    ({ events, notify }) =>
      (events as NotifyEvent[])
        .filter(({ kind }) => kind === "notify")
        .map(({ socket, data }) => ({ ...notify.parse(socket), said: Buffer.from(data).toString() })),
    undefined,
  );
}

test("each attempt has a socket of its own, which the next supervisor still listens to", async (t) => {
  const tree = await shellTree(track(t));
  const [first, second] = [await open(tree, 1), await open(tree, 2)];
  assert.match(first, /^@./);
  assert.notEqual(first, second);
  assert.equal(await open(tree, 1), first);
  native().sendDatagram(second, Buffer.from("READY=1"), []);
  await until("the word", async () => (await heard(tree)).length === 1);
  assert.deepEqual(await heard(tree), [{ instance: INSTANCE, attempt: 2, said: "READY=1" }]);
  await tree.remote(({ client, events }) => client.acknowledgeEvents((events as NotifyEvent[])[0]?.sequence ?? 0), undefined);
  const pid = await tree.supervisor();
  process.kill(pid, "SIGKILL");
  native().sendDatagram(first, Buffer.from("STATUS=alone"), []);
  await until("another supervisor", async () => (await tree.supervisor()) !== pid);
  await until("the word", async () => (await heard(tree)).length === 1);
  assert.deepEqual(await heard(tree), [{ instance: INSTANCE, attempt: 1, said: "STATUS=alone" }]);
  assert.equal(await open(tree, 1), first, "asked for its name");
});

test("a closed one is nobody's any more", async (t) => {
  const tree = await shellTree(track(t));
  const address = await open(tree, 1);
  await tree.shell(({ notify }, instance) => notify.close(instance, 1), INSTANCE);
  await tree.shell(({ notify }, instance) => notify.close(instance, 1), INSTANCE);
  assert.deepEqual(await tree.remote(({ client }) => client.listHeld(), undefined), []);
  assert.throws(() => native().sendDatagram(address, Buffer.from("x"), []), /refused/i);
});

test("an address is taken again after everybody else has died, unless somebody was faster", async (t) => {
  const tree = await shellTree(track(t));
  const reopen = (attempt: number, address: string) =>
    tree.shell(({ notify }, { instance, attempt, address }) => notify.reopen(instance, attempt, address), {
      instance: INSTANCE,
      attempt,
      address,
    });
  const gone = native().notifySocket();
  closeSync(gone.fd);
  assert.equal(await reopen(1, gone.address), true);
  assert.equal(await reopen(1, gone.address), true, "it has it already");
  native().sendDatagram(gone.address, Buffer.from("READY=1"), []);
  await until("the word", async () => (await heard(tree)).length === 1);
  assert.deepEqual(await heard(tree), [{ instance: INSTANCE, attempt: 1, said: "READY=1" }]);
  const squatter = native().notifySocket();
  track(t).defer(() => closeSync(squatter.fd));
  assert.equal(await reopen(2, squatter.address), false);
  assert.equal(await reopen(2, "/run/systemd/notify"), false);
  assert.equal(await reopen(2, `@${"x".repeat(200)}`), false);
});

test("held names of others are none of ours", async (t) => {
  const tree = await shellTree(track(t));
  const parsed = await tree.shell(
    ({ notify }, names) => names.map((name) => notify.parse(name) ?? null),
    ["tree-lock", "socket/web/a/b", "notify/web/0", "notify/web/0/x", "notify/web/0/1/2", "notify/web/0/7"],
  );
  assert.deepEqual(parsed, [null, null, null, null, null, { instance: "web/0", attempt: 7 }]);
});
