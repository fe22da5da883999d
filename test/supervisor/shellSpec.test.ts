import assert from "node:assert/strict";
import { test } from "node:test";
import type { MachineSpec } from "../../src/supervisor/machineSpec.ts";
import { accountOf } from "../../src/supervisor/shell/accountOf.ts";
import { baseEnvironment } from "../../src/supervisor/shell/baseEnvironment.ts";
import { machineSpecOf } from "../../src/supervisor/shell/machineSpecOf.ts";
import { specOf } from "../service/problems.ts";

const never = Number.POSITIVE_INFINITY;

/** A service, and what of it the machine has to know beside the defaults. */
const CASES: [what: string, service: object, machine: Partial<MachineSpec>][] = [
  ["a command alone", {}, {}],
  ["the type", { type: "oneshot", restart: "never" }, { type: "oneshot", restart: { ...defaultRestart(), when: "never" } }],
  ["readiness by a port", { ready: { port: 80, timeout: "5s" } }, { ready: { on: "port", timeout: 5000 } }],
  ["readiness that is waited for without end", { ready: { port: 80, timeout: "infinity" } }, { ready: { on: "port", timeout: never } }],
  [
    "a stop that is waited for without end",
    { stop: { signal: "INT", timeout: "infinity" } },
    { stop: { signal: "SIGINT", timeout: never } },
  ],
  ["a stop at once", { stop: { timeout: 0 } }, { stop: { signal: "SIGTERM", timeout: 0 } }],
  ["a reload by signal", { reload: { signal: "HUP" } }, { reload: { by: "signal", signal: "SIGHUP", confirmed: false, timeout: 30_000 } }],
  [
    "a reload by signal that the service tells the end of",
    { reload: { signal: "HUP" }, ready: { on: "notify", timeout: "7s" } },
    { reload: { by: "signal", signal: "SIGHUP", confirmed: true, timeout: 7000 }, ready: { on: "notify", timeout: 7000 } },
  ],
  [
    "a rolling reload",
    { reload: { rolling: true }, ready: "notify" },
    { reload: { by: "rolling" }, ready: { on: "notify", timeout: 30_000 } },
  ],
  ["a watchdog", { watchdog: "2s", ready: "notify" }, { watchdog: 2000, ready: { on: "notify", timeout: 30_000 } }],
  ["health", { health: { tcp: 80, failures: 7 } }, { health: { failures: 7 } }],
  ["hooks", { hooks: { beforeStart: ["true"], timeout: "3s" } }, { hooks: { beforeStart: { timeout: 3000 }, afterExit: null } }],
  [
    "both hooks",
    { hooks: { beforeStart: ["a"], afterExit: ["b"] } },
    { hooks: { beforeStart: { timeout: 60_000 }, afterExit: { timeout: 60_000 } } },
  ],
  [
    "a schedule",
    { schedule: "@daily", type: "oneshot" },
    { scheduled: true, type: "oneshot", restart: { ...defaultRestart(), when: "never" } },
  ],
];

for (const [what, service, machine] of CASES) {
  test(`the machine is told ${what}`, async () => {
    assert.deepEqual(machineSpecOf(await specOf({ command: ["true"], ...service })), { ...defaults(), ...machine });
  });
}

test("the machine is told that a service depends on others", async () => {
  const spec = await specOf({ command: ["true"] });
  assert.equal(machineSpecOf({ ...spec, dependsOn: { db: "ready" } }).dependent, true);
});

test("a service has where programs are, the language, the time zone and its user from the tree, and nothing else", () => {
  const starter = {
    PATH: "/x",
    LANG: "de_AT.UTF-8",
    LC_TIME: "C",
    TZ: "UTC",
    HOME: "/root",
    USER: "root",
    TOKEN: "secret",
    LC_: "?",
    SHLVL: "1",
  };
  const account = { name: "www", uid: 33, gid: 33, home: "/var/www", shell: "" };
  const common = { PATH: "/x", LANG: "de_AT.UTF-8", LC_TIME: "C", TZ: "UTC" };
  assert.deepEqual(baseEnvironment(starter, account), { ...common, HOME: "/var/www", USER: "www", LOGNAME: "www", SHELL: "/bin/sh" });
  assert.deepEqual(baseEnvironment(starter, undefined), { ...common, HOME: "/root", USER: "root" });
  assert.equal(baseEnvironment({}, undefined).PATH, "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
});

test("an account is looked up once, and again after a minute", () => {
  const asked = { user: "root", group: null, groups: null };
  const first = accountOf(asked, 1000);
  assert.deepEqual([first.identity.uid, first.identity.gid, first.record?.name], [0, 0, "root"]);
  assert.equal(accountOf({ ...asked }, 60_999), first);
  assert.notEqual(accountOf(asked, 61_000), first);
  assert.notEqual(accountOf({ ...asked, group: 5 }, 1000), first);
});

function defaults(): MachineSpec {
  return {
    type: "simple",
    ready: { on: "started", timeout: 30_000 },
    restart: defaultRestart(),
    stop: { signal: "SIGTERM", timeout: 10_000 },
    reload: null,
    watchdog: null,
    health: null,
    hooks: { beforeStart: null, afterExit: null },
    scheduled: false,
    dependent: false,
  };
}

function defaultRestart(): MachineSpec["restart"] {
  return { when: "always", limit: 10, window: 300_000, stable: 10_000, backoff: { initial: 100, factor: 2, max: 60_000 } };
}
