import assert from "node:assert/strict";
import { test } from "node:test";
import { LARGEST_BODY } from "../../src/api/requestBody.ts";
import { until } from "../support/wait.ts";
import { ask, rawConnection, served } from "./apiFixture.ts";

const QUICK = { arrival: 400 };

test("a body of a gigabyte is refused without being kept", async (t) => {
  const { raw, client, control } = await served(t);
  const chunk = Buffer.alloc(1024 * 1024, " ");
  for (const head of ["Transfer-Encoding: chunked", `Content-Length: ${1024 ** 3}`]) {
    const before = process.memoryUsage();
    const connection = raw();
    connection.write(`POST /v1/apply HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n`);
    let peak = 0;
    for (let sent = 0; sent < 1024 && !connection.isClosed; sent++) {
      const isChunked = head.startsWith("T");
      if (isChunked) connection.socket.write("100000\r\n");
      if (!connection.socket.write(chunk))
        await Promise.race([new Promise((resolve) => connection.socket.once("drain", resolve)), connection.closed()]);
      if (isChunked) connection.socket.write("\r\n");
      peak = Math.max(peak, process.memoryUsage().arrayBuffers - before.arrayBuffers);
    }
    assert.match((await connection.closed()).received, /^HTTP\/1\.1 413 /);
    // What was read and thrown away is counted until the next collection.
    assert.ok(peak < 8 * LARGEST_BODY, `${peak}`);
  }
  assert.deepEqual(control.requests, []);
  assert.ok((await client.list()).length > 0);
});

test("a body that is a little too large is answered with why, and one that just fits is read", async (t) => {
  const { socket, client, specs } = await served(t);
  const large = await ask(socket, "POST", "/v1/apply", { body: Buffer.alloc(LARGEST_BODY + 1, " ") });
  assert.equal(large.status, 413);
  assert.match(large.text, /"code":"ERR_TOO_LARGE","message":"the body has more than 16 MiB","hint":"send fewer services at once"/);
  const services = [{ ...specs.db, env: { BIG: "x".repeat(LARGEST_BODY) } }];
  await assert.rejects(client.apply({ services }), { code: "ERR_TOO_LARGE", exitCode: 64 });
  const fitting = [{ ...specs.db, env: { BIG: "x".repeat(LARGEST_BODY - 10_000) } }];
  assert.deepEqual((await client.apply({ services: fitting, wait: 0 })).plan.changed[0]?.keys, ["env.BIG"]);
});

