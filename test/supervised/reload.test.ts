import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { ServiceConfig } from "../../src/service/configTypes.ts";
import { needsProgram } from "../support/needs.ts";
import { isAlive } from "../support/process.ts";
import { fixture, node24 } from "../support/run.ts";
import { type Supervised, supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";
import { ask, freePort, load } from "./load.ts";

const NODE = [node24, fixture("supervised/server.ts")];
const PYTHON = ["python3", fixture("supervised/server.py")];

/** Rolling, on a socket of ours. */
function web(command: readonly string[], port: number, more: ServiceConfig = {}): ServiceConfig {
  return {
    command,
    sockets: { http: `tcp://127.0.0.1:${port}` },
    ready: "notify",
    reload: { rolling: true },
    inheritEnv: ["PATH"],
    restart: { stable: "1ms" },
    ...more,
  };
}

async function reloadUnderLoad(home: Supervised, port: number, times: number, instances = 1): Promise<void> {
  const { client, status, processes } = home;
  const clients = load(home, port);
  const names = Array.from({ length: instances }, (_, number) => `web/${number}`);
  const pidsNow = () => Promise.all(names.map(async (name) => (await status(name)).pid));
  for (let count = 0; count < times; count++) {
    const before = await pidsNow();
    const { instances: outcomes } = await client.act({ selector: "web", action: "reload" });
    const failed = outcomes.filter(({ outcome }) => outcome !== "done");
    assert.deepEqual(failed, []);
    const after = await pidsNow();
    assert.equal(new Set([...before, ...after]).size, 2 * instances);
    assert.deepEqual(
      before.filter((pid) => pid === null || isAlive(pid)),
      [],
    );
  }
  await clients.stop();
  assert.deepEqual(clients.failures, []);
  assert.ok(clients.answered.size > times, `${clients.answered.size} processes answered`);
  const pids = await pidsNow();
  assert.deepEqual(processes().sort(), pids.map(Number).sort());
}

test("a Node server is reloaded 30 times under load, and no request fails", async (t) => {
  const home = await supervised(t);
  const port = await freePort();
  await home.apply({ web: web(NODE, port) });
  await reloadUnderLoad(home, port, 30);
});

test("a Python server is reloaded 30 times under load, and no request fails", { skip: needsProgram("python3") }, async (t) => {
  const home = await supervised(t);
  const port = await freePort();
  await home.apply({ web: web(PYTHON, port) });
  await reloadUnderLoad(home, port, 30);
});

test("two instances are reloaded in turn under load, and no request fails", async (t) => {
  const home = await supervised(t);
  const port = await freePort();
  await home.apply({ web: web(NODE, port, { instances: 2 }) });
  await reloadUnderLoad(home, port, 8, 2);
  const reloads = (await home.events()).flatMap((event) => {
    if (event.type !== "state") return [];
    if (event.from === "running" && event.to === "reloading") return [`${event.instance} begins`];
    return event.from === "reloading" && event.to === "running" ? [`${event.instance} is over`] : [];
  });
  const once = ["web/0 begins", "web/0 is over", "web/1 begins", "web/1 is over"];
  assert.deepEqual(reloads, Array(8).fill(once).flat());
});

test("a changed variable reaches the server by a restart, and no request fails: those that come meanwhile wait", async (t) => {
  const home = await supervised(t);
  const port = await freePort();
  await home.apply({ web: web(NODE, port, { env: { COLOR: "red" } }) });
  assert.equal((await ask(port)).color, "red");
  const clients = load(home, port);
  const { plan, instances } = await home.apply({ web: web(NODE, port, { env: { COLOR: "blue" } }) });
  assert.deepEqual(plan.changed, [{ name: "web", keys: ["env.COLOR"], restart: true }]);
  assert.equal(instances[0]?.outcome, "done");
  assert.equal((await ask(port)).color, "blue");
  await clients.stop();
  assert.deepEqual(clients.failures, []);
});

test("a new process that ends before it is ready leaves the old one serving, and the command says so", async (t) => {
  const home = await supervised(t);
  const port = await freePort();
  const refuse = join(home.dir, "refuse");
  await home.apply({ web: web(NODE, port, { instances: 2, env: { REFUSE: refuse } }) });
  const pids = await Promise.all(["web/0", "web/1"].map(async (name) => (await home.status(name)).pid));
  const clients = load(home, port);
  writeFileSync(refuse, "");
  const { instances } = await home.client.act({ selector: "web", action: "reload" });
  assert.deepEqual(
    instances.map(({ name, outcome, state, pid }) => ({ name, outcome, state, pid })),
    pids.map((pid, number) => ({ name: `web/${number}`, outcome: "failed", state: "running", pid })),
  );
  assert.match(instances[0]?.why ?? "", /^web\/0: reload failed: .*exit status 3.*the old process goes on/);
  assert.match(instances[1]?.why ?? "", /web\/1 goes on as it is, since the reload of web\/0 did not work out/);
  const told = await home.command(["reload", "web"]);
  assert.notEqual(told.code, 0);
  assert.match(told.stdout + told.stderr, /exit status 3/);
  rmSync(refuse);
  const again = await home.client.act({ selector: "web", action: "reload" });
  assert.deepEqual(
    again.instances.map(({ outcome }) => outcome),
    ["done", "done"],
  );
  await clients.stop();
  assert.deepEqual(clients.failures, []);
});

test("a new process that never becomes ready is ended, and the old one goes on", async (t) => {
  const home = await supervised(t);
  const cue = join(home.dir, "cue");
  writeFileSync(cue, "");
  const script = `test -e ${cue} && systemd-notify --ready; exec sleep 1000`;
  const command = ["sh", "-c", script];
  await home.apply({ web: { command, ready: { on: "notify", timeout: "1s" }, reload: { rolling: true }, stop: { timeout: "5s" } } });
  const { pid } = await home.status("web/0");
  rmSync(cue);
  const { instances } = await home.client.act({ selector: "web", action: "reload" });
  assert.equal(instances[0]?.outcome, "failed");
  assert.match(instances[0]?.why ?? "", /reload failed: the successor was not ready in time; the old process goes on/);
  const after = await home.status("web/0");
  assert.deepEqual([after.pid, after.state], [pid, "running"]);
  await until("only the old process", () => home.processes().length === 1);
});

test("one who asks for several reloads at once gets all of them answered, and one process is left", async (t) => {
  const home = await supervised(t);
  const port = await freePort();
  await home.apply({ web: web(NODE, port) });
  const clients = load(home, port, 2);
  const all = await Promise.all(Array.from({ length: 5 }, () => home.client.act({ selector: "web", action: "reload" })));
  assert.deepEqual(new Set(all.map(({ instances }) => instances[0]?.outcome)), new Set(["done"]));
  await clients.stop();
  assert.deepEqual(clients.failures, []);
  assert.deepEqual(home.processes(), [(await home.status("web/0")).pid]);
});
