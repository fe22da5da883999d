import assert from "node:assert/strict";
import { once } from "node:events";
import { createConnection, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { native } from "../../src/native/addon.ts";
import { FrameSplitter } from "../../src/supervisor/init/frames.ts";
import { InitClient } from "../../src/supervisor/init/initClient.ts";
import { InitError } from "../../src/supervisor/init/initError.ts";
import { ANSWER, EVENT, REQUEST } from "../../src/supervisor/init/protocol.ts";
import { type Frame, FrameWriter } from "../../src/supervisor/init/wire.ts";
import { track } from "../support/cleanup.ts";
import { isAlive } from "../support/process.ts";
import { until } from "../support/wait.ts";
import { initTree } from "./initTree.ts";

test("an init that knows more says more, and is understood", async (t) => {
  const { fd, other } = await connection(t);
  other.write(helloFrame(2, (writer) => writer.u64(1).text("something new")));
  const client = await InitClient.open(fd);
  assert.equal(client.hello.version, 2);
  assert.equal(client.hello.pid, 4711);
  client.close();
});

test("an init that knows less answers that it doesn't, and the connection goes on", async (t) => {
  const { fd, other } = await connection(t);
  answerWith(other, ({ type, id }) =>
    new FrameWriter()
      .u32(type === REQUEST.statistics ? 95 : 0)
      .u32(0xffffffff)
      .finish(type | ANSWER, id),
  );
  other.write(helloFrame(1));
  const client = await InitClient.open(fd);
  await client.start();
  await assert.rejects(client.statistics(), (error) => error instanceof InitError && error.code === "ERR_INIT_UNSUPPORTED");
  await client.acknowledgeEvents(1);
  client.close();
});

test("what init refuses is a DaemonError with errno's name, what it doesn't answer an InitError", async (t) => {
  const { fd, other } = await connection(t);
  answerWith(other, ({ type, id }) =>
    type === REQUEST.release
      ? new FrameWriter()
          .u32(2)
          .u32(0xffffffff)
          .finish(type | ANSWER, id)
      : undefined,
  );
  other.write(helloFrame(1));
  const client = await InitClient.open(fd, { timeout: 200 });
  await assert.rejects(client.release("api"), { code: "ENOENT", message: "init release api: No such file or directory (ENOENT)" });
  await assert.rejects(client.statistics(), { code: "ERR_INIT_TIMEOUT", message: "init statistics: init did not answer in time (200 ms)" });
  client.close();
});

test("an init that goes away fails what waits, and is told of once", async (t) => {
  const { fd, other } = await connection(t);
  other.write(helloFrame(1));
  const client = await InitClient.open(fd);
  let closed = 0;
  client.on("closed", () => closed++);
  const waits = assert.rejects(client.statistics(), { code: "ERR_INIT_GONE" });
  other.destroy();
  await waits;
  await assert.rejects(client.statistics(), { code: "ERR_INIT_GONE" });
  client.close();
  assert.equal(closed, 1);
});

test("an init that sends no frames, or nothing, is an error", async (t) => {
  const garbage = await connection(t);
  garbage.other.write("HTTP/1.1 400 Bad Request\r\n\r\n");
  await assert.rejects(InitClient.open(garbage.fd), { code: "ERR_INIT_PROTOCOL" });
  const silent = await connection(t);
  await assert.rejects(InitClient.open(silent.fd, { timeout: 100 }), { code: "ERR_INIT_TIMEOUT" });
});

test("a descriptor that is not open fails its own request and no other", async (t) => {
  const tree = await initTree(track(t));
  const result = await tree.remote(
    async ({ client }) => [
      await client.hold("x", 99_999).then(
        () => "held",
        ({ code }) => code,
      ),
      (await client.statistics()).held,
    ],
    undefined,
  );
  assert.deepEqual(result, ["EBADF", 0]);
});

test("a supervisor that sends garbage is ended and started again; what runs goes on", async (t) => {
  const tree = await initTree(track(t));
  const { pid } = await tree.remote(
    ({ client, steps }, mark) =>
      client.spawn({ key: "x", plan: [steps.fork(), steps.setsid(), steps.exec("/bin/sleep", ["sleep", "1000"], [mark])] }),
    tree.mark,
  );
  for (const garbage of [
    "garbage, and a lot of it: no frame begins like this",
    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
  ]) {
    const victim = await tree.supervisor();
    await tree.remote(({ native, fd }, bytes) => void setImmediate(() => native.sendRights(fd, Buffer.from(bytes, "latin1"), [])), garbage);
    await until("its end", () => !isAlive(victim));
    await until("another supervisor", async () => (await tree.supervisor()) !== victim);
  }
  assert.match(tree.errors(), /^(daemonitor-init: ending the supervisor, process \d+: it sent what is no frame\n){2}$/);
  assert.ok(isAlive(pid));
  assert.equal((await tree.remote(({ client }) => client.list(), undefined))[0]?.pid, pid);
});

test("10,000 requests at once are all answered, in pages where there is much to say", { timeout: 60_000 }, async (t) => {
  const tree = await initTree(track(t));
  const counts = await tree.remote(async ({ client, steps, native }, mark) => {
    const plan = [steps.fork(), steps.exec("/bin/true", ["true"], [mark])];
    const key = "k".repeat(100);
    await Promise.all(Array.from({ length: 600 }, () => client.spawn({ key, plan })));
    const [end] = native.pipe();
    await Promise.all(Array.from({ length: 400 }, (_, index) => client.hold(`${"n".repeat(100)}${index}`, end)));
    await Promise.all(Array.from({ length: 10_000 }, () => client.statistics()));
    return [(await client.list()).length, (await client.listHeld()).length];
  }, tree.mark);
  assert.deepEqual(counts, [600, 400]);
});

/** A stream whose other end plays init. */
async function connection(t: TestContext): Promise<{ fd: number; other: Socket }> {
  const tracked = track(t);
  const path = join(tracked.dir(), "init");
  const server = createServer().listen(path);
  await once(server, "listening");
  const near = createConnection(path);
  const [[other]] = (await Promise.all([once(server, "connection"), once(near, "connect")])) as [[Socket], unknown];
  other.on("error", () => {});
  server.close();
  const { fd } = (near as unknown as { _handle: { fd: number } })._handle;
  const copy = native().duplicate(fd, 3);
  near.destroy();
  tracked.defer(() => other.destroy());
  return { fd: copy, other };
}

function answerWith(other: Socket, answer: (frame: Frame) => Uint8Array | undefined): void {
  const splitter = new FrameSplitter();
  other.on("data", (chunk) => {
    for (const frame of splitter.push(chunk)) {
      const bytes = answer(frame);
      if (bytes !== undefined) other.write(bytes);
    }
  });
}

function helloFrame(version: number, more: (writer: FrameWriter) => unknown = () => {}): Uint8Array {
  const writer = new FrameWriter()
    .u32(version)
    .u32(4 << 20)
    .u64(1)
    .u64(99)
    .u32(4711)
    .u32(64)
    .u32(64)
    .u32(0)
    .u32(0)
    .u32(0)
    .u64(1024)
    .u64(4096);
  more(writer);
  return writer.finish(EVENT.hello, 0);
}