for (const [what, text] of [
  ["garbage", "\u0000\u0001\u0002 not HTTP at all\r\n\r\n"],
  ["TLS", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001"],
  ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["no host", "GET /v1 HTTP/1.1\r\n\r\n"],
  ["two lengths", "POST /v1/apply HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}"],
  ["length and chunks", "POST /v1/apply HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["a negative length", "POST /v1/apply HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"],
  ["a folded header", "GET /v1 HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n"],
  ["a bad size of a chunk", "POST /v1/apply HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n"],
  ["a head without end", `GET /v1 HTTP/1.1\r\nHost: x\r\nA: ${"a".repeat(100_000)}`],
  ["a path without end", `GET /v1/services/${"a".repeat(100_000)}`],
] as const) {
  test(`${what}: an error in JSON, or the end of the connection; the next one is served`, async (t) => {
    const { raw, client, mistakes } = await served(t, { limits: QUICK });
    const connection = raw();
    connection.socket.write(text, "latin1");
    const { received } = await connection.closed();
    if (received !== "") assert.match(received, /^HTTP\/1\.1 4\d\d [\s\S]*\r\n\r\n(\{"error":\{"code":"ERR_.*\}\}\n)?$/);
    assert.ok((await client.list()).length > 0);
    assert.deepEqual(mistakes, []);
  });
}

for (const [what, text] of [
  ["nothing", ""],
  ["half a head", "GET /v1 HTTP/1.1\r\nHo"],
  ["half a body", 'POST /v1/services/web/stop HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"fo'],
  ["chunks without end", "POST /v1/services/web/stop HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"],
] as const) {
  test(`${what}: the connection doesn't stay for ever`, async (t) => {
    const { raw, control, client } = await served(t, { limits: QUICK });
    const connection = raw();
    if (text !== "") connection.write(text);
    const { received } = await connection.closed();
    if (received !== "") assert.match(received, /^HTTP\/1\.1 408 [\s\S]*"ERR_SLOW_REQUEST"/);
    assert.deepEqual(control.requests, []);
    assert.ok((await client.list()).length > 0);
  });
}

test("a request that comes byte by byte is served, and half a request that is dropped does nothing", async (t) => {
  const { raw, control } = await served(t);
  const slow = raw();
  for (const byte of 'POST /v1/services/web/stop HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 14\r\n\r\n{"force":true}') {
    slow.write(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.match((await slow.closed()).received, /^HTTP\/1\.1 200 /);
  const dropped = raw();
  dropped.write('POST /v1/services/web/start HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"wait":0');
  dropped.socket.end();
  await dropped.closed();
  assert.equal(control.requests.length, 1);
});

test("an answer may take longer than a request", async (t) => {
  const { client, control } = await served(t, { limits: QUICK });
  control.before = () => new Promise((resolve) => setTimeout(resolve, 1500));
  assert.equal((await client.act({ action: "stop", selector: "web" })).instances.length, 1);
});

test("requests in one packet are answered in order on one connection", async (t) => {
  const { raw } = await served(t);
  const connection = raw();
  connection.write(
    "GET /v1/services/db HTTP/1.1\r\nHost: x\r\n\r\nGET /v1/nothing HTTP/1.1\r\nHost: x\r\n\r\nGET /v1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
  );
  const { received } = await connection.closed();
  assert.deepEqual(received.match(/HTTP\/1\.1 \d+/g), ["HTTP/1.1 200", "HTTP/1.1 404", "HTTP/1.1 200"]);
});

test("idle connections make room for others; those that work are left alone", async (t) => {
  const { socket, raw, client, control } = await served(t, { limits: { connections: 20, long: 10 } });
  let release = () => {};
  control.before = () =>
    new Promise((resolve) => {
      release = resolve;
    });
  const working = client.act({ action: "stop", selector: "web" });
  await until("the request", () => control.requests.length === 1);
  const idle = Array.from({ length: 100 }, raw);
  await until("most of them to be closed", () => idle.filter(({ isClosed }) => isClosed).length >= 81);
  assert.equal((await ask(socket, "GET", "/v1")).status, 200);
  release();
  assert.equal((await working).instances.length, 1);
});

test("many that follow or wait leave room for questions, and are told that they are too many", async (t) => {
  const { socket, raw, client } = await served(t, { limits: { connections: 20, long: 10 }, timeout: 300 });
  const followers = Array.from({ length: 10 }, raw);
  for (const follower of followers) follower.write("GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n");
  for (const follower of followers) await follower.has("id: 0");
  const refused = await ask(socket, "POST", "/v1/services/web/stop", { body: "{}" });
  assert.equal(refused.status, 503);
  assert.match(refused.text, /ERR_BUSY/);
  assert.equal((await client.list()).length, 2);
  await assert.rejects(client.act({ action: "stop", selector: "web" }), { code: "ERR_BUSY", exitCode: 75 });
  followers[0]?.socket.destroy();
  await until("its place to be free", async () => (await ask(socket, "POST", "/v1/services/web/stop", { body: "{}" })).status === 200);
});

test("where all connections work, one more is told so", async (t) => {
  const { raw, control, socket } = await served(t, { limits: { connections: 3, long: 3 } });
  control.before = () => new Promise(() => {});
  for (let index = 0; index < 3; index++) raw().write("POST /v1/services/web/stop HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
  await until("all to work", () => control.requests.length === 3);
  const connection = rawConnection(socket, () => undefined);
  assert.match((await connection.closed()).received, /^HTTP\/1\.1 503 [\s\S]*ERR_BUSY/);
});

test("closing lets answers go out, and cuts those who wait", async (t) => {
  const { stop, control, raw, client } = await served(t, { timeout: 200 });
  let release = () => {};
  control.before = ({ by }) => (by.endsWith("quick") ? new Promise((resolve) => (release = resolve)) : new Promise(() => {}));
  const quick = client.act({ action: "stop", selector: "web", by: "quick" });
  const idle = raw();
  const slow = client.act({ action: "stop", selector: "db", by: "slow" });
  slow.catch(() => undefined);
  await until("both", () => control.requests.length === 2);
  const closing = stop();
  release();
  assert.equal((await quick).instances.length, 1);
  await closing;
  await idle.closed();
  await assert.rejects(slow, { code: "ERR_NO_ANSWER" });
});
