import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { track } from "../support/cleanup.ts";
import { isAlive, readStat } from "../support/process.ts";
import { until } from "../support/wait.ts";
import { initTree, zombiesOf } from "./initTree.ts";

test("a spawned process is in the table with its pid and start time, and its exit is told once it is over", async (t) => {
  const tree = await initTree(track(t));
  const started = await tree.remote(
    ({ client, steps }, mark) =>
      client.spawn({
        key: "web/0",
        plan: [steps.fork(), steps.setsid(), steps.signalMask([]), steps.exec("/bin/sleep", ["sleep", "1000"], [mark])],
      }),
    tree.mark,
  );
  assert.equal(readStat(started.pid).ppid, tree.pid);
  assert.equal(readStat(started.pid).startTime, BigInt(started.startTime));
  const [record] = await tree.remote(({ client }) => client.list(), undefined);
  assert.deepEqual(
    { ...record, spawnedAt: 0 },
    { serial: started.serial, key: "web/0", pid: started.pid, startTime: Number(started.startTime), adopted: false, spawnedAt: 0 },
  );
  assert.equal(await tree.remote(({ client }, serial) => client.signal(serial, 15), started.serial), true);
  const exited = await until("the exit", () =>
    tree.remote(({ events }) => events[0] as { pid: number; exit: { status: number; usage: object } }, undefined),
  );
  assert.equal(exited.pid, started.pid);
  assert.equal(exited.exit.status, 15);
  assert.equal(await tree.remote(({ client }, serial) => client.signal(serial, 15), started.serial), false);
  await tree.remote(({ client }, serial) => client.acknowledgeExit(serial), started.serial);
  assert.deepEqual(await tree.remote(({ client }) => client.list(), undefined), []);
});

test("200 children end as they chose to, and their records have the kernel's account", async (t) => {
  const tree = await initTree(track(t));
  const wanted = Array.from({ length: 200 }, (_, index) => (index % 4 === 3 ? { signal: 1 + (index % 15) } : { code: (index * 7) % 256 }));
  const serials = await tree.remote(
    async ({ client, steps }, { mark, list }) => {
      const started = list.map((end, index) =>
        client.spawn({
          key: `child/${index}`,
          plan: [
            steps.fork(),
            steps.defaultSignals(),
            steps.signalMask([]),
            steps.setLimit(4, 0, 0),
            steps.exec("/bin/sh", ["sh", "-c", "code" in end ? `exit ${end.code}` : `kill -${end.signal} $$`], [mark]),
          ],
        }),
      );
      return (await Promise.all(started)).map(({ serial }) => serial);
    },
    { mark: tree.mark, list: wanted },
  );
  const records = await until("all to end", async () => {
    const list = await tree.remote(({ client }) => client.list(), undefined);
    return list.every(({ exit }) => exit !== undefined) && list;
  });
  assert.equal(records.length, 200);
  for (const [index, serial] of serials.entries()) {
    const record = records.find((candidate) => candidate.serial === serial);
    const end = wanted[index];
    assert.equal(record?.key, `child/${index}`);
    assert.equal(record?.exit?.status, end !== undefined && "signal" in end ? end.signal : (end?.code ?? 0) << 8, `child ${index}`);
    assert.ok((record?.exit?.usage?.maxResident ?? 0) > 100, "no resident memory");
    assert.ok((record?.exit?.usage?.minorFaults ?? 0) > 10, "no page faults");
  }
  assert.deepEqual(zombiesOf(tree.pid), []);
});

test("a step that fails is an answer, names the step, and leaves nothing behind", async (t) => {
  const tree = await initTree(track(t));
  const failure = await tree.remote(async ({ client, steps }) => {
    const attempt = async (plan: Parameters<typeof client.spawn>[0]["plan"]) => {
      try {
        return await client.spawn({ key: "x", plan });
      } catch (error) {
        return { code: (error as { code: string }).code, step: (error as { step: string }).step };
      }
    };
    return [
      await attempt([steps.fork(), steps.exec("/nonexistent/program", ["x"], [])]),
      await attempt([steps.fork(), steps.chdir("/nonexistent"), steps.exec("/bin/true", ["x"], [])]),
      await attempt([steps.chdir("/"), steps.fork(), steps.exec("/bin/true", ["x"], [])]),
      await attempt([steps.exec("/bin/true", ["x"], [])]),
    ];
  }, undefined);
  assert.deepEqual(failure, [
    { code: "ENOENT", step: "exec" },
    { code: "ENOENT", step: "chdir" },
    { code: "EINVAL", step: "init spawn" },
    { code: "EINVAL", step: "init spawn" },
  ]);
  assert.deepEqual(await tree.remote(({ client }) => client.list(), undefined), []);
  assert.deepEqual(zombiesOf(tree.pid), []);
});

