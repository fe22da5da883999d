import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { checkConfig } from "../../src/service/checkConfig.ts";
import { importPm2 } from "../../src/service/importPm2.ts";

test("an ecosystem becomes a configuration that passes the check", async () => {
  const { config, notes } = importPm2({
    apps: [
      {
        name: "API server",
        script: "./api.js",
        args: "--port 80",
        instances: "max",
        exec_mode: "cluster",
        node_args: "--max-old-space-size=300",
        cwd: "/srv",
        env: { NODE_ENV: "production", PORT: 80, RAW: "${X}" },
        env_staging: { PORT: 81 },
        max_memory_restart: "300M",
        min_uptime: "20s",
        max_restarts: 7,
        exp_backoff_restart_delay: 200,
        kill_timeout: 3000,
        wait_ready: true,
        listen_timeout: 9000,
        out_file: "/var/log/x",
        watch: true,
      },
      { script: "worker.py", autorestart: false, restart_delay: "5s" },
      { script: "worker.py" },
    ],
    deploy: {},
  });
  const checked = await checkConfig(config, { directory: "/", variables: {} });
  assert.deepEqual(
    checked.problems.filter(({ severity }) => severity === "error"),
    [],
  );
  const [api, worker, second] = checked.config?.services ?? [];
  assert.equal(api?.name, "API server");
  assert.deepEqual(api?.command, ["node", "--max-old-space-size=300", "./api.js", "--port", "80"]);
  assert.deepEqual(api?.env, { NODE_ENV: "production", PORT: "80", RAW: "${X}" });
  assert.deepEqual(api?.restart, {
    when: "always",
    limit: 7,
    window: 300_000,
    stable: 20_000,
    backoff: { initial: 200, factor: 2, max: 60_000 },
  });
  assert.equal(api?.stop.timeout, 3000);
  assert.deepEqual(api?.ready, { on: "notify", timeout: 9000 });
  assert.equal(api?.checks[0]?.threshold, 300 * 1024 ** 2);
  assert.equal(worker?.restart.when, "never");
  assert.deepEqual(worker?.restart.backoff, { initial: 5000, factor: 1, max: 5000 });
  assert.equal(second?.name, "worker-2");
  for (const about of [/^API server: env_staging is left out/, /watch has no counterpart/, /cluster mode/, /path of log files/]) {
    assert.ok(
      notes.some((note) => about.test(note)),
      String(about),
    );
  }
});

test("nothing that calls itself an ecosystem makes it throw", () => {
  fc.assert(fc.property(fc.anything(), (value) => void importPm2(value)));
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom("script", "args", "env", "instances", "interpreter", "node_args", "wait_ready", "uid"), fc.jsonValue()),
      (app) => void importPm2({ apps: [app] }),
    ),
  );
});
