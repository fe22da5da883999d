import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { track } from "../support/cleanup.ts";
import { needsRoot } from "../support/needs.ts";
import { isAlive, readStat } from "../support/process.ts";
import { until } from "../support/wait.ts";
import { logged, numberedWriter, numbersIn, service } from "./initService.ts";
import { type InitTree, initTree } from "./initTree.ts";

test("init is killed at full speed ten times: the service lives on, is adopted, and no line is lost or repeated", {
  timeout: 120_000,
}, async (t) => {
  const tracked = track(t);
  const dir = tracked.dir();
  let tree = await initTree(tracked, { dir });
  const count = 1_500_000;
  const { pid, startTime } = await service(tree, { name: "log", argv: numberedWriter(dir, count) });
  let inTheMiddle = 0;
  for (let round = 0; round < 10; round++) {
    const before = statSync(join(dir, "log")).size;
    await until("some output", () => statSync(join(dir, "log")).size > before + 200_000 || statSync(join(dir, "log")).size === count * 100);
    const supervisor = await tree.supervisor();
    process.kill(tree.pid, "SIGKILL");
    await tree.ended;
    if (statSync(join(dir, "log")).size < count * 100) inTheMiddle++;
    await until("its supervisor to end", () => !isAlive(supervisor));
    assert.ok(isAlive(pid));
    tree = await initTree(tracked, { dir });
    await adopt(tree, { key: "log", pid, startTime });
  }
  await until("the last line", () => statSync(join(dir, "log")).size >= count * 100, { timeout: 60_000 });
  assert.ok(inTheMiddle >= 4, `only ${inTheMiddle} of 10 kills came before the last line`);
  const numbers = numbersIn(logged(dir, "log"));
  assert.equal(numbers.length, count);
  for (let index = 0; index < count; index++) if (numbers[index] !== index) assert.fail(`line ${index} says ${numbers[index]}`);
  process.kill(pid, "SIGKILL");
  await until("its end", () => !isAlive(pid));
});

test("how an adopted process ended is true or unknown", { timeout: 60_000 }, async (t) => {
  const tracked = track(t);
  const first = await initTree(tracked);
  const services = [];
  for (const [name, script] of [
    ["code", "trap 'exit 7' USR1; while :; do sleep 0.05; done"],
    ["signal", "exec sleep 1000"],
  ] as const) {
    services.push(await service(first, { name, argv: ["/bin/sh", "-c", script] }));
  }
  process.kill(first.pid, "SIGKILL");
  await first.ended;
  const tree = await initTree(tracked);
  for (const { pid, startTime } of services) await adopt(tree, { key: String(pid), pid, startTime, log: false });
  const [code, signal] = services;
  process.kill(code?.pid ?? 0, "SIGUSR1");
  const killed = (await tree.remote(({ client }) => client.list(), undefined)).find(({ pid }) => pid === signal?.pid);
  await tree.remote(({ client }, serial) => client.signal(serial, 9), killed?.serial ?? 0);
  const records = await until("both ends", async () => {
    const list = await tree.remote(({ client }) => client.list(), undefined);
    return list.length === 2 && list.every(({ exit }) => exit !== undefined) && list;
  });
  for (const record of records) {
    assert.equal(record.adopted, true);
    const expected = record.pid === code?.pid ? 7 << 8 : 9;
    assert.ok(record.exit?.status === expected || record.exit?.status === undefined, `${record.key}: ${record.exit?.status}`);
  }
});

test("a number that belongs to another process by now is not adopted", async (t) => {
  const tree = await initTree(track(t));
  const refusal = (pid: number, startTime: number) =>
    tree.remote(
      ({ client }, { pid, startTime }) =>
        client.adopt({ key: "x", pid, startTime: BigInt(startTime), pipes: [] }).then(
          () => "adopted",
          ({ code }) => code,
        ),
      { pid, startTime },
    );
  assert.equal(await refusal(process.pid, Number(readStat(process.pid).startTime) + 1), "ESRCH");
  assert.equal(await refusal(4_194_303, 1), "ESRCH");
  assert.equal(await refusal(1, 1), "EINVAL");
  const { pid, startTime } = await service(tree, { name: "log", argv: ["/bin/sleep", "1000"] });
  assert.equal(await refusal(pid, startTime), "EEXIST");
});

test("a double-forked process is followed once it is adopted, with its whole record", async (t) => {
  const tree = await initTree(track(t));
  const pidFile = join(tree.dir, "pid");
  await service(tree, { name: "forking", argv: ["/bin/sh", "-c", `(setsid sh -c 'echo $$ > ${pidFile}; sleep 0.5; exit 5' &) ; exit 0`] });
  const pid = Number(await until("the pid file", () => readFileSync(pidFile, "utf8").trim()));
  await until("init to be its parent", () => readStat(pid).ppid === tree.pid);
  await adopt(tree, { key: "main", pid, startTime: Number(readStat(pid).startTime), log: false });
  const record = await until("its end", async () => {
    const list = await tree.remote(({ client }) => client.list(), undefined);
    return list.find(({ key, exit }) => key === "main" && exit !== undefined);
  });
  assert.equal(record.exit?.status, 5 << 8);
  assert.ok(record.exit?.usage !== undefined);
});

test("as pid 1 of a container init reaps, passes signals on and ends with the code that it is told", { skip: needsRoot }, async (t) => {
  const tracked = track(t);
  const tree = await initTree(tracked, { under: ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"] });
  const own = await tree.remote(({ client }) => client.hello.pid, undefined);
  assert.equal(own, 1);
  await service(tree, { name: "log", argv: ["/bin/sh", "-c", "(setsid sh -c 'sleep 0.1; exit 3' &); kill -TERM 1; exit 0"] });
  const events = await until("the signal and the orphan", async () => {
    const list = await tree.remote(({ events }) => events as { kind: string; signal?: number; status?: number }[], undefined);
    return list.some(({ kind }) => kind === "signal") && list.some(({ kind, status }) => kind === "orphan" && status === 3 << 8) && list;
  });
  assert.equal(events.find(({ kind }) => kind === "signal")?.signal, 15);
  await tree.remote(({ client }) => {
    void client.shutdown(42).then(() => process.exit(0));
  }, undefined);
  assert.equal(await tree.ended, 42);
});

/** What a supervisor does after init was killed: opens the log and the pipe again. */
function adopt(tree: InitTree, { key, pid, startTime, log = true }: { key: string; pid: number; startTime: number; log?: boolean }) {
  return tree.remote(
    async ({ client, require }, { key, pid, startTime, dir, log: wanted }) => {
      const { openSync, closeSync, constants } = require("node:fs");
      const pipes = [];
      if (wanted) {
        const file = openSync(`${dir}/${key}`, "r+");
        const { log } = await client.setLog({ name: key, fd: file });
        closeSync(file);
        pipes.push({ fd: openSync(`/proc/${pid}/fd/1`, constants.O_RDONLY | constants.O_NONBLOCK), log });
      }
      const { serial } = await client.adopt({ key, pid, startTime: BigInt(startTime), pipes });
      for (const { fd } of pipes) closeSync(fd);
      return serial;
    },
    { key, pid, startTime, dir: tree.dir, log },
  );
}
