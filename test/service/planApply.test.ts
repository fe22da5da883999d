import assert from "node:assert/strict";
import { test } from "node:test";
import { checkConfig } from "../../src/service/checkConfig.ts";
import { difference, fingerprint } from "../../src/service/difference.ts";
import { needsRestart, planApply } from "../../src/service/planApply.ts";
import { SERVICE_KEYS } from "../../src/service/serviceTable.ts";
import type { ServiceSpec } from "../../src/service/specTypes.ts";
import { specOf } from "./problems.ts";

async function specs(services: object, variables: Record<string, string> = {}): Promise<readonly ServiceSpec[]> {
  const { config, problems } = await checkConfig({ services }, { directory: "/srv", variables });
  assert.ok(config, JSON.stringify(problems));
  return config.services;
}

const web = { command: "node server.js", env: { PORT: 80, OLD: "x" }, restart: { limit: 5 } };

test("to apply twice changes nothing, also after a restart of the supervisor", async () => {
  const first = await specs({ web, db: { command: "db" } });
  const saved: readonly ServiceSpec[] = JSON.parse(JSON.stringify(first));
  const plan = { added: [], changed: [], removed: [], unchanged: ["web", "db"] };
  assert.deepEqual(planApply(first, await specs({ web, db: { command: "db" } })), plan);
  assert.deepEqual(planApply(saved, await specs({ db: { command: ["db"] }, web })), { ...plan, unchanged: ["db", "web"] });
});

test("another way to write the same changes nothing", async () => {
  const one = await specOf({
    command: "node 'a b'",
    stop: { timeout: "60s" },
    env: { A: 1, B: 2 },
    umask: "022",
    logs: { maxSize: "10MiB" },
  });
  const other = await specOf({
    env: { B: "2", A: "1" },
    command: ["node", "a b"],
    stop: { timeout: 60_000, signal: 15 },
    umask: 0o22,
    restart: {},
  });
  assert.deepEqual(difference(one, other), []);
  assert.equal(fingerprint(one), fingerprint(other));
  assert.equal(fingerprint(one), fingerprint(JSON.parse(JSON.stringify(one))));
});

test("a changed key starts just that service again, and is named", async () => {
  const before = await specs({ web, db: { command: "db" } });
  const after = await specs({ web: { ...web, env: { PORT: 81, OLD: "x" } }, db: { command: "db" } });
  assert.deepEqual(planApply(before, after), {
    added: [],
    changed: [{ name: "web", keys: ["env.PORT"], restart: true }],
    removed: [],
    unchanged: ["db"],
  });
  assert.notEqual(fingerprint(before[0] as ServiceSpec), fingerprint(after[0] as ServiceSpec));
});

test("a removed variable is a change, and gone", async () => {
  const before = await specs({ web });
  const after = await specs({ web: { ...web, env: { PORT: 80 } } });
  assert.deepEqual(planApply(before, after).changed, [{ name: "web", keys: ["env.OLD"], restart: true }]);
  assert.deepEqual(after[0]?.env, { PORT: "80" });
});

test("a variable of the caller that changed is a change of the keys it is filled into, and its value isn't named", async () => {
  const service = { web: { command: "serve ${TOKEN}", env: { TOKEN: "${TOKEN}" } } };
  const plan = planApply(await specs(service, { TOKEN: "one-secret" }), await specs(service, { TOKEN: "two-secret" }));
  assert.deepEqual(plan.changed, [{ name: "web", keys: ["command", "env.TOKEN"], restart: true }]);
});

test("keys that matter to the supervisor alone leave the process alone", async () => {
  const before = await specs({ web });
  const after = await specs({
    web: {
      ...web,
      restart: { limit: 6, backoff: { max: "2min" } },
      stop: { timeout: "1s" },
      ready: { timeout: "1min" },
      instances: 2,
      checks: [{ metric: "cpu", above: 80 }],
      logs: { maxSize: "1MiB" },
      health: { tcp: 80 },
    },
  });
  const [change] = planApply(before, after).changed;
  assert.equal(change?.restart, false);
  assert.deepEqual(change?.keys, [
    "checks",
    "health",
    "instances",
    "logs.maxSize",
    "ready.timeout",
    "restart.backoff.max",
    "restart.limit",
    "stop.timeout",
  ]);
});

test("what is gone from the configuration is removed, what is new is added", async () => {
  const plan = planApply(await specs({ a: web, b: web }), await specs({ b: web, c: web }));
  assert.deepEqual(plan, { added: ["c"], changed: [], removed: ["a"], unchanged: ["b"] });
});

test("a key inside a section says for itself whether it needs a restart, or its section does", () => {
  assert.equal(needsRestart("ready.on"), true);
  assert.equal(needsRestart("ready.timeout"), false);
  assert.equal(needsRestart("logs.stderr"), true);
  assert.equal(needsRestart("sockets.http.port"), true);
  assert.equal(needsRestart("restart.backoff.max"), false);
  assert.equal(needsRestart("unheard-of"), true);
});

test("each key of a specification is one of the table, so that it is known what its change needs", async () => {
  const keys = Object.keys(await specOf({ command: "true" })).filter((key) => key !== "name" && key !== "written");
  assert.deepEqual(
    keys.filter((key) => !Object.hasOwn(SERVICE_KEYS, key)),
    [],
  );
  for (const [key, { change }] of Object.entries(SERVICE_KEYS)) assert.ok(change === "restart" || change === "live", key);
});
