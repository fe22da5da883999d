import assert from "node:assert/strict";
import { test } from "node:test";
import { clock, why } from "../../src/supervisor/story.ts";
import { identity, Machine, SPEC, WALL } from "./machineFixture.ts";

const STARTED = { ...SPEC, ready: { on: "started", timeout: 1000 } } as const;

test("a service is running only when it is ready", () => {
  const web = new Machine().to("starting");
  assert.deepEqual(web.did, ["openReadiness", "spawn", "setTimer readyTimeout"]);
  assert.equal(web.spawned().state, "starting");
  assert.equal(web.wait(300).ready().state, "running");
  assert.deepEqual(web.did, ["closeReadiness", "clearTimer readyTimeout", "startHealthChecks"]);
  assert.equal(web.reason, "ready after 0.3 s");
});

test("where nothing tells of readiness, it is ready when it is started", () => {
  const web = new Machine(STARTED).to("starting").spawned();
  assert.equal(web.state, "running");
  assert.deepEqual(web.instance.process?.identity, identity(1));
});

test("one that is not ready in time is ended, and the restart policy has its say", () => {
  const web = new Machine().to("starting").spawned().wait(30_000).tell({ type: "readyTimeout" });
  assert.equal(web.state, "stopping");
  assert.deepEqual(web.did, ["closeReadiness", "signal SIGTERM to main of 1", "setTimer stopTimeout"]);
  web.exited(0);
  assert.equal(web.state, "backoff");
  assert.match(web.reason, /^not ready within 30 s, the first in 5 min \(limit 5\); next try in 50 ms$/);
});

test("its time to get ready begins with its process: where many are started at once, it waits for its turn first", () => {
  const web = new Machine().to("starting").wait(30_000).tell({ type: "readyTimeout" });
  assert.equal(web.state, "starting");
  assert.deepEqual(web.did, ["setTimer readyTimeout"]);
  web.wait(29_000).spawned().wait(29_000).tell({ type: "readyTimeout" });
  assert.equal(web.state, "starting");
  assert.equal(web.wait(1000).tell({ type: "readyTimeout" }).state, "stopping");
});

test("a stable service restarts at once, in the same step", () => {
  const web = new Machine().to("running").wait(60_000).exited(3);
  assert.equal(web.state, "starting");
  assert.ok(web.did.includes("spawn"));
  assert.equal(web.instance.attempt, 2);
});

test("the sixth end within the window is the last, and the story says so", () => {
  const web = new Machine(STARTED).to("starting");
  for (let n = 1; n <= 6; n++) {
    web.spawned().exited(3);
    if (n < 6) assert.equal(web.wait(10_000).tell({ type: "backoffOver" }).state, "starting", `after ${n}`);
  }
  assert.equal(web.state, "failed");
  const failed = clock(WALL + web.at, WALL);
  assert.equal(why(web.instance, WALL), `web/1 failed at ${failed}: exit status 3, the sixth in 5 min (limit 5)`);
  assert.equal(why(web.instance, WALL + 86_400_000 * 3).includes("2025-01-01 "), true);
});

test("a start by somebody forgives what was before", () => {
  const web = new Machine({ ...STARTED, restart: { ...SPEC.restart, limit: 0 } }).to("starting").spawned().exited(3);
  assert.equal(web.state, "failed");
  web.tell({ type: "startAsked", by: "alice" });
  assert.equal(web.state, "starting");
  assert.deepEqual(web.instance.record.ends, []);
});

test("a lack of memory is retried and is not held against the program", () => {
  const never = { ...SPEC.restart, when: "never", limit: 0 } as const;
  const web = new Machine({ restart: never }).to("starting");
  for (let n = 0; n < 20; n++) {
    web.tell({
      type: "spawnFailed",
      attempt: web.instance.attempt,
      step: "fork",
      code: "EAGAIN",
      strerror: "Resource temporarily unavailable",
    });
    assert.equal(web.state, "backoff");
    assert.match(web.reason, /^fork: Resource temporarily unavailable \(EAGAIN\); next try in/);
    web.wait(60_000).tell({ type: "backoffOver" });
  }
  assert.deepEqual(web.instance.record.ends, []);
  assert.equal(web.instance.restarts, 0);
  web.tell({ type: "spawnFailed", attempt: web.instance.attempt, step: "exec", code: "ENOENT", strerror: "No such file or directory" });
  assert.equal(web.state, "failed");
});

