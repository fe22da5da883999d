import assert from "node:assert/strict";
import { test } from "node:test";
import type { Found } from "../../src/supervisor/events.ts";
import { identity, Machine } from "./machineFixture.ts";

const NOTHING: Found = { alive: [], exits: [], remains: [], hook: false };
const alive = (...attempts: number[]) => attempts.map((attempt) => ({ attempt, identity: identity(attempt) }));
const exit = (attempt: number, code: number) => ({ attempt, pid: identity(attempt).pid, status: { code } });

test("a service that lives is adopted where it is, and nothing is started", () => {
  const web = new Machine().to("running").tell({ type: "reconciled", found: { ...NOTHING, alive: alive(1) } });
  assert.equal(web.state, "running");
  assert.deepEqual(web.did, ["startHealthChecks"]);
  assert.equal(web.instance.process?.adopted, true);
});

test("one that died meanwhile restarts by policy, with its true exit status or with none", () => {
  const told = new Machine()
    .to("running")
    .wait(60_000)
    .tell({ type: "reconciled", found: { ...NOTHING, exits: [exit(1, 3)] } });
  assert.equal(told.state, "starting");
  assert.deepEqual(told.instance.lastExit?.status, { code: 3 });
  const untold = new Machine().to("running").wait(60_000).tell({ type: "reconciled", found: NOTHING });
  assert.equal(untold.instance.lastExit?.status, "unknown");
});

test("a spawn that was noted but never happened happens now; one that happened is adopted", () => {
  const never = new Machine().to("starting").tell({ type: "reconciled", found: NOTHING });
  assert.deepEqual(never.did, ["setTimer readyTimeout", "openReadiness", "spawn", "setTimer readyTimeout"]);
  assert.deepEqual(never.instance.record.ends, []);
  const happened = new Machine().to("starting").tell({ type: "reconciled", found: { ...NOTHING, alive: alive(1) } });
  assert.deepEqual(happened.did, ["setTimer readyTimeout", "openReadiness"]);
  assert.equal(happened.ready().state, "running");
});

test("an adopted service that can say only once that it is ready is not ended for its silence", () => {
  const web = new Machine()
    .to("starting")
    .tell({ type: "reconciled", found: { ...NOTHING, alive: alive(1) } })
    .wait(30_000)
    .tell({ type: "readyTimeout" });
  assert.equal(web.state, "running");
});

test("a process that the books don't know is adopted where one is wanted, and ended where none is", () => {
  const wanted = new Machine().to("backoff").tell({ type: "reconciled", found: { ...NOTHING, alive: alive(7) } });
  assert.equal(wanted.state, "starting");
  assert.ok(!wanted.did.includes("spawn"));
  assert.equal(wanted.instance.attempt, 7);
  const stopped = new Machine().tell({ type: "reconciled", found: { ...NOTHING, alive: alive(7) } });
  assert.equal(stopped.state, "stopping");
  assert.ok(stopped.did.includes("killAll all"));
  assert.equal(stopped.tell({ type: "gone", tree: "all" }).state, "stopped");
});

test("what is left of one that is gone is killed before anything is started, also while a hook is awaited", () => {
  const hooks = { beforeStart: { timeout: 1000 }, afterExit: null };
  for (const web of [new Machine().to("backoff"), new Machine({ hooks }).to("starting")]) {
    web.tell({ type: "reconciled", found: { ...NOTHING, remains: [1] } });
    assert.equal(web.state, "stopping");
    assert.equal(web.tell({ type: "gone", tree: "all" }).state, "starting");
  }
});

test("beside a process that serves, what an earlier one left is killed by itself", () => {
  const web = new Machine().to("backoff").wait(100).tell({ type: "backoffOver" }).spawned().ready();
  web.tell({ type: "reconciled", found: { ...NOTHING, alive: alive(2), remains: [1] } });
  assert.equal(web.state, "running");
  assert.ok(web.did.includes("killAll 1"));
});

