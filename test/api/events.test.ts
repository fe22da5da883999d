import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "../../src/api/client.ts";
import type { SupervisorEvent } from "../../src/supervisor/control.ts";
import type { EventLog } from "../../src/supervisor/eventLog.ts";
import { track } from "../support/cleanup.ts";
import { until } from "../support/wait.ts";
import { ask, served } from "./apiFixture.ts";

function happen(events: EventLog, count: number, size = 0): void {
  for (let index = 0; index < count; index++) events.append({ type: "problem", subject: "disk", message: "x".repeat(size) });
}

/** Reads in the background. */
function following(client: Client, options: Parameters<Client["events"]>[0]) {
  const seen: SupervisorEvent[] = [];
  const end = (async () => {
    for await (const event of client.events(options)) seen.push(event);
  })();
  end.catch(() => undefined);
  return { seen, end, numbers: () => seen.map(({ seq }) => seq) };
}

function upTo(last: number, first = 1): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

test("without following, events end with the latest", async (t) => {
  const { client, events } = await served(t);
  happen(events, 2500);
  const all = following(client, { follow: false });
  await all.end;
  assert.deepEqual(all.numbers(), upTo(2500));
  const rest = following(client, { after: 2498, follow: false });
  await rest.end;
  assert.deepEqual(rest.seen, events.after(2498));
  const none = following(client, { after: 2500, follow: false });
  await none.end;
  assert.deepEqual(none.seen, []);
});

test("following begins with what comes, or after a number, and ends by its signal", async (t) => {
  const { client, events } = await served(t);
  happen(events, 3);
  const ending = new AbortController();
  const all = following(client, { after: 1, signal: ending.signal });
  await until("the kept ones", () => all.seen.length === 2);
  const fresh = following(client, {});
  await until("only the new ones", () => {
    happen(events, 1);
    return fresh.seen.length > 0;
  });
  assert.ok((fresh.seen[0]?.seq ?? 0) > 3);
  ending.abort();
  await all.end;
  client.close();
  await fresh.end;
});

test("a follower goes on over restarts of the supervisor, without a gap and without a repeat", async (t) => {
  const { client, events, start, stop } = await served(t);
  const all = following(client, { after: 0 });
  for (let round = 0; round < 5; round++) {
    happen(events, 50);
    if (round % 2 === 0) await until("some of them", () => all.seen.length > round * 50);
    await stop();
    happen(events, 50);
    await start();
  }
  await until("all of them", () => all.seen.length >= 500);
  assert.deepEqual(all.numbers(), upTo(500));
  events.append({ type: "supervisor", what: "stopping", detail: "" });
  await until("the last one", () => all.seen.length === 501);
});

test("a follower that saw no event yet misses none that comes during a restart", async (t) => {
  const { client, events, start, stop, control } = await served(t);
  happen(events, 7);
  const subscribed = new Promise<void>((resolve) => {
    const { subscribe } = events;
    events.subscribe = (listener) => {
      resolve();
      return subscribe.call(events, listener);
    };
  });
  const fresh = following(client, {});
  await subscribed;
  assert.ok(control.events.latest === 7);
  // The first bytes are on their way by now: the answer says where the reader is.
  await until("the connection to be used", async () => (await client.about()).pid > 0);
  await stop();
  happen(events, 2);
  await start();
  await until("what came meanwhile", () => fresh.seen.length >= 2);
  assert.deepEqual(fresh.numbers(), [8, 9]);
});

test("a log that began anew is read from its beginning", async (t) => {
  const { client, events } = await served(t);
  happen(events, 3);
  const all = following(client, { after: 5000, follow: false });
  await all.end;
  assert.deepEqual(all.numbers(), [1, 2, 3]);
});

