import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { ServiceConfig } from "../../src/service/configTypes.ts";
import { killTree } from "../support/killTree.ts";
import { isAlive } from "../support/process.ts";
import { type Supervised, supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";

const SLEEP: ServiceConfig = { command: ["sleep", "1000"], restart: { stable: "1ms" } };

function lines(path: string): string[] {
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
}

/** "web/0 running" for each change of state, in order. */
async function changes({ events }: Supervised): Promise<string[]> {
  return (await events()).flatMap((event) => (event.type === "state" && event.from !== event.to ? [`${event.instance} ${event.to}`] : []));
}

// They wait for seconds more than they work: several at the same time.
describe("schedules and commands", { concurrency: 2 }, () => {
  test("a schedule with seconds runs again and again, never twice at a time, also across a SIGKILL of the supervisor", async (t) => {
    const home = await supervised(t);
    const file = join(home.dir, "runs");
    const command = ["sh", "-c", `echo begin >> ${file}; sleep 1.3; echo end >> ${file}`];
    const { instances } = await home.apply({ job: { command, schedule: "* * * * * *" } });
    assert.deepEqual([instances[0]?.outcome, instances[0]?.state], ["done", "waiting"]);
    const [listed] = await home.client.list("job");
    const next = listed?.schedule?.next ?? 0;
    assert.ok(next > Date.now() - 5000 && next < Date.now() + 5000);
    await until("two runs", () => lines(file).length >= 4, { timeout: 30_000 });
    await killTree(home, "supervisor");
    const before = lines(file).length;
    await until("two more", () => lines(file).length >= before + 4, { timeout: 30_000 });
    await home.client.act({ selector: "job", action: "stop" });
    const runs = lines(file);
    assert.deepEqual(
      runs,
      runs.map((_, index) => (index % 2 === 0 ? "begin" : "end")),
    );
    assert.equal((await home.status("job/0")).state, "stopped");
  });

  test("one that is stopped doesn't run when it is due, and one that fails runs when it is due again", async (t) => {
    const home = await supervised(t);
    const file = join(home.dir, "runs");
    await home.apply({ job: { command: ["sh", "-c", `echo run >> ${file}; exit 5`], schedule: "* * * * * *" } });
    await until("two runs", () => lines(file).length >= 2, { timeout: 30_000 });
    await home.client.act({ selector: "job", action: "stop" });
    const before = lines(file).length;
    const other = join(home.dir, "other");
    await home.apply({ other: { command: ["sh", "-c", `echo run >> ${other}`], schedule: "* * * * * *" } });
    await until("the other one to run twice", () => lines(other).length >= 2, { timeout: 30_000 });
    assert.equal(lines(file).length, before);
  });

  test("scaled up and down: those that stay are left alone", async (t) => {
    const { apply, client, processes } = await supervised(t);
    await apply({ web: SLEEP });
    const scale = async (instances: number) => {
      const { instances: outcomes } = await client.act({ selector: "web", action: "scale", instances });
      assert.deepEqual(new Set(outcomes.map(({ outcome }) => outcome)), new Set(["done"]));
      const [service] = await client.list("web");
      return service?.instances.map(({ pid }) => Number(pid)) ?? [];
    };
    const [first] = (await client.list("web"))[0]?.instances ?? [];
    const three = await scale(3);
    assert.equal(three.length, 3);
    assert.equal(three[0], first?.pid);
    assert.deepEqual(processes().sort(), [...three].sort());
    const one = await scale(1);
    assert.deepEqual(one, three.slice(0, 1));
    assert.deepEqual(processes(), one);
    assert.deepEqual(await scale(1), one);
  });

  test("while those that a lower count lets go still end, the count asked for again waits for them, and start leaves them alone", async (t) => {
    const { apply, client, status } = await supervised(t);
    await apply({ web: { command: ["sh", "-c", "trap '' TERM; while :; do sleep 0.05; done"], instances: 2, stop: { timeout: "2s" } } });
    await client.act({ selector: "web", action: "scale", instances: 1, wait: 0 });
    assert.equal((await status("web/1")).state, "stopping");
    const again = client.act({ selector: "web", action: "scale", instances: 1 });
    const started = await client.act({ selector: "web", action: "start" });
    assert.deepEqual(
      started.instances.map(({ name, outcome }) => [name, outcome]),
      [["web/0", "done"]],
    );
    await assert.rejects(client.act({ selector: "web/1", action: "start" }), {
      message: /web\/1 is being deleted: web has 1 instance now/,
    });
    assert.deepEqual(
      (await again).instances.map(({ name, outcome }) => [name, outcome]),
      [
        ["web/0", "done"],
        ["web/1", "done"],
      ],
    );
    assert.deepEqual(
      (await client.list("web"))[0]?.instances.map(({ name }) => name),
      ["web/0"],
    );
  });

  test("scaled to what it is while it is stopped: nothing is to be done", async (t) => {
    const { apply, client } = await supervised(t);
    await apply({ web: SLEEP });
    await client.act({ selector: "web", action: "stop" });
    assert.deepEqual((await client.act({ selector: "web", action: "scale", instances: 1 })).instances, []);
  });

  test("start also starts what a service needs, in order, and stop ends those first that nobody needs", async (t) => {
    const home = await supervised(t);
    const { apply, client } = home;
    const slow = (name: string): ServiceConfig => ({
      command: ["sh", "-c", `trap 'exit 0' TERM; sleep 0.2; echo up; while :; do sleep 0.1; done`],
      ready: { pattern: "^up$" },
      env: { NAME: name },
    });
    await apply({
      web: { ...slow("web"), dependsOn: { api: "ready", once: "completed" } },
      api: { ...slow("api"), dependsOn: { db: "started" } },
      db: slow("db"),
      once: { command: ["sh", "-c", "sleep 0.3"], type: "oneshot" },
    });
    await client.act({ selector: "all", action: "stop" });
    const stops = (await changes(home)).filter((change) => change.endsWith(" stopped"));
    assert.ok(stops.indexOf("web/0 stopped") < stops.indexOf("api/0 stopped"));
    assert.ok(stops.indexOf("api/0 stopped") < stops.indexOf("db/0 stopped"));
    const before = (await changes(home)).length;
    const { instances } = await client.act({ selector: "web", action: "start" });
    assert.deepEqual(
      instances.map(({ name, outcome }) => [name, outcome]),
      [["web/0", "done"]],
    );
    const after = (await changes(home)).slice(before);
    const at = (change: string) => {
      assert.ok(after.includes(change), `${change} in ${after}`);
      return after.indexOf(change);
    };
    assert.ok(at("db/0 starting") < at("api/0 starting"));
    assert.ok(at("api/0 running") < at("web/0 starting"));
    assert.ok(at("once/0 completed") < at("web/0 starting"));
  });

  test("one whose dependency can't be had says so instead of waiting for ever", async (t) => {
    const { apply, client } = await supervised(t);
    const failing: ServiceConfig = { command: ["sh", "-c", "exit 3"], restart: "never", ready: { pattern: "never" } };
    const { instances } = await apply({ db: failing, web: { ...SLEEP, dependsOn: ["db"] } });
    assert.deepEqual(
      instances.map(({ outcome, state }) => `${outcome} ${state}`),
      ["failed failed", "failed waiting"],
    );
    assert.match(instances[1]?.why ?? "", /waits for db\/0, which is failed/);
    const { instances: fixed } = await apply({ db: SLEEP, web: { ...SLEEP, dependsOn: ["db"] } });
    assert.equal(fixed[0]?.outcome, "done");
    const [web] = (await client.act({ selector: "web", action: "start" })).instances;
    assert.equal(web?.outcome, "done");
  });

  test("restart and stop while it starts", async (t) => {
    const home = await supervised(t);
    const cue = join(home.dir, "cue");
    const command = ["sh", "-c", `while [ ! -e ${cue} ]; do sleep 0.02; done; echo up; exec sleep 1000`];
    await home.apply({ web: { command, ready: { pattern: "^up$", timeout: "1min" } } }, { wait: 0 });
    const first = await until("it to start", async () => (await home.status("web/0")).pid);
    const restarted = home.client.act({ selector: "web", action: "restart" });
    const second = await until("another process", async () => {
      const { pid } = await home.status("web/0");
      return pid !== null && pid !== first && pid;
    });
    assert.ok(!isAlive(first));
    writeFileSync(cue, "");
    const { instances } = await restarted;
    assert.deepEqual([instances[0]?.outcome, instances[0]?.pid], ["done", second]);
    rmSync(cue);
    const again = home.client.act({ selector: "web", action: "restart" });
    await until("it to start again", async () => (await home.status("web/0")).state === "starting");
    const stopped = await home.client.act({ selector: "web", action: "stop" });
    assert.deepEqual([stopped.instances[0]?.outcome, stopped.instances[0]?.state], ["done", "stopped"]);
    const reasons = (await home.client.why("web/0"))[0]?.history.map(({ reason }) => reason) ?? [];
    // The shell's child outlives it for a moment: that is no reason to wait until the time is up.
    assert.ok(!reasons.some((reason) => reason.includes("SIGKILL")), reasons.join("\n"));
    const [overtaken] = (await again).instances;
    assert.equal(overtaken?.outcome, "failed");
    assert.match(overtaken?.why ?? "", /was stopped meanwhile/);
    assert.deepEqual(home.processes(), []);
  });

  test("of several commands at once the last one counts, and all are answered", async (t) => {
    const home = await supervised(t);
    const { client, processes, status } = home;
    // It takes its time to stop, so that others come meanwhile.
    const command = ["sh", "-c", "trap 'sleep 0.3; exit 0' TERM; while :; do sleep 0.05; done"];
    await home.apply({ web: { command } });
    const ask = (action: "start" | "stop" | "restart") => client.act({ selector: "web", action, by: action });
    const inTurn = async (actions: readonly ("start" | "stop" | "restart")[]) => {
      const asked: ReturnType<typeof ask>[] = [];
      for (const action of actions) {
        asked.push(ask(action));
        await until("it to be heard", async () =>
          (await client.why("web/0"))[0]?.history.some(({ reason }) => reason.includes(`asked by`)),
        );
      }
      return (await Promise.all(asked)).map(({ instances }) => `${instances[0]?.outcome} ${instances[0]?.why}`);
    };
    const up = await inTurn(["stop", "start"]);
    assert.match(up[0] ?? "", /^failed web\/0 was started again meanwhile/);
    assert.match(up[1] ?? "", /^done/);
    assert.deepEqual([(await status("web/0")).state, processes().filter((pid) => pid === 0)], ["running", []]);
    const down = await inTurn(["restart", "stop"]);
    assert.match(down[0] ?? "", /^failed web\/0 was stopped meanwhile/);
    assert.match(down[1] ?? "", /^done/);
    assert.deepEqual([(await status("web/0")).state, processes()], ["stopped", []]);
    const many = await Promise.all([...Array(10).fill("restart"), "start", "start"].map((action) => ask(action)));
    assert.equal(many.length, 12);
    await until("one to run", async () => (await status("web/0")).state === "running");
    const { pid } = await status("web/0");
    assert.ok(processes().includes(pid ?? 0));
  });

  test("a delete that is overtaken by an apply is answered, and the service is there", async (t) => {
    const home = await supervised(t);
    const web: ServiceConfig = { command: ["sh", "-c", "trap 'sleep 0.5; exit 0' TERM; while :; do sleep 0.05; done"] };
    await home.apply({ web });
    const { pid } = await home.status("web/0");
    const deleted = home.client.act({ selector: "web", action: "delete" });
    await until("it to go", async () => (await home.client.list()).length === 0 || (await home.status("web/0")).state === "stopping");
    const { instances } = await home.apply({ web });
    assert.equal(instances[0]?.outcome, "done");
    assert.match((await deleted).instances[0]?.why ?? "", /started again meanwhile/);
    const now = await home.status("web/0");
    assert.deepEqual([now.state, now.pid === pid], ["running", false]);
  });
});
