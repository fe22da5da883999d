import assert from "node:assert/strict";
import { createServer as createHttp } from "node:http";
import { createServer } from "node:net";
import { test } from "node:test";
import type { HealthSpec } from "../../src/service/specTypes.ts";
import { openHealthProbe } from "../../src/supervisor/probes/healthProbe.ts";
import { monotonicMs } from "../../src/values/clock.ts";
import { track } from "../support/cleanup.ts";
import { until } from "../support/wait.ts";
import { freePort, listen, runCommand, watch } from "./probeSupport.ts";

const context = { runCommand, random: () => 0.5, now: monotonicMs };

function spec(probe: HealthSpec["probe"], more: Partial<HealthSpec> = {}): HealthSpec {
  return { probe, every: 20, timeout: 2000, failures: 3, startPeriod: 0, ...more };
}

test("a service that fails and recovers is told of as it goes", async (t) => {
  const tracked = track(t);
  let status = 200;
  const number = await listen(
    tracked,
    createHttp((_request, response) => void response.writeHead(status).end()),
  );
  const health = spec({ kind: "http", url: `http://127.0.0.1:${number}/` });
  const { results } = watch(tracked, (handlers) => openHealthProbe(health, handlers, context));
  await until("it to pass thrice", () => results.length >= 3);
  status = 500;
  await until("it to fail thrice", () => results.slice(-3).every((why) => why === "HTTP status 500 Internal Server Error"));
  status = 204;
  await until("it to pass again", () => results.slice(-2).every((result) => result === "passed"));
});

test("a port and a command are asked as well", async (t) => {
  const tracked = track(t);
  const number = await freePort();
  const tcp = watch(tracked, (handlers) => openHealthProbe(spec({ kind: "tcp", host: "127.0.0.1", port: number }), handlers, context));
  const exec = watch(tracked, (handlers) =>
    openHealthProbe(spec({ kind: "exec", command: ["sh", "-c", "echo ill; exit 1"] }), handlers, context),
  );
  await until("both to fail twice", () => tcp.results.length >= 2 && exec.results.length >= 2);
  assert.equal(tcp.results[0], `127.0.0.1:${number}: Connection refused (ECONNREFUSED)`);
  assert.equal(exec.results[0], "sh: exit status 1: ill");
  await listen(tracked, createServer(), { host: "127.0.0.1", port: number });
  await until("the port to pass", () => tcp.results.at(-1) === "passed");
});

test("a service that hangs fails in time, each time, with never two requests at once", async (t) => {
  const tracked = track(t);
  let open = 0;
  let most = 0;
  const server = createServer((socket) => {
    most = Math.max(most, ++open);
    socket.resume().on("close", () => open--);
  });
  const url = `http://127.0.0.1:${await listen(tracked, server)}/`;
  const health = spec({ kind: "http", url }, { every: 10, timeout: 100 });
  const { results } = watch(tracked, (handlers) => openHealthProbe(health, handlers, context));
  await until("three failures", () => results.length >= 3);
  assert.deepEqual([...new Set(results)], ["no answer within 0.1 s"]);
  // A connection that was given up may be seen to close a moment after the next one came.
  assert.ok(most <= 2, `${most} at once`);
});

test("a command that can't be killed fails every time, and no second one is started", async (t) => {
  const tracked = track(t);
  let started = 0;
  const stuck = () => {
    started++;
    return new Promise<never>(() => {});
  };
  const health = spec({ kind: "exec", command: ["stuck"] }, { timeout: 20 });
  const { results } = watch(tracked, (handlers) => openHealthProbe(health, handlers, { ...context, runCommand: stuck }));
  await until("three failures", () => results.length >= 3);
  assert.deepEqual(results.slice(0, 3), ["no answer within 20 ms", "the last try still hangs", "the last try still hangs"]);
  assert.equal(started, 1);
});

test("failures in the start period are not told; after something passed they are", async (t) => {
  const tracked = track(t);
  const ends: (number | Error)[] = [1, new Error("no shell"), 1, 0, 1];
  let asked = 0;
  const run = () => {
    const end = ends[asked++] ?? 0;
    return typeof end === "number" ? Promise.resolve({ status: end, signal: null }) : Promise.reject(end);
  };
  const health = spec({ kind: "exec", command: ["x"] }, { every: 1, startPeriod: 3_600_000 });
  const { results, probe } = watch(tracked, (handlers) => openHealthProbe(health, handlers, { ...context, runCommand: run }));
  await until("two results", () => results.length >= 2);
  probe.close();
  assert.deepEqual(results.slice(0, 2), ["passed", "x: exit status 1"]);
});

test("over the start period failures count, and a signal is named", async (t) => {
  const tracked = track(t);
  let now = 0;
  const health = spec({ kind: "exec", command: ["x"] }, { every: 1, startPeriod: 1000 });
  let asked = 0;
  const run = () => Promise.resolve({ status: null, signal: asked++ < 5 ? "SIGSEGV" : "SIGABRT" });
  const { results } = watch(tracked, (handlers) =>
    openHealthProbe(health, handlers, { random: () => 0, runCommand: run, now: () => (asked <= 5 ? now : now + 1000) }),
  );
  now = 10;
  await until("a failure", () => results.length >= 1);
  assert.equal(results[0], "x: killed by SIGABRT");
});

test("the first try comes by chance within `every`, the others every `every`, a twentieth more or less", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let now = 0;
  const at: number[] = [];
  const run = () => {
    at.push(now);
    return Promise.resolve({ status: 0, signal: null });
  };
  const chances = [0.25, 0, 1, 0.5];
  let drawn = 0;
  const health = spec({ kind: "exec", command: ["x"] }, { every: 1000 });
  const probe = openHealthProbe(
    health,
    { onPassed() {}, onFailed() {} },
    {
      runCommand: run,
      random: () => chances[drawn++] ?? 0.5,
      now: () => now,
    },
  );
  t.after(() => probe.close());
  while (at.length < 4 && now < 10_000) {
    now += 10;
    t.mock.timers.tick(10);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  }
  assert.deepEqual(at, [250, 1200, 2250, 3250]);
});

test("closed by its signal, a try that hangs ends at once and tells nothing", async (t) => {
  const tracked = track(t);
  let closed = 0;
  let opened = 0;
  const server = createServer((socket) => {
    opened++;
    socket.resume().on("close", () => closed++);
  });
  const controller = new AbortController();
  const results: string[] = [];
  const health = spec({ kind: "http", url: `http://127.0.0.1:${await listen(tracked, server)}/` }, { timeout: 100_000 });
  const handlers = { onPassed: () => results.push("passed"), onFailed: (why: string) => results.push(why), signal: controller.signal };
  openHealthProbe(health, handlers, context);
  await until("a request", () => opened === 1);
  controller.abort();
  await until("it to be dropped", () => closed === 1);
  openHealthProbe(health, handlers, context);
  assert.deepEqual({ results, opened }, { results: [], opened: 1 });
});

test("a hundred services are asked side by side", async (t) => {
  const tracked = track(t);
  const number = await listen(
    tracked,
    createHttp((_request, response) => void response.end("ok")),
  );
  const health = spec({ kind: "http", url: `http://127.0.0.1:${number}/` }, { every: 200, timeout: 10_000 });
  const all = Array.from({ length: 100 }, () =>
    watch(tracked, (handlers) => openHealthProbe(health, handlers, { ...context, random: Math.random })),
  );
  await until("each to pass twice", () => all.every(({ results }) => results.length >= 2));
  for (const { probe } of all) probe.close();
  assert.ok(all.every(({ results }) => results.every((result) => result === "passed")));
});
