import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../support/wait.ts";
import { ask, served } from "./apiFixture.ts";
import { SAMPLE } from "./memoryMonitor.ts";

test("a sample, and the past as it is asked for", async (t) => {
  const { client } = await served(t);
  assert.deepEqual(await client.sample(), SAMPLE);
  assert.deepEqual(
    (await client.history()).map(({ name }) => name),
    ["host", "web/0"],
  );
  const [web] = await client.history({ instance: "web/0", series: ["cpu", "memory"], since: 5000.7, fine: true });
  assert.deepEqual(web?.values, { cpu: [0.1, null], memory: [1, 2] });
  assert.deepEqual(await client.history({ since: 7000 }), []);
});

test("samples go on until the reader has enough; meanwhile somebody looks", async (t) => {
  const { client, control } = await served(t);
  const { monitor } = control;
  const seen: number[] = [];
  for await (const sample of client.samples({ interval: 2 })) {
    seen.push(sample.at);
    if (seen.length === 3) break;
    await until("somebody to look", () => monitor.watching.size === 1);
    assert.deepEqual(
      [...monitor.watching].map(({ interval }) => interval),
      [2000],
    );
    monitor.emit({ ...SAMPLE, at: seen.length });
  }
  assert.deepEqual(seen, [SAMPLE.at, 1, 2]);
  await until("nobody to look", () => monitor.watching.size === 0);
});

test("samples go on after the supervisor was started again", async (t) => {
  const { client, control, start, stop } = await served(t);
  let count = 0;
  for await (const _ of client.samples()) {
    count += 1;
    if (count === 3) break;
    await stop();
    await until("nobody to look", () => control.monitor.watching.size === 0);
    await start();
  }
  assert.equal(count, 3);
});

test("a reader that takes nothing is cut off, and nobody looks for it any more", async (t) => {
  const { raw, control } = await served(t, { limits: { stall: 50 } });
  const connection = raw();
  connection.socket.pause();
  connection.write("GET /v1/monitor/stream HTTP/1.1\r\nHost: x\r\n\r\n");
  await until("somebody to look", () => control.monitor.watching.size === 1);
  const large = { ...SAMPLE, instances: Array.from({ length: 1000 }, () => SAMPLE.instances[0] ?? assert.fail()) };
  await until("it to be cut off", () => {
    control.monitor.emit(large);
    return control.monitor.watching.size === 0;
  });
});

for (const path of [
  "monitor/stream?interval=0",
  "monitor/stream?interval=1.5",
  "monitor/stream?count=0",
  "monitor/history?series=cpus",
  "monitor/history?since=yesterday",
  "monitor/history?fine=2",
  "monitor?x=1",
]) {
  test(`a mistake is told: ${path}`, async (t) => {
    const { socket } = await served(t);
    const { status, json } = await ask(socket, "GET", `/v1/${path}`);
    assert.equal(status, 400);
    const { error } = json() as { error: { code: string; hint: string } };
    assert.equal(error.code, "ERR_BAD_REQUEST");
    assert.ok(error.hint.length > 5);
  });
}

test("apply takes what is said of disks and alerts, and tells a mistake in it", async (t) => {
  const { client, control, specs } = await served(t);
  const monitor = { disk: [{ path: "/var", free: { below: "10%" } }], alerts: [{ exec: ["true"] }] };
  await client.apply({ services: [specs.web], monitor });
  const [request] = control.requests;
  assert.deepEqual(request !== undefined && "monitor" in request && request.monitor, monitor);
  const wrong = { disk: [{ free: 1 }], alerts: [] } as never;
  await assert.rejects(client.apply({ services: [], monitor: wrong }), {
    code: "ERR_BAD_REQUEST",
    message: /monitor\.disk\[0\]\.path: is missing/,
  });
});