test("a stop is a signal, then SIGKILL to all, again and again, until nothing is left", () => {
  const web = new Machine().to("stopping");
  assert.deepEqual(web.did, ["stopHealthChecks", "signal SIGTERM to main of 1", "setTimer stopTimeout"]);
  web.wait(10_000).tell({ type: "stopTimeout" });
  assert.deepEqual(web.did, ["killAll all", "setTimer killTimeout"]);
  for (let n = 0; n < 10; n++) {
    web.tell({ type: "remains", tree: "all", count: 1 }).wait(5000).tell({ type: "killTimeout" });
    assert.deepEqual(web.did, ["killAll all", "setTimer killTimeout"]);
  }
  web.tell({ type: "exited", attempt: 1, pid: 101, status: { signal: "SIGKILL" }, remains: true });
  assert.equal(web.state, "stopping");
  web.tell({ type: "gone", tree: "all" });
  assert.equal(web.state, "stopped");
  assert.deepEqual(web.instance.timers, {});
});

test("what outlives its main process in a stop is given the signal too, and what is left of the time", () => {
  const web = new Machine().to("stopping").exited(0, 1, true);
  assert.deepEqual(web.did, ["signal SIGTERM to all of 1"]);
  assert.equal(web.state, "stopping");
  web.wait(10_000).tell({ type: "stopTimeout" });
  assert.deepEqual(web.did, ["killAll all", "setTimer killTimeout"]);
});

test("what outlives a crash is killed before the next process is started", () => {
  const web = new Machine().to("running").wait(60_000).exited(3, 1, true);
  assert.equal(web.state, "stopping");
  assert.ok(web.did.includes("killAll all") && !web.did.includes("spawn"));
  web.tell({ type: "gone", tree: "all" });
  assert.equal(web.state, "starting");
});

test("a forced stop doesn't wait", () => {
  const web = new Machine().to("running").tell({ type: "stopAsked", by: "alice", force: true });
  assert.ok(web.did.includes("killAll all"));
});

test("a stop during the spawn waits for its answer, and then ends what came of it", () => {
  const web = new Machine().to("starting").tell({ type: "stopAsked", by: "alice" });
  assert.equal(web.state, "stopping");
  web.tell({ type: "gone", tree: "all" });
  assert.equal(web.state, "stopping", "nothing is there yet, but it is on its way");
  web.spawned();
  assert.deepEqual(web.did, ["signal SIGTERM to main of 1"]);
  assert.equal(web.exited(0).state, "stopped");
});

test("a start asked during a stop follows it; of several wishes the last one counts", () => {
  const web = new Machine().to("stopping").tell({ type: "startAsked", by: "bob" });
  assert.equal(web.state, "stopping");
  assert.equal(web.instance.wanted, true);
  web.tell({ type: "stopAsked", by: "alice" }).tell({ type: "restartAsked", by: "carol" }).exited(0);
  assert.equal(web.state, "starting");
  const other = new Machine().to("stopping").tell({ type: "startAsked", by: "bob" }).tell({ type: "stopAsked", by: "alice" }).exited(0);
  assert.equal(other.state, "stopped");
});

test("deleted is forgotten only when nothing is left", () => {
  const web = new Machine().to("running").tell({ type: "deleteAsked", by: "alice" });
  assert.ok(!web.did.includes("forget"));
  web.exited(0);
  assert.deepEqual(web.did.slice(-1), ["forget"]);
});

test("a hook runs before the start; if it fails, nothing is spawned", () => {
  const hooks = { beforeStart: { timeout: 1000 }, afterExit: null };
  const good = new Machine({ hooks }).to("starting");
  assert.deepEqual(good.did, ["runHook beforeStart", "setTimer hookTimeout"]);
  good.tell({ type: "hookFinished", hook: "beforeStart", attempt: 1 });
  assert.ok(good.did.includes("spawn"));
  const bad = new Machine({ hooks }).to("starting").tell({ type: "hookFailed", hook: "beforeStart", attempt: 1, why: "exit status 1" });
  assert.equal(bad.state, "backoff");
  assert.match(bad.reason, /the hook before its start failed: exit status 1/);
  const late = new Machine({ hooks }).to("starting").wait(1000).tell({ type: "hookTimeout" });
  assert.ok(late.did.includes("killAll all"));
  assert.equal(late.tell({ type: "gone", tree: "all" }).state, "backoff");
});

test("a hook runs after the exit, crash or stop, before anything else; one that hangs is killed", () => {
  const hooks = { beforeStart: null, afterExit: { timeout: 1000 } };
  const crashed = new Machine({ hooks }).to("running").wait(60_000).exited(3);
  assert.equal(crashed.state, "stopping");
  assert.ok(crashed.did.includes("runHook afterExit"));
  assert.equal(crashed.tell({ type: "hookFinished", hook: "afterExit", attempt: 1 }).state, "starting");
  const stopped = new Machine({ hooks }).to("stopping").exited(0).wait(1000).tell({ type: "hookTimeout" });
  assert.ok(stopped.did.includes("killAll all"));
  assert.equal(stopped.tell({ type: "gone", tree: "all" }).state, "stopped");
});

