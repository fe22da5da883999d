import assert from "node:assert/strict";
import { closeSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { Client } from "../../src/api/client.ts";
import { native } from "../../src/native/addon.ts";
import { track } from "../support/cleanup.ts";
import { until } from "../support/wait.ts";
import { served } from "./apiFixture.ts";

/** Writes an answer, and cuts the connection as the death of the supervisor does, or not. */
type Answer = (text: string, write: (text: string) => void) => "cut" | "keep";

/** A supervisor by hand: each connection is answered by the next of `answers`, the last one again and again. */
async function byHand(t: Parameters<typeof track>[0], ...answers: readonly Answer[]) {
  const { dir, defer } = track(t);
  const socket = join(dir(), "s");
  const requests: string[] = [];
  const server = createServer((connection) => {
    let text = "";
    connection.on("error", () => undefined);
    connection.on("data", (bytes) => {
      text += bytes;
      if (!/\r\n\r\n({.*}|$)/s.test(text)) return;
      const answer = answers[Math.min(requests.length, answers.length - 1)];
      requests.push(text);
      if (answer?.(text, (out) => connection.write(out)) === "cut") connection.destroy();
    });
    defer(() => connection.destroy());
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  defer(() => server.close());
  const client = new Client({ socket, timeout: 5000 });
  defer(() => client.close());
  return { client, requests, socket };
}

const cut: Answer = () => "cut";
const takenThenCut: Answer = (_, write) => {
  write("HTTP/1.1 102 Processing\r\n\r\n");
  return "cut";
};
const whole: Answer = (_, write) => {
  write('HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{"instances":[]}');
  return "keep";
};
const half: Answer = (_, write) => {
  write('HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{"insta');
  return "cut";
};

test("commands wait for a supervisor that is being started again", async (t) => {
  const { client, control, socket, start } = await served(t, { serving: false });
  const asked = [
    client.list(),
    client.act({ action: "stop", selector: "web" }),
    client.act({ action: "signal", selector: "db", signalName: "HUP" }),
  ];
  let settled = false;
  Promise.race(asked).then(() => {
    settled = true;
  });
  await until("the connections to be there", () => waitingConnections() >= 3);
  assert.equal(settled, false);
  await start();
  await Promise.all(asked);
  assert.equal(control.requests.length, 2);

  /** The listener has a line in the table, and so has each connection that it hasn't accepted. */
  function waitingConnections(): number {
    return (
      readFileSync("/proc/self/net/unix", "utf8")
        .split("\n")
        .filter((line) => line.endsWith(` ${socket}`)).length - 1
    );
  }
});

for (const [action, request] of Object.entries({
  start: { action: "start", selector: "web" },
  stop: { action: "stop", selector: "web" },
  delete: { action: "delete", selector: "web" },
  scale: { action: "scale", selector: "web", instances: 2 },
  restart: { action: "restart", selector: "web" },
  reload: { action: "reload", selector: "web" },
} as const)) {
  test(`${action} is sent again when the supervisor died before its answer was complete`, async (t) => {
    const { client, requests } = await byHand(t, cut, takenThenCut, half, whole);
    assert.deepEqual(await client.act(request), { instances: [] });
    assert.equal(requests.length, 4);
    assert.equal(new Set(requests).size, 1);
  });
}

test("a signal is sent again only if the supervisor had not taken it", async (t) => {
  const untaken = await byHand(t, cut, cut, whole);
  const signal = { action: "signal", selector: "web", signalName: "HUP" } as const;
  assert.deepEqual(await untaken.client.act(signal), { instances: [] });
  assert.equal(untaken.requests.length, 3);
  const taken = await byHand(t, takenThenCut, whole);
  await assert.rejects(taken.client.act(signal), {
    code: "ERR_UNCERTAIN",
    exitCode: 75,
    message: /nobody knows whether the signal was sent/,
  });
  assert.equal(taken.requests.length, 1);
});

test("the real server says that it took a request before it does anything", async (t) => {
  const { raw, control } = await served(t);
  control.before = () => new Promise(() => {});
  const connection = raw();
  connection.write("POST /v1/services/web/signal HTTP/1.1\r\nHost: x\r\nPrefer: processing\r\nContent-Length: 20\r\n\r\n");
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(connection.received, "");
  connection.write('{"signalName":"HUP"}');
  await connection.has("HTTP/1.1 102 Processing\r\n\r\n");
  await until("the request", () => control.requests.length === 1);
});

test("a supervisor that is cut again and again is given up", async (t) => {
  const { dir, defer } = track(t);
  const socket = join(dir(), "s");
  const server = createServer((connection) => connection.destroy());
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  defer(() => server.close());
  const client = new Client({ socket, timeout: 300 });
  await assert.rejects(client.list(), { code: "ERR_NO_ANSWER", exitCode: 75 });
});

test("one that takes connections but never answers is given up, but not while it works", async (t) => {
  const { client, control } = await served(t, { serving: false, timeout: 200 });
  await assert.rejects(client.list(), { code: "ERR_NO_ANSWER", exitCode: 75, message: /no answer for 0.2 s/ });
  assert.equal(control.requests.length, 0);
  const working = await served(t, { timeout: 200 });
  working.control.before = () => new Promise((resolve) => setTimeout(resolve, 1000));
  assert.equal((await working.client.act({ action: "stop", selector: "web" })).instances.length, 1);
});

test("where nobody listens, it says so at once", async (t) => {
  const { dir } = track(t);
  const folder = dir();
  await assert.rejects(new Client({ socket: join(folder, "none") }).list(), {
    ...{ code: "ERR_NO_SUPERVISOR", step: "supervisor", subject: join(folder, "none"), exitCode: 69 },
    message: /no supervisor runs; start a service first/,
  });
  const dead = join(folder, "dead");
  closeSync(native().listenUnix(dead, 0o600, 1));
  await assert.rejects(new Client({ socket: dead }).about(), { code: "ERR_NO_SUPERVISOR" });
  await assert.rejects(new Client({ socket: folder }).about(), { code: "ERR_NO_SUPERVISOR" });
  await assert.rejects(new Client({ socket: join(folder, "x".repeat(200)) }).about(), { name: "DaemonError" });
});

test("more commands than the kernel lets wait find their place", async (t) => {
  const { dir, defer } = track(t);
  const socket = join(dir(), "s");
  const listener = native().listenUnix(socket, 0o600, 1);
  defer(() => closeSync(listener));
  const clients = Array.from({ length: 20 }, () => new Client({ socket, timeout: 20_000 }));
  const answers = Promise.all(clients.map((client) => client.metrics()));
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    connection.on("error", () => undefined);
    connection.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  setImmediate(() => server.listen({ fd: native().duplicate(listener, 3), backlog: 1 }));
  defer(() => server.close());
  assert.deepEqual(new Set(await answers), new Set(["ok"]));
});

test("shutdown is done when the tree is gone before its answer came", async (t) => {
  const { dir, defer } = track(t);
  const socket = join(dir(), "s");
  const server = createServer((connection) => {
    connection.once("data", () => {
      server.close();
      connection.write("HTTP/1.1 102 Processing\r\n\r\n", () => connection.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  defer(() => server.close());
  assert.deepEqual(await new Client({ socket }).shutdown(), { instances: [] });
  await assert.rejects(new Client({ socket }).shutdown(), { code: "ERR_NO_SUPERVISOR" });
});

test("what answers but is no supervisor is no supervisor", async (t) => {
  for (const answer of ["SSH-2.0-x\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"]) {
    const { client } = await byHand(t, (_, write) => {
      write(answer);
      return "keep";
    });
    await assert.rejects(client.list(), { code: "ERR_PROTOCOL", exitCode: 70 });
  }
});
