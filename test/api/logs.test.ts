import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { ApiLogLine } from "../../src/api/logStream.ts";
import { LogFixture, numbered } from "../logs/readFixture.ts";
import { until } from "../support/wait.ts";
import { ask, type ServedOptions, served } from "./apiFixture.ts";

const T = Date.UTC(2026, 10, 22, 12);

/** A server whose "web/0" and "db/0" have real files. */
async function withLogs(t: Parameters<typeof served>[0], options: ServedOptions = {}) {
  const fixture = await served(t, options);
  const { control, folder } = fixture;
  const list = control.list.bind(control);
  control.list = (selector) =>
    list(selector).map((service) => ({
      ...service,
      instances: service.instances.map((instance) => ({ ...instance, log: join(folder, "log", `${instance.name}.log`) })),
    }));
  const of = (service: string) => new LogFixture(join(folder, "log"), { service });
  return { ...fixture, web: of("web"), db: of("db") };
}

function following(lines: AsyncIterable<ApiLogLine>) {
  const seen: string[] = [];
  const end = (async () => {
    for await (const { line } of lines) seen.push(line);
  })();
  end.catch(() => undefined);
  return { seen, end };
}

async function texts(lines: AsyncIterable<ApiLogLine>): Promise<string[]> {
  const all: string[] = [];
  for await (const { line } of lines) all.push(line);
  return all;
}

function lines(from: number, to: number): string[] {
  return numbered(from, to).trimEnd().split("\n");
}

test("lines as JSON, text and through the client", async (t) => {
  const { socket, client, web, db } = await withLogs(t);
  web.archive(T, numbered(1, 150), "zst");
  web.append(numbered(151, 200));
  web.index(web.current, [[T + 1000, 0]]);
  db.append("ready\n");
  db.index(db.current, [[T + 5000, 0]]);
  const json = await ask(socket, "GET", "/v1/services/all/logs?lines=2");
  assert.equal(json.headers["content-type"], "application/x-ndjson");
  assert.deepEqual(
    json.text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
    [
      { instance: "web/0", stream: "stdout", time: T + 1000, line: "line 199" },
      { instance: "web/0", stream: "stdout", time: T + 1000, line: "line 200" },
      { instance: "db/0", stream: "stdout", time: T + 5000, line: "ready" },
    ],
  );
  const text = await ask(socket, "GET", "/v1/services/web/logs?format=text&lines=all");
  assert.equal(text.text, numbered(1, 200));
  assert.deepEqual(await texts(client.logs("web")), lines(101, 200));
  assert.deepEqual(await texts(client.logs("web", { since: T + 1 })), lines(151, 200));
  assert.deepEqual(await texts(client.logs("web", { until: T + 1, lines: 1 })), ["line 150"]);
  assert.deepEqual(await texts(client.logs("web", { grep: "line 20" })), ["line 20", "line 200"]);
  // No regular expression: one could keep the supervisor busy for ever.
  assert.deepEqual(await texts(client.logs("web", { grep: "line .*" })), []);
});

test("mistakes are told", async (t) => {
  const { socket, client } = await withLogs(t);
  for (const [query, message] of [
    ["lines=x", /lines is "x"/],
    ["lines=100000", /lines is "100000"/],
    ["since=foo", /since: "foo" is not a time/],
    ["level=loud", /level is "loud"/],
    ["after=17", /after is no position/],
    ["follow=1&until=now", /contradict/],
    ["line=1", /did you mean lines\?/],
  ] as const) {
    const answer = await ask(socket, "GET", `/v1/services/web/logs?${query}`);
    assert.equal(answer.status, 400, query);
    const { error } = answer.json() as { error: { message: string; hint: string } };
    assert.match(`${error.message}: ${error.hint}`, message);
  }
  await assert.rejects(texts(client.logs("nope")), { code: "ERR_NO_SUCH_SERVICE" });
});