test("a stop goes on: the signal is sent again, SIGKILL too, and what is gone is stopped", () => {
  const signalled = new Machine().to("stopping").tell({ type: "reconciled", found: { ...NOTHING, alive: alive(1) } });
  assert.deepEqual(signalled.did, ["setTimer stopTimeout", "signal SIGTERM to main of 1"]);
  const killed = new Machine().to("stopping").wait(10_000).tell({ type: "stopTimeout" });
  killed.tell({ type: "reconciled", found: { ...NOTHING, remains: [1] } });
  assert.ok(killed.did.includes("killAll all"));
  const gone = new Machine().to("stopping").tell({ type: "reconciled", found: { ...NOTHING, exits: [exit(1, 0)] } });
  assert.equal(gone.state, "stopped");
  assert.deepEqual(gone.instance.lastExit?.status, { code: 0 });
});

test("a rolling reload goes on with both, or with the one that lives", () => {
  const both = new Machine()
    .to("reloading")
    .spawned(2)
    .tell({ type: "reconciled", found: { ...NOTHING, alive: alive(1, 2) } });
  assert.equal(both.state, "reloading");
  assert.equal(both.ready(2).instance.process?.attempt, 2);
  const alone = new Machine()
    .to("reloading")
    .spawned(2)
    .tell({ type: "reconciled", found: { ...NOTHING, alive: alive(1) } });
  assert.equal(alone.state, "running");
  assert.equal(alone.instance.process?.attempt, 1);
});

test("a hook that is gone is run again; one that lives is waited for", () => {
  const hooks = { beforeStart: { timeout: 1000 }, afterExit: null };
  const gone = new Machine({ hooks }).to("starting").tell({ type: "reconciled", found: NOTHING });
  assert.ok(gone.did.includes("runHook beforeStart"));
  const lives = new Machine({ hooks }).to("starting").tell({ type: "reconciled", found: { ...NOTHING, hook: true } });
  assert.deepEqual(lives.did, ["setTimer hookTimeout"]);
});

test("an exit status that comes late replaces the unknown one, but only that of the same process", () => {
  const web = new Machine().to("stopping").tell({ type: "gone", tree: "all" });
  assert.equal(web.instance.lastExit?.status, "unknown");
  web.tell({ type: "exited", attempt: 1, pid: 7, status: { code: 0 }, remains: false });
  assert.equal(web.instance.lastExit?.status, "unknown");
  assert.deepEqual(web.exited(4).instance.lastExit?.status, { code: 4 });
});

test("a launcher that outlives its daemon is not taken for it", () => {
  const web = new Machine({ type: "forking" }).to("starting").spawned();
  web.tell({ type: "mainProcess", attempt: 1, identity: { ...identity(1), pid: 500 } }).ready();
  assert.equal(web.state, "running");
  web
    .wait(60_000)
    .tell({ type: "reconciled", found: { ...NOTHING, alive: alive(1), exits: [{ attempt: 1, pid: 500, status: { code: 3 } }] } });
  assert.equal(web.state, "stopping");
  assert.deepEqual(web.instance.lastExit?.status, { code: 3 });
  assert.ok(web.did.includes("killAll all"));
});

test("where the main process was another since the last state that was saved, its end is still its end", () => {
  const web = new Machine().to("running").wait(60_000);
  web.tell({ type: "reconciled", found: { ...NOTHING, exits: [{ attempt: 1, pid: 500, status: { code: 3 } }] } });
  assert.equal(web.state, "starting");
  assert.deepEqual(web.instance.lastExit?.status, { code: 3 });
});

test("a launcher that ended while nobody looked has left its daemon, which is looked for", () => {
  const ready = { on: "started", timeout: 30_000 } as const;
  const cron = new Machine({ type: "forking", ready }).to("starting").spawned();
  cron.tell({ type: "reconciled", found: { ...NOTHING, exits: [exit(1, 0)], remains: [1] } });
  assert.equal(cron.state, "starting");
  assert.match(cron.reason, /its daemon is looked for/);
  assert.ok(!cron.did.some((done) => done.startsWith("killAll")));
  assert.equal(cron.tell({ type: "mainProcess", attempt: 1, identity: { ...identity(1), pid: 7 } }).state, "running");
});
