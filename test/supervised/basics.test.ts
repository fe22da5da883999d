import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isAlive } from "../support/process.ts";
import { supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";

test("a service is started, and started again when it is killed", async (t) => {
  const { apply, status } = await supervised(t);
  const { instances } = await apply({ nap: { command: ["sleep", "1000"], restart: { stable: "1ms" } } });
  assert.equal(instances[0]?.outcome, "done");
  const { pid } = await status("nap/0");
  assert.ok(pid !== null && isAlive(pid));
  process.kill(pid, "SIGKILL");
  const again = await until("another process", async () => {
    const now = await status("nap/0");
    return now.pid !== null && now.pid !== pid && now;
  });
  assert.equal(again.state, "running");
  assert.equal(again.restarts, 1);
  assert.deepEqual(again.lastExit?.status, { signal: "SIGKILL" });
});

test("stop ends all of it: what left the session, what ignores SIGTERM, what daemonized itself", async (t) => {
  const { apply, client, processes, status } = await supervised(t);
  const script = `
    trap '' TERM
    (trap '' TERM; setsid sh -c 'trap "" TERM; sleep 1000' &) 
    (setsid sh -c 'setsid sh -c "trap \\"\\" TERM; sleep 1000" & exit' &)
    sh -c 'sleep 1000 & wait' &
    while :; do sleep 1; done`;
  await apply({ hydra: { command: ["sh", "-c", script], stop: { timeout: "300ms" } } });
  await until("all of it to run", () => processes("hydra/0").length >= 6);
  const { instances } = await client.act({ selector: "hydra", action: "stop" });
  assert.equal(instances[0]?.outcome, "done");
  assert.equal((await status("hydra/0")).state, "stopped");
  assert.deepEqual(processes("hydra/0"), []);
});

test("a service that keeps dying backs off, and is given up at its limit", async (t) => {
  const { apply, status, client } = await supervised(t);
  await apply(
    { bad: { command: ["sh", "-c", "exit 3"], restart: { limit: 3, window: "1min", backoff: { initial: "10ms", max: "20ms" } } } },
    { wait: 0 },
  );
  const failed = await until("it to be given up", async () => {
    const now = await status("bad/0");
    return now.state === "failed" && now;
  });
  assert.match(failed.why, /exit status 3/);
  assert.equal((await client.why("bad"))[0]?.history.at(-1)?.to, "failed");
});

test("output goes into the log, both streams in order", async (t) => {
  const { apply, log, status } = await supervised(t);
  await apply({ talk: { command: ["sh", "-c", "for i in 1 2 3; do echo out $i; echo err $i >&2; done; exec sleep 1000"] } });
  await until("the output", () => log("talk/0").split("\n").length > 6);
  assert.equal(log("talk/0"), "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n");
  assert.equal((await status("talk/0")).state, "running");
});

test("apply twice changes nothing; a changed variable restarts just that service, and a removed one is gone", async (t) => {
  const { apply, status, dir } = await supervised(t);
  const service = (env: Record<string, string>) => ({ command: ["sleep", "1000"], env });
  const first = await apply({ one: service({ COLOR: "red", SIZE: "1" }), two: service({}) });
  assert.deepEqual(first.plan.added, ["one", "two"]);
  const pids = [(await status("one/0")).pid, (await status("two/0")).pid];
  const second = await apply({ one: service({ COLOR: "red", SIZE: "1" }), two: service({}) });
  assert.deepEqual(second.plan.unchanged, ["one", "two"]);
  assert.deepEqual([(await status("one/0")).pid, (await status("two/0")).pid], pids);
  const third = await apply({ one: service({ COLOR: "blue" }), two: service({}) });
  assert.deepEqual(third.plan.changed, [{ name: "one", keys: ["env.COLOR", "env.SIZE"], restart: true }]);
  const after = await status("one/0");
  assert.notEqual(after.pid, pids[0]);
  assert.equal((await status("two/0")).pid, pids[1]);
  const environ = readFileSync(`/proc/${after.pid}/environ`, "latin1").split("\0");
  assert.ok(environ.includes("COLOR=blue"));
  assert.ok(!environ.some((entry) => entry.startsWith("SIZE=")));
  writeFileSync(join(dir, "x"), "");
});

test("dependencies: it starts when what it needs is ready", async (t) => {
  const { apply, events, dir } = await supervised(t);
  const cue = join(dir, "cue");
  const waiting = apply({
    web: { command: ["sleep", "1000"], dependsOn: { db: "ready" } },
    db: { command: ["sh", "-c", `while [ ! -e ${cue} ]; do sleep 0.05; done; echo up; exec sleep 1000`], ready: { pattern: "^up$" } },
  });
  await until("db to start", async () =>
    (await events()).some((event) => event.type === "state" && event.instance === "db/0" && event.to === "starting"),
  );
  assert.ok(!(await events()).some((event) => event.type === "state" && event.instance === "web/0" && event.to === "starting"));
  writeFileSync(cue, "");
  const { instances } = await waiting;
  assert.deepEqual(
    instances.map(({ outcome }) => outcome),
    ["done", "done"],
  );
});

test("hooks run before the start and after the exit, and their output is in the log", async (t) => {
  const { apply, client, log, dir } = await supervised(t);
  const file = join(dir, "order");
  await apply({
    job: {
      command: ["sh", "-c", `echo run >> ${file}; exec sleep 1000`],
      hooks: {
        beforeStart: ["sh", "-c", `echo before >> ${file}; echo hello from hook`],
        afterExit: ["sh", "-c", `echo after >> ${file}`],
      },
    },
  });
  await until("it to run", () => existsSync(file) && readFileSync(file, "utf8").includes("run"));
  await client.act({ selector: "job", action: "stop" });
  assert.equal(readFileSync(file, "utf8"), "before\nrun\nafter\n");
  assert.match(log("job/0"), /hello from hook/);
});

test("a forking service is followed by its pid file, and by being its subreaper", async (t) => {
  const { apply, client, status, processes, dir } = await supervised(t);
  const pidFile = join(dir, "daemon.pid");
  const daemon = (name: string, pid: string) => [
    "sh",
    "-c",
    `setsid sh -c 'echo $$ > ${pid}; exec sleep ${name}' & while [ ! -s ${pid} ]; do sleep 0.01; done`,
  ];
  await apply({
    filed: { command: daemon("1001", pidFile), type: "forking", pidFile },
    followed: { command: daemon("1002", join(dir, "other.pid")), type: "forking" },
  });
  assert.equal((await status("filed/0")).pid, Number(readFileSync(pidFile, "utf8")));
  assert.equal((await status("followed/0")).pid, Number(readFileSync(join(dir, "other.pid"), "utf8")));
  const { pid } = await status("followed/0");
  process.kill(pid ?? 0, "SIGKILL");
  const again = await until("another daemon", async () => {
    const now = await status("followed/0");
    return now.state === "running" && now.pid !== pid && now;
  });
  assert.deepEqual(again.lastExit?.status, { signal: "SIGKILL" });
  await client.act({ selector: "all", action: "stop" });
  assert.deepEqual(processes(), []);
});
