import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import type { ServiceConfig } from "../../src/service/configTypes.ts";
import { killTree } from "../support/killTree.ts";
import { needsProgram } from "../support/needs.ts";
import { inspect } from "../support/process.ts";
import { fixture, node24 } from "../support/run.ts";
import { supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";
import { ask, freePort, knock, load } from "./load.ts";

const NODE = [node24, fixture("supervised/server.ts")];
const PYTHON = ["python3", fixture("supervised/server.py")];

function web(sockets: Readonly<Record<string, string>>, more: ServiceConfig = {}): ServiceConfig {
  return { command: NODE, sockets, ready: "notify", inheritEnv: ["PATH"], restart: { stable: "1ms" }, ...more };
}

test("sockets are passed by number, name and pid, those of TCP and unix ones", async (t) => {
  const { apply, status, dir } = await supervised(t);
  const port = await freePort();
  const path = join(dir, "s");
  await apply({ web: web({ http: `tcp://127.0.0.1:${port}`, admin: `unix://${path}` }) });
  const { pid } = await status("web/0");
  const given = { LISTEN_PID: String(pid), LISTEN_FDS: "2", LISTEN_FDNAMES: "http:admin" };
  assert.deepEqual(await ask(port), { pid, socket: "http", given });
  assert.deepEqual(await ask(path), { pid, socket: "admin", given });
  assert.match(inspect(pid ?? 0).fds.get(3)?.target ?? "", /^socket:/);
});

test("a connection that comes while nobody serves is served later: across a restart, and after a SIGKILL of supervisor and init", async (t) => {
  const home = await supervised(t);
  const port = await freePort();
  const path = join(home.dir, "s");
  await home.apply({ web: web({ http: `tcp://127.0.0.1:${port}`, local: `unix://${path}` }) });
  for (const victim of [null, "supervisor", "init"] as const) {
    const { pid } = await home.status("web/0");
    let answers: Promise<readonly { readonly pid: number }[]> | undefined;
    const meanwhile = () => {
      process.kill(pid ?? 0, "SIGKILL");
      answers = Promise.all([ask(port), ask(path)]);
    };
    if (victim === null) meanwhile();
    else await killTree(home, victim, meanwhile);
    const now = await until("another process", async () => {
      const found = await home.status("web/0");
      return found.state === "running" && found.pid !== pid && found;
    });
    assert.deepEqual(new Set((await answers)?.map((answer) => answer.pid)), new Set([now.pid]));
  }
  await home.client.act({ selector: "web", action: "stop" });
  assert.deepEqual([await knock(port), existsSync(path)], ["ECONNREFUSED", false]);
  await home.client.act({ selector: "web", action: "start" });
  assert.deepEqual([await knock(port), await knock(path)], ["open", "open"]);
});

test("a service that gives its address up for another leaves the old one", async (t) => {
  const { apply, client, status } = await supervised(t);
  const [before, after] = [await freePort(), await freePort()];
  await apply({ web: web({ http: `tcp://127.0.0.1:${before}` }) });
  const { plan } = await apply({ web: web({ http: `tcp://127.0.0.1:${after}` }) });
  assert.deepEqual(
    plan.changed.map(({ restart }) => restart),
    [true],
  );
  assert.equal((await ask(after)).pid, (await status("web/0")).pid);
  assert.equal(await knock(before), "ECONNREFUSED");
  const [described] = await client.describe("web");
  assert.deepEqual(described?.sockets, [{ name: "http", address: `tcp://127.0.0.1:${after}`, open: true }]);
  await client.act({ selector: "web", action: "delete" });
  assert.equal(await knock(after), "ECONNREFUSED");
});

test("a port that another has: the start fails, and says who", async (t) => {
  const { apply, client, tracked } = await supervised(t);
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  tracked.defer(() => other.close());
  const { port } = other.address() as { port: number };
  const { instances } = await apply({ web: web({ http: `tcp://127.0.0.1:${port}` }, { restart: "never" }) });
  const [outcome] = instances;
  assert.deepEqual([outcome?.outcome, outcome?.state], ["failed", "failed"]);
  const expected = new RegExp(`listen tcp://127\\.0\\.0\\.1:${port}: .*process ${process.pid} \\(.+\\) holds it.*EADDRINUSE`);
  assert.match(outcome?.why ?? "", expected);
  other.close();
  await once(other, "close");
  const again = await client.act({ selector: "web", action: "start" });
  assert.equal(again.instances[0]?.outcome, "done");
});

test("the file of a unix socket that somebody serves is left alone, and so is any other file; what a dead one left is replaced", async (t) => {
  const { apply, client, dir, tracked } = await supervised(t);
  const [served, file, stale] = [join(dir, "served"), join(dir, "file"), join(dir, "stale")];
  const other = createServer().listen(served);
  tracked.defer(() => other.close());
  await once(other, "listening");
  writeFileSync(file, "mine");
  const { ino } = statSync(served);
  const refused = await apply({
    served: web({ http: `unix://${served}` }, { restart: "never" }),
    file: web({ http: `unix://${file}` }, { restart: "never" }),
  });
  const why = refused.instances.map(({ outcome, state, why }) => `${outcome} ${state} ${why}`);
  assert.match(why[0] ?? "", new RegExp(`^failed failed .*process ${process.pid} \\(.+\\) listens there`));
  assert.match(why[1] ?? "", /^failed failed .*there is a file that is no socket/);
  assert.equal(statSync(served).ino, ino);
  assert.equal(await knock(served), "open");
  await apply({ stale: web({ http: `unix://${stale}` }) });
  const { instances } = await client.act({ selector: "stale", action: "restart" });
  assert.equal(instances[0]?.outcome, "done");
  assert.equal(await knock(stale), "open");
});

for (const [language, command] of [["Node", NODE] as const, ["Python", PYTHON] as const]) {
  const skip = language === "Python" && needsProgram("python3");
  test(`after a SIGKILL of both, the sockets are taken back from the service: its port never closes (${language})`, { skip }, async (t) => {
    const home = await supervised(t);
    const port = await freePort();
    const path = join(home.dir, "s");
    // The server in Python knows one socket; nobody has to serve the other one.
    await home.apply({ web: web({ http: `tcp://127.0.0.1:${port}`, local: `unix://${path}`, six: `tcp://[::1]:${port}` }, { command }) });
    const { pid } = await home.status("web/0");
    const clients = load(home, port, 2);
    const socketOf = (process: number) => readlinkSync(`/proc/${process}/fd/3`);
    const before = socketOf(pid ?? 0);
    await killTree(home, "both", async () => assert.equal((await ask(port)).pid, pid));
    assert.equal((await home.status("web/0")).pid, pid);
    const { degraded } = await home.about();
    assert.deepEqual(degraded, []);
    const [described] = await home.client.describe("web");
    assert.deepEqual(
      described?.sockets.map(({ open }) => open),
      [true, true, true],
    );
    for (let count = 0; count < 3; count++) {
      const { instances } = await home.client.act({ selector: "web", action: "restart" });
      assert.deepEqual([instances[0]?.outcome, socketOf(instances[0]?.pid ?? 0)], ["done", before]);
    }
    await clients.stop();
    assert.deepEqual(clients.failures, []);
    await home.client.act({ selector: "web", action: "stop" });
    assert.deepEqual([await knock(port), existsSync(path)], ["ECONNREFUSED", false]);
  });
}

test("after a SIGKILL of both, a service that has closed its socket, or was never given one, is adopted all the same", async (t) => {
  const home = await supervised(t);
  const port = await freePort();
  const command = ["sh", "-c", "exec 3>&-; exec sleep 1000"];
  await home.apply({ web: { command, sockets: { http: `tcp://127.0.0.1:${port}` } } });
  await until("it to be closed", async () => {
    const { pid } = await home.status("web/0");
    return inspect(pid ?? 0).cmdline[0] === "sleep";
  });
  const { pid } = await home.status("web/0");
  await killTree(home, "both");
  const now = await home.status("web/0");
  assert.deepEqual([now.pid, now.state], [pid, "running"]);
  const { instances } = await home.client.act({ selector: "web", action: "restart" });
  assert.equal(instances[0]?.outcome, "done");
  assert.equal(await knock(port), "open");
});