test("it waits for its dependencies; losing one takes nothing down, but the next start waits", () => {
  const web = new Machine({ dependent: true }).to("waiting");
  assert.deepEqual(web.did, ["awaitDependencies"]);
  web.tell({ type: "dependenciesMet" }).spawned().ready().tell({ type: "dependencyLost", which: "db" });
  assert.equal(web.state, "running");
  web.wait(60_000).exited(3);
  assert.equal(web.state, "waiting");
});

test("a schedule starts it, never twice at a time, and its end waits for the next time", () => {
  const job = new Machine({ scheduled: true, type: "oneshot", ready: { on: "started", timeout: 1000 } }).to("waiting");
  assert.equal(job.state, "waiting");
  job.tell({ type: "due" }).spawned();
  assert.equal(job.state, "running");
  assert.equal(job.tell({ type: "due" }).instance.attempt, 1);
  assert.equal(job.exited(0).state, "completed");
  assert.equal(job.tell({ type: "due" }).state, "starting");
});

test("a forking service is followed into the background", () => {
  const web = new Machine({ ...STARTED, type: "forking" }).to("starting").spawned();
  assert.equal(web.exited(0, 1, true).state, "starting");
  web.tell({ type: "mainProcess", attempt: 1, identity: { ...identity(1), pid: 500 } });
  assert.equal(web.state, "running");
  web.exited(0);
  assert.equal(web.state, "running", "that was the launcher");
  web.wait(60_000).tell({ type: "exited", attempt: 1, pid: 500, status: "unknown", remains: false });
  assert.equal(web.state, "starting");
  assert.equal(web.instance.lastExit?.status, "unknown");
});

test("a forking service's readiness counts once its daemon is known: the launcher's end would look like its own", () => {
  const web = new Machine({ type: "forking" }).to("starting").spawned().ready();
  assert.equal(web.state, "starting");
  web.tell({ type: "mainProcess", attempt: 1, identity: { ...identity(1), pid: 500 } });
  assert.equal(web.state, "running");
  assert.equal(web.exited(0, 1, true).state, "running");
});

test("a forking service whose daemon is gone before anybody knew it has failed", () => {
  const web = new Machine({ type: "forking" }).to("starting").spawned().exited(0, 1, true).tell({ type: "gone", tree: 1 });
  assert.equal(web.state, "backoff");
  assert.equal(web.instance.lastExit?.status, "unknown");
});

test("a forking service that leaves no daemon has failed", () => {
  const web = new Machine({ ...STARTED, type: "forking" }).to("starting").spawned().exited(0);
  assert.equal(web.state, "backoff");
  assert.match(web.reason, /it ended without leaving a daemon/);
});

test("silence longer than the watchdog ends it with SIGABRT; a ping costs no action", () => {
  const web = new Machine({ watchdog: 1000 }).to("running");
  assert.deepEqual(web.wait(900).tell({ type: "watchdogPing" }).did, []);
  assert.deepEqual(web.wait(100).tell({ type: "watchdogMissed" }).did, ["setTimer watchdogMissed"], "it comes too early");
  web.wait(900).tell({ type: "watchdogMissed" });
  assert.equal(web.state, "stopping");
  assert.ok(web.did.includes("signal SIGABRT to main of 1"));
});

test("so many failed probes in a row are too many", () => {
  const web = new Machine().to("running");
  const fail = () => web.tell({ type: "probeFailed", why: "status 500" });
  fail();
  fail();
  web.tell({ type: "probePassed" });
  fail();
  fail();
  assert.equal(web.state, "running");
  fail();
  assert.equal(web.state, "stopping");
  assert.equal(web.reason, "unhealthy: status 500 (3 in a row)");
});

test("more time can be asked for, but a stop ends all the same", () => {
  const web = new Machine().to("stopping");
  for (let n = 0; n < 500; n++) web.wait(10_000).tell({ type: "extendTimeout", ms: 60_000 });
  assert.ok((web.instance.timers.stopTimeout?.at ?? 0) <= web.instance.since.at + 3_600_000);
  assert.ok(web.tell({ type: "tick" }).did.includes("killAll all"));
});

test("a changed specification restarts it and names the keys; one that had given up tries again", () => {
  const web = new Machine().to("running").tell({ type: "specChanged", keys: ["command", "env"] });
  assert.equal(web.reason, "changed: command, env");
  assert.equal(web.exited(0).state, "starting");
  const failed = new Machine({ restart: { ...SPEC.restart, when: "never" } }).to("failed").tell({ type: "specChanged", keys: ["command"] });
  assert.equal(failed.state, "starting");
});

test("a lost timer is made up for by a tick", () => {
  const web = new Machine().to("backoff").wait(60_000).tell({ type: "tick" });
  assert.equal(web.state, "starting");
});

test("clocks that begin anew can't postpone a timer beyond what it was set for", () => {
  const web = new Machine();
  web.at = 1e12;
  web.to("backoff");
  web.at = 5;
  web.tell({ type: "clockStepped" });
  assert.ok((web.instance.timers.backoffOver?.at ?? Number.POSITIVE_INFINITY) <= 105);
});