test("a browser's way: Last-Event-ID comes before the query", async (t) => {
  const { socket, events } = await served(t);
  happen(events, 5);
  const { text, headers } = await ask(socket, "GET", "/v1/events?after=1&follow=0", { headers: { "Last-Event-ID": "3" } });
  assert.equal(headers["content-type"], "text/event-stream; charset=utf-8");
  assert.deepEqual(text.match(/^id: \d+$/gm), ["id: 3", "id: 4", "id: 5"]);
  assert.match(text, /^id: 4\nevent: problem\ndata: \{"seq":4,"at":\d+,"type":"problem"/m);
  const strange = await ask(socket, "GET", "/v1/events?after=4&follow=0", { headers: { "Last-Event-ID": "null" } });
  assert.deepEqual(strange.text.match(/^id: \d+$/gm), ["id: 4", "id: 5"]);
});

test("where nothing happens there are signs of life", async (t) => {
  const { raw } = await served(t, { limits: { heartbeat: 20 } });
  const reader = raw();
  reader.write("GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n");
  await reader.has(/(:\n\n\r\n[\s\S]*){3}/);
});

test("a reader that doesn't read costs no memory, is cut off, and can come back", async (t) => {
  const { raw, events, client, socket } = await served(t, { limits: { stall: 300 } });
  const subscribe = events.subscribe;
  let subscriptions = 0;
  events.subscribe = (listener) => {
    subscriptions += 1;
    const end = subscribe.call(events, listener);
    return () => {
      subscriptions -= 1;
      end();
    };
  };
  const reader = raw();
  reader.write("GET /v1/events?after=0 HTTP/1.1\r\nHost: x\r\n\r\n");
  await reader.has("id: 0");
  assert.equal(subscriptions, 1);
  reader.socket.pause();
  const before = process.memoryUsage();
  for (let round = 0; round < 100; round++) {
    happen(events, 100, 1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const grown = process.memoryUsage();
  // Ten megabytes happened; the log in memory keeps the latest 2,000 to 2,500 of them.
  assert.ok(grown.arrayBuffers - before.arrayBuffers < 6_000_000, `${before.arrayBuffers} to ${grown.arrayBuffers}`);
  await until("the end of the subscription", () => subscriptions === 0);
  reader.socket.resume();
  const { received } = await reader.closed();
  const ids = [...received.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  const last = ids.at(-1) ?? 0;
  assert.ok(last < 10_000 && last > 0);
  if (received.includes("event: overflow"))
    assert.match(received, new RegExp(`id: ${last}\nevent: overflow\ndata: {"after":${last},"latest":\\d+}`));
  const { text } = await ask(socket, "GET", `/v1/events?after=9990&follow=0`);
  assert.equal(text.match(/^data/gm)?.length, 10);
  assert.ok((await client.list()).length > 0);
});

test("a reader that is slow, but reads, gets all that is kept, or is told", async (t) => {
  const { raw, events } = await served(t);
  const reader = raw();
  happen(events, 1);
  reader.write("GET /v1/events?after=0 HTTP/1.1\r\nHost: x\r\n\r\n");
  await reader.has("event: problem");
  reader.socket.pause();
  happen(events, 20_000, 500);
  reader.socket.resume();
  const text = await reader.has("event: overflow");
  const ids = [...text.matchAll(/^id: (\d+)\nevent: problem$/gm)].map(([, id]) => Number(id));
  assert.deepEqual(ids, upTo(ids.length));
  await reader.closed();
});

test("our own client comes back by itself after it was cut off", async (t) => {
  const { client, events } = await served(t, { limits: { stall: 100 } });
  happen(events, 10);
  const seen: number[] = [];
  for await (const { seq } of client.events({ after: 0 })) {
    seen.push(seq);
    if (seq === 5) happen(events, 1500, 300);
    // Slower than what comes.
    if (seq % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 300));
    if (seq === 1510) break;
  }
  assert.deepEqual(seen, upTo(1510));
});

test("the end of the supervisor is the end of its events; a supervisor that isn't there is an error", async (t) => {
  const { defer } = track(t);
  const { client, events, stop, socket, folder } = await served(t, { timeout: 2000 });
  const all = following(client, { after: 0 });
  happen(events, 1);
  events.append({ type: "supervisor", what: "stopping", detail: "by alice" });
  await until("both", () => all.seen.length === 2);
  const { renameSync } = await import("node:fs");
  renameSync(socket, `${folder}/gone`);
  defer(() => undefined);
  await stop();
  await all.end;
  await assert.rejects(following(client, {}).end, { code: "ERR_NO_SUPERVISOR", exitCode: 69 });
});
