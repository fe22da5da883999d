import assert from "node:assert/strict";
import { closeSync } from "node:fs";
import { test } from "node:test";
import type { InstanceStatus, ServiceStatus } from "../../src/supervisor/control.ts";
import { exitCodeOf, isOver, isReady, reactionTo } from "../../src/supervisor/shell/foreground.ts";
import { readForegroundRun, writeForegroundRun } from "../../src/supervisor/shell/foregroundRun.ts";
import type { State } from "../../src/supervisor/states.ts";
import type { ExitStatus } from "../../src/values/exitStatus.ts";

function instance(state: State, status?: ExitStatus): InstanceStatus {
  return {
    ...{ name: "web/0", state, ready: state === "running", wanted: true, pid: null, since: 0, startedAt: null, restarts: 0, attempt: 1 },
    ...{ why: "", statusText: null, cpu: null, memory: null, adopted: false, log: "", errorLog: null, degraded: [] },
    lastExit: status === undefined ? null : { status, pid: 1, at: 0, usage: null },
  };
}

function service(...instances: readonly InstanceStatus[]): ServiceStatus {
  return { name: "web", wanted: true, instances, schedule: null };
}

const only = (state: State, status?: ExitStatus) => exitCodeOf([service(instance(state, status))]);

test("one instance's exit status is the tree's", () => {
  assert.equal(only("completed", { code: 0 }), 0);
  assert.equal(only("failed", { code: 3 }), 3);
  assert.equal(only("stopped", { signal: "SIGTERM" }), 143);
  assert.equal(only("failed", { signal: "SIGKILL" }), 137);
  assert.equal(only("failed", { signal: "SIGSEGV" }), 139);
  assert.equal(only("failed", "unknown"), 1);
  assert.equal(only("failed", { code: 0 }), 1, "it should have stayed");
  assert.equal(only("failed"), 1, "it could not be started");
  assert.equal(only("stopped"), 0, "it was stopped before it was started");
});

test("of several, the first that ended badly counts, and what was stopped did not", () => {
  const good = instance("completed", { code: 0 });
  const stopped = instance("stopped", { signal: "SIGTERM" });
  assert.equal(exitCodeOf([]), 0);
  assert.equal(exitCodeOf([service(good, stopped), service(stopped)]), 0);
  assert.equal(exitCodeOf([service(good), service(stopped, instance("failed", { code: 4 })), service(instance("failed", { code: 5 }))]), 4);
  assert.equal(exitCodeOf([service(good, instance("completed", { code: 6 }))]), 6, "restart: never");
});

test("a tree is over when nothing will happen by itself any more", () => {
  assert.equal(isOver([service(instance("completed")), service(instance("failed"), instance("stopped"))]), true);
  for (const state of ["waiting", "starting", "running", "reloading", "stopping", "backoff"] as const) {
    assert.equal(isOver([service(instance("completed")), service(instance(state))]), false, state);
  }
});

test("a tree is ready when all that are to be up are, and what ends by itself has ended well", () => {
  const scheduled = { ...service(instance("waiting")), schedule: { cron: "* * * * *", timeZone: null, next: 1 } };
  const off = { ...service(instance("stopped")), wanted: false };
  assert.equal(isReady([service(instance("running"), instance("completed")), scheduled, off]), true);
  for (const state of ["waiting", "starting", "backoff", "failed", "stopping"] as const) {
    assert.equal(isReady([service(instance("running")), service(instance(state))]), false, state);
  }
});

test("signals are commands", () => {
  const as = (signal: NodeJS.Signals, terminal = false, stopping = false) => reactionTo(signal, { terminal, stopping });
  assert.deepEqual([as("SIGTERM"), as("SIGINT"), as("SIGPWR")], Array(3).fill({ do: "stop" }));
  assert.deepEqual([as("SIGINT", true, true), as("SIGTERM", true, true)], [{ do: "kill" }, { do: "stop" }]);
  assert.deepEqual([as("SIGHUP"), as("SIGHUP", true)], [{ do: "reload" }, { do: "stop" }]);
  for (const signal of ["SIGUSR1", "SIGUSR2", "SIGQUIT"] as const) assert.deepEqual(as(signal), { do: "pass", signal });
});

test("what run hands over can be read again and again", () => {
  const fd = writeForegroundRun({ mode: "foreground", services: null, terminal: true });
  assert.deepEqual(readForegroundRun(fd), { mode: "foreground", services: null, terminal: true });
  assert.deepEqual(readForegroundRun(fd), { mode: "foreground", services: null, terminal: true });
  closeSync(fd);
});