test("1,000 spawns leave no descriptor, no zombie and no memory behind", { timeout: 120_000 }, async (t) => {
  const tree = await initTree(track(t));
  const round = () =>
    tree.remote(
      async ({ client, steps, slot, require }, { dir, mark }) => {
        const { openSync, closeSync } = require("node:fs");
        const fd = openSync(`${dir}/log`, "a+");
        const { log } = await client.setLog({ name: "log", fd });
        closeSync(fd);
        for (let index = 0; index < 500; index++) {
          const plan = [
            steps.fork(),
            steps.closeFdsFrom(0, { except: [slot(0)] }),
            steps.dup(slot(0), 1),
            steps.exec("/bin/true", ["true"], [mark]),
          ];
          const { serial } = await client.spawn({ key: "true", plan, descriptors: [{ pipe: log }] });
          while (true) {
            const done = await client.acknowledgeExit(serial).then(
              () => true,
              () => false,
            );
            if (done) break;
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
        }
        await client.closeLog(log);
      },
      { dir: tree.dir, mark: tree.mark },
    );
  const descriptors = () => readdirSync(`/proc/${tree.pid}/fd`).length;
  const before = descriptors();
  await round();
  await round();
  await until("the pipes to end", () => descriptors() === before);
  assert.deepEqual(zombiesOf(tree.pid), []);
  const statistics = await tree.remote(({ client }) => client.statistics(), undefined);
  assert.equal(statistics.spawned, 1000);
  assert.deepEqual([statistics.processes, statistics.logs, statistics.pipes], [0, 0, 0]);
});

test("with 1,000 services, their pipes and logs, init takes at most 1.5 MB and no processor time", { timeout: 120_000 }, async (t) => {
  const tree = await initTree(track(t));
  await tree.remote(
    async ({ client, steps, slot, require }, { dir, mark }) => {
      const { openSync, closeSync } = require("node:fs");
      const start = async (index: number) => {
        const fd = openSync(`${dir}/log${index}`, "w+");
        const { log } = await client.setLog({ name: `service/${index}`, fd });
        closeSync(fd);
        const except = { except: [slot(0)] };
        const plan = [
          steps.fork(),
          steps.setsid(),
          steps.closeFdsFrom(0, except),
          steps.dup(slot(0), 1),
          steps.exec("/bin/sleep", ["sleep", "1000"], [mark]),
        ];
        await client.spawn({ key: `service/${index}`, descriptors: [{ pipe: log }], plan });
      };
      for (let index = 0; index < 1000; index += 50) await Promise.all(Array.from({ length: 50 }, (_, more) => start(index + more)));
    },
    { dir: tree.dir, mark: tree.mark },
  );
  const { processes, logs, pipes } = await tree.remote(({ client }) => client.statistics(), undefined);
  assert.deepEqual([processes, logs, pipes], [1000, 1000, 1000]);
  const resident = Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${tree.pid}/status`, "utf8"))?.[1]);
  assert.ok(resident <= 1536, `${resident} kB`);
  const switches = () => /^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`/proc/${tree.pid}/status`, "utf8"))?.[1];
  const before = switches();
  await sleep(1000);
  assert.equal(switches(), before, "init woke up though nothing happened");
});

test("orphans come to init, are reaped and told of", async (t) => {
  const tree = await initTree(track(t));
  const { pid } = await tree.remote(
    ({ client, steps }, mark) =>
      client.spawn({
        key: "parent",
        plan: [
          steps.fork(),
          steps.signalMask([]),
          steps.exec("/bin/sh", ["sh", "-c", "(sleep 0.2; exit 9) & exit 0"], [mark, "PATH=/bin"]),
        ],
      }),
    tree.mark,
  );
  const orphan = await until("the orphan", () =>
    tree.remote(
      ({ events }) =>
        (events as { kind: string; pid: number; status: number }[]).find(({ kind, status }) => kind === "orphan" && status === 9 << 8),
      undefined,
    ),
  );
  assert.notEqual(orphan.pid, pid);
  assert.ok(!isAlive(orphan.pid));
  assert.deepEqual(zombiesOf(tree.pid), []);
});

test("a program starts with the limit of descriptors that init was started with", async (t) => {
  const tree = await initTree(track(t), { under: ["prlimit", "--nofile=777:4096"] });
  const { pid } = await tree.remote(
    ({ client, steps }, mark) => client.spawn({ key: "x", plan: [steps.fork(), steps.exec("/bin/sleep", ["sleep", "1000"], [mark])] }),
    tree.mark,
  );
  const soft = (process: number) => /^Max open files\s+(\d+)/m.exec(readFileSync(`/proc/${process}/limits`, "latin1"))?.[1];
  assert.equal(soft(pid), "777");
  assert.equal(soft(tree.pid), "4096");
});

test("shutdown ends init with the exit code that it is told, after the supervisor", async (t) => {
  const tree = await initTree(track(t));
  await tree.remote(({ client }) => {
    void client.shutdown(42).then(() => process.exit(0));
  }, undefined);
  assert.equal(await tree.ended, 42);
});
