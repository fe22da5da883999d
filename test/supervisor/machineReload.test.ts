import assert from "node:assert/strict";
import { test } from "node:test";
import { identity, Machine } from "./machineFixture.ts";

const signal = (confirmed: boolean) => ({ reload: { by: "signal", signal: "SIGHUP", confirmed, timeout: 5000 } }) as const;

test("a successor's time to get ready begins with its process, too", () => {
  const web = new Machine().to("reloading").wait(30_000).tell({ type: "readyTimeout" });
  assert.equal(web.state, "reloading");
  web.wait(29_000).spawned(2).wait(29_000).tell({ type: "readyTimeout" });
  assert.deepEqual(web.did, ["setTimer readyTimeout"]);
  assert.equal(
    web.wait(1000).tell({ type: "readyTimeout" }).reason,
    "reload failed: the successor was not ready in time; the old process goes on",
  );
});

test("rolling: the old process is stopped only when its successor is ready", () => {
  const web = new Machine().to("reloading");
  assert.deepEqual(web.did, ["openReadiness", "spawn successor", "setTimer readyTimeout"]);
  web.spawned(2);
  assert.equal(web.instance.process?.attempt, 1);
  web.ready(2);
  assert.equal(web.instance.process?.attempt, 2);
  assert.ok(web.did.includes("signal SIGTERM to main of 1"));
  assert.equal(web.state, "reloading");
  web.exited(0, 1);
  assert.equal(web.state, "running");
  assert.deepEqual(web.instance.process?.identity, identity(2));
});

test("rolling: a successor that fails leaves the old process serving", () => {
  for (const fail of [
    (web: Machine) => web.spawned(2).exited(1, 2),
    (web: Machine) => web.tell({ type: "spawnFailed", attempt: 2, step: "exec", code: "ENOENT", strerror: "No such file or directory" }),
    (web: Machine) => web.spawned(2).tell({ type: "readinessFailed", attempt: 2, why: "no licence" }).tell({ type: "gone", tree: 2 }),
    (web: Machine) => web.spawned(2).wait(30_000).tell({ type: "readyTimeout" }).exited(0, 2),
  ]) {
    const web = fail(new Machine().to("reloading"));
    assert.equal(web.state, "running");
    assert.equal(web.instance.process?.attempt, 1);
    assert.equal(web.instance.other, null);
    assert.ok(
      web.instance.history.some(({ reason }) => reason.startsWith("reload failed: ") && reason.endsWith("; the old process goes on")),
    );
  }
});

test("rolling: an old process that ignores the signal is killed, and only it", () => {
  const web = new Machine().to("reloading").spawned(2).ready(2).wait(10_000).tell({ type: "stopTimeout" });
  assert.deepEqual(web.did, ["killAll 1", "setTimer killTimeout"]);
  web.wait(200).tell({ type: "killTimeout" });
  assert.deepEqual(web.did, ["killAll 1", "setTimer killTimeout"]);
  assert.equal(web.tell({ type: "gone", tree: 1 }).state, "running");
});

test("rolling: a stop in the middle ends both", () => {
  const web = new Machine().to("reloading").spawned(2).tell({ type: "stopAsked", by: "alice" });
  assert.deepEqual(
    web.did.filter((action) => action.startsWith("signal")),
    ["signal SIGTERM to main of 1", "signal SIGTERM to main of 2"],
  );
  assert.equal(web.exited(0, 1).state, "stopping");
  assert.equal(web.exited(0, 2).state, "stopped");
});

test("rolling: the old process dying in the middle is a crash, and nothing is started beside what is left", () => {
  const web = new Machine().to("reloading").spawned(2).wait(60_000).exited(3, 1);
  assert.equal(web.state, "stopping");
  assert.ok(web.did.includes("killAll all"));
  web.exited(9, 2).tell({ type: "gone", tree: "all" });
  assert.equal(web.state, "starting");
  assert.equal(web.instance.attempt, 3);
});

test("a reload asked during a reload or a start follows it: files may have been read already", () => {
  const web = new Machine().to("reloading").tell({ type: "reloadAsked", by: "bob" }).spawned(2).ready(2).exited(0, 1);
  assert.equal(web.state, "reloading");
  assert.equal(web.instance.other?.attempt, 3);
  const starting = new Machine().to("starting").tell({ type: "reloadAsked", by: "bob" }).spawned().ready();
  assert.equal(starting.state, "reloading");
});

test("by signal: sent, and it goes on", () => {
  const web = new Machine(signal(false)).to("running").tell({ type: "reloadAsked", by: "alice" });
  assert.deepEqual(web.did, ["signal SIGHUP to main of 1"]);
  assert.equal(web.state, "running");
  assert.equal(web.reason, "reload asked by alice: sent SIGHUP");
});

test("by signal, confirmed: reloading until it says that it has, or for so long", () => {
  const web = new Machine(signal(true)).to("reloading");
  assert.equal(web.state, "reloading");
  assert.equal(web.tell({ type: "reloaded" }).state, "running");
  const silent = new Machine(signal(true)).to("reloading").wait(5000).tell({ type: "reloadTimeout" });
  assert.equal(silent.state, "running");
  assert.match(silent.reason, /did not say that it has reloaded/);
});

test("a service without a way to reload says so", () => {
  const web = new Machine({ reload: null }).to("running").tell({ type: "reloadAsked", by: "alice" });
  assert.equal(web.state, "running");
  assert.deepEqual(web.actions, [
    { do: "refuse", reason: "web/1 has nothing to reload it with: give it reload.signal, or reload: rolling" },
  ]);
});