test("following goes on over rotation and over restarts of the supervisor, each line once", async (t) => {
  const { client, web, start, stop } = await withLogs(t);
  web.append(numbered(1, 20));
  const all = following(client.logs("web", { follow: true, lines: 5 }));
  await until("the last five", () => all.seen.length === 5);
  web.append(numbered(21, 30));
  await until("ten more", () => all.seen.length === 15);
  const old = web.rotate(T, numbered(31, 40));
  await until("over rotation", () => all.seen.length === 25);
  await stop();
  web.append(numbered(41, 45));
  web.rotate(T + 1000, numbered(46, 50));
  web.pack(old, numbered(1, 30));
  await start();
  await until("over a restart", () => all.seen.length === 35, { timeout: 60_000 });
  web.append(numbered(51, 60));
  await until("the rest", () => all.seen.length === 45);
  assert.deepEqual(all.seen, lines(16, 60));
  client.close();
  await all.end;
});

test("a browser's way: Last-Event-ID is a position", async (t) => {
  const { raw, web } = await withLogs(t);
  web.append(numbered(1, 3));
  const first = raw();
  first.write("GET /v1/services/web/logs?follow=1&lines=0 HTTP/1.1\r\nHost: x\r\n\r\n");
  await first.has(/id: web/);
  web.append(numbered(4, 6));
  const seen = await first.has("line 6");
  assert.doesNotMatch(seen, /line 3/);
  const [, id] = /id: (\S+)\nevent: line\ndata: [^\n]*line 4"/.exec(seen) ?? [];
  const second = raw();
  second.write(`GET /v1/services/web/logs?follow=1&lines=0 HTTP/1.1\r\nHost: x\r\nLast-Event-ID: ${id}\r\n\r\n`);
  const rest = await second.has("line 6");
  assert.deepEqual(rest.match(/line \d+"/g), ['line 5"', 'line 6"']);
});

test("a line of megabytes comes in pieces", async (t) => {
  const { client, web } = await withLogs(t);
  const long = "x".repeat(1_000_000);
  web.append(`${long}\nnext\n`);
  let text = "";
  let pieces = 0;
  for await (const { line, partial } of client.logs("web", { lines: "all" })) {
    text += partial === true ? line : `${line}\n`;
    pieces += 1;
  }
  assert.equal(text, `${long}\nnext\n`);
  assert.ok(pieces > 2);
  const all = following(client.logs("web", { follow: true, lines: 0 }));
  await until("the followed line", () => {
    if (all.seen.length === 0) web.append(`${long}\n`);
    return all.seen.length > 5;
  });
});

test("a reader that doesn't read costs no memory, others are served, and it is cut off", async (t) => {
  const { raw, socket, web, client } = await withLogs(t, { limits: { stall: 3000 } });
  const block = numbered(1, 10_000, "a line that is somewhat longer than others, number");
  for (let index = 0; index < 100; index++) web.append(block);
  const readers = ["lines=all&format=text", "follow=1&lines=all", "lines=all"].map((query) => {
    const reader = raw();
    reader.write(`GET /v1/services/web/logs?${query} HTTP/1.1\r\nHost: x\r\n\r\n`);
    return reader;
  });
  for (const reader of readers) {
    await reader.has("number 1");
    reader.socket.pause();
  }
  const before = process.memoryUsage();
  for (let index = 0; index < 20; index++) {
    web.append(block);
    assert.equal((await ask(socket, "GET", "/v1/services")).status, 200);
  }
  const grown = process.memoryUsage();
  // 60 MB were there, and 12 MB came.
  assert.ok(grown.arrayBuffers - before.arrayBuffers < 20_000_000, `${before.arrayBuffers} to ${grown.arrayBuffers}`);
  assert.ok(grown.rss - before.rss < 60_000_000, `${before.rss} to ${grown.rss}`);
  assert.ok((await client.list()).length > 0);
  for (const reader of readers) reader.socket.resume();
  await Promise.all([readers[0]?.closed(), readers[2]?.closed()]);
});
