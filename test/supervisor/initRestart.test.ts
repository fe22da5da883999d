import assert from "node:assert/strict";
import { readdirSync, readlinkSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { initProgram, native } from "../../src/native/addon.ts";
import type { ProcessRecord } from "../../src/supervisor/init/protocol.ts";
import { track } from "../support/cleanup.ts";
import { isAlive } from "../support/process.ts";
import { run } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { type InitTree, initTree, zombiesOf } from "./initTree.ts";

test("50 supervisors are killed: the table stays, no exit and no datagram is lost or doubled, held sockets accept", {
  timeout: 180_000,
}, async (t) => {
  const tree = await initTree(track(t));
  const { address, path, steady } = await holdSockets(tree);
  const seen = { exits: new Map<number, number>(), datagrams: new Map<string, number>() };
  const started: number[] = [];
  for (let round = 0; round < 50; round++) {
    const { serial } = await tree.remote(
      ({ client, steps }, { mark, code }) =>
        client.spawn({
          key: "short",
          plan: [steps.fork(), steps.signalMask([]), steps.exec("/bin/sh", ["sh", "-c", `sleep 0.0${code % 7}; exit ${code}`], [mark])],
        }),
      { mark: tree.mark, code: round },
    );
    started.push(serial);
    native().sendDatagram(address, Buffer.from(`STATUS=${round} before`), []);
    const victim = await tree.supervisor();
    process.kill(victim, "SIGKILL");
    native().sendDatagram(address, Buffer.from(`STATUS=${round} after`), []);
    await connects(path);
    await until("another supervisor", async () => (await tree.supervisor()) !== victim);
    if (round % 5 === 4) await collect(tree, seen);
  }
  await until("all exits", async () => {
    await collect(tree, seen);
    return seen.exits.size === 50;
  });
  assert.deepEqual([...seen.exits.keys()].sort(), [...started].sort());
  for (const [index, serial] of started.entries()) assert.equal(seen.exits.get(serial), index << 8);
  const expected = Array.from({ length: 50 }, (_, round) => [`STATUS=${round} before`, `STATUS=${round} after`]).flat();
  assert.deepEqual([...seen.datagrams.keys()].sort(), expected.sort());
  const sequences = [...seen.datagrams.values()];
  assert.equal(new Set(sequences).size, 100);
  const list = await tree.remote(({ client }) => client.list(), undefined);
  assert.deepEqual(list.map(({ pid }) => pid).sort(), steady.map(({ pid }) => pid).sort());
  assert.ok(steady.every(({ pid }) => isAlive(pid)));
  assert.deepEqual(zombiesOf(tree.pid), []);
  const { restarts, notifyDropped } = await tree.remote(({ client }) => client.statistics(), undefined);
  assert.deepEqual({ restarts, notifyDropped }, { restarts: 50, notifyDropped: 0 });
});

test("what a supervisor did not acknowledge, the next one is told", async (t) => {
  const tree = await initTree(track(t));
  const { address } = await holdSockets(tree);
  native().sendDatagram(address, Buffer.from("READY=1"), []);
  const first = await until("the datagram", () => tree.remote(({ events }) => events[0] as { sequence: number; data: string }, undefined));
  assert.equal(first.data, "READY=1");
  process.kill(await tree.supervisor(), "SIGKILL");
  const second = await until("the datagram again", () => tree.remote(({ events }) => events[0] as { sequence: number }, undefined));
  assert.deepEqual(second, first);
  await tree.remote(({ client }, sequence) => client.acknowledgeEvents(sequence), first.sequence);
  const victim = await tree.supervisor();
  process.kill(victim, "SIGKILL");
  await until("another supervisor", async () => (await tree.supervisor()) !== victim);
  assert.deepEqual(await tree.remote(({ events }) => events, undefined), []);
});

test("descriptors are held by name, renamed, released and replaced", async (t) => {
  const tree = await initTree(track(t));
  await holdSockets(tree);
  const names = () =>
    tree.remote(async ({ client }) => (await client.listHeld()).map(({ name, notify }) => `${name} ${notify}`), undefined);
  assert.deepEqual(await names(), ["api false", "notify true"]);
  const descriptors = readdirSync(`/proc/${tree.pid}/fd`).length;
  await tree.remote(async ({ client, held, native }) => {
    void held;
    await client.hold("api", native.pipe()[0]);
    await client.rename("api", "web/http");
    await client.release("notify");
  }, undefined);
  assert.deepEqual(await names(), ["web/http false"]);
  assert.equal(readdirSync(`/proc/${tree.pid}/fd`).length, descriptors - 1);
  const refused = await tree.remote(
    ({ client }) =>
      client.release("notify").then(
        () => "",
        (error) => error.message,
      ),
    undefined,
  );
  assert.equal(refused, "init release notify: No such file or directory (ENOENT)");
  process.kill(await tree.supervisor(), "SIGKILL");
  const inherited = await until("the held ones", () => tree.remote(({ held }) => held.size > 0 && [...held.keys()], undefined));
  assert.deepEqual(inherited, ["web/http"]);
});

test("what init was started with for holding is handed on under its name, from a number out of the way of plans", async (t) => {
  const under = ["sh", "-c", 'exec 9</dev/null; exec "$@"', "sh"];
  const tree = await initTree(track(t), { under, options: ["--hold", "lock=9"] });
  const [name, fd] = (await tree.remote(({ held }) => [...held][0], undefined)) ?? [];
  assert.equal(name, "lock");
  assert.ok((fd ?? 0) >= 128, String(fd));
  assert.equal(readlinkSync(`/proc/${await tree.supervisor()}/fd/${fd}`), "/dev/null");
  const refused = await run(initProgram(), ["--hold", "lock=77", "--", "/bin/true"]);
  assert.equal(refused.code, 64);
  assert.match(refused.stderr, /^daemonitor-init: a name and an open descriptor above 2 are needed, not lock=77; usage/);
});

test("signals to init are passed on, those too that come while there is no supervisor", async (t) => {
  const tree = await initTree(track(t), { delay: "300:300:60000" });
  const victim = await tree.supervisor();
  process.kill(victim, "SIGKILL");
  await until("its end", () => !isAlive(victim));
  process.kill(tree.pid, "SIGTERM");
  process.kill(tree.pid, "SIGUSR2");
  const signals = await until("the signals", async () => {
    const list = await tree.remote(({ events }) => events as { kind: string; signal: number; pid: number }[], undefined);
    return list.length >= 2 && list.filter(({ kind }) => kind === "signal");
  });
  assert.deepEqual(signals.map(({ signal, pid }) => [signal, pid]).sort(), [
    [12, process.pid],
    [15, process.pid],
  ]);
});

test("a supervisor that reads nothing holds up no sender: what finds no room is dropped and counted", { timeout: 60_000 }, async (t) => {
  const tree = await initTree(track(t));
  const { address, steady } = await holdSockets(tree);
  const victim = await tree.supervisor();
  process.kill(victim, "SIGSTOP");
  for (let number = 0; number < 20_000; number++) native().sendDatagram(address, Buffer.from(`STATUS=${number}`), []);
  process.kill(steady[0]?.pid ?? 0, "SIGKILL");
  process.kill(victim, "SIGCONT");
  const told = () => tree.remote(({ events }) => events as { kind: string; data: string }[], undefined);
  const { notifyDropped } = await until("everything to be counted", async () => {
    const statistics = await tree.remote(({ client }) => client.statistics(), undefined);
    return (await told()).filter(({ kind }) => kind === "notify").length + statistics.notifyDropped === 20_000 && statistics;
  });
  const numbers = (await told()).filter(({ kind }) => kind === "notify").map(({ data }) => Number(data.slice(7)));
  assert.ok(notifyDropped > 0 && numbers.length > 1000, `${numbers.length} arrived`);
  assert.deepEqual(
    numbers,
    [...numbers].sort((a, b) => a - b),
  );
  assert.ok(
    (await told()).some(({ kind }) => kind === "exited"),
    "the exit was not told",
  );
});

test("a supervisor that can't be executed is one line and status 127", async (t) => {
  track(t);
  const missing = await run(initProgram(), ["--", "/nonexistent/supervisor"]);
  assert.equal(missing.code, 127);
  assert.equal(missing.stderr, "daemonitor-init: can't start /nonexistent/supervisor: No such file or directory\n");
  const usage = await run(initProgram(), []);
  assert.equal(usage.code, 64);
  assert.match(usage.stderr, /^daemonitor-init: the supervisor's command is missing; usage: .*\n$/);
});

/** A listening socket and a notify socket, bound by the supervisor, and three processes that stay. */
function holdSockets(tree: InitTree) {
  return tree.remote(
    async ({ client, steps, native, require }, { mark, path }) => {
      const server = require("node:net").createServer() as ReturnType<typeof import("node:net").createServer> & { _handle: { fd: number } };
      await new Promise<void>((resolve) => server.listen(path, resolve));
      await client.hold("api", server._handle.fd);
      const { fd, address } = native.notifySocket();
      await client.hold("notify", fd, { notify: true });
      require("node:fs").closeSync(fd);
      const plan = [steps.fork(), steps.setsid(), steps.signalMask([]), steps.exec("/bin/sleep", ["sleep", "1000"], [mark])];
      return { address, path, steady: await Promise.all(["a", "b", "c"].map((key) => client.spawn({ key, plan }))) };
    },
    { mark: tree.mark, path: join(tree.dir, "held") },
  );
}

async function collect(tree: InitTree, seen: { exits: Map<number, number>; datagrams: Map<string, number> }): Promise<void> {
  const events = await tree.remote(({ events }) => events.splice(0) as Told[], undefined);
  for (const event of events) {
    if (event.kind === "exited") {
      assert.ok(!seen.exits.has(event.serial), `exit ${event.serial} is told a second time, after it was acknowledged`);
      seen.exits.set(event.serial, event.exit?.status ?? -1);
      await tree.remote(({ client }, serial) => client.acknowledgeExit(serial), event.serial);
    }
    if (event.kind === "notify") {
      assert.ok(!seen.datagrams.has(event.data), `${event.data} came twice`);
      seen.datagrams.set(event.data, event.sequence);
    }
  }
  const last = Math.max(0, ...events.map((event) => (event.kind === "exited" ? 0 : event.sequence)));
  if (last > 0) await tree.remote(({ client }, sequence) => client.acknowledgeEvents(sequence), last);
}

type Told = ({ readonly kind: "exited" } & ProcessRecord) | { readonly kind: "notify"; readonly data: string; readonly sequence: number };

/** The connection waits in the socket's queue while there is no supervisor. */
function connects(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path, () => {
      socket.destroy();
      resolve();
    });
    socket.on("error", reject);
  });
}
