import assert from "node:assert/strict";
import { closeSync, readdirSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { isSystemError } from "../../src/launch/errors.ts";
import { native } from "../../src/native/addon.ts";
import { track } from "../support/cleanup.ts";
import { node24, run } from "../support/run.ts";
import { until } from "../support/wait.ts";
import { closing, openDescriptors } from "./closing.ts";

const addon = `${import.meta.dirname}/../../src/native/addon.ts`;
const threads = () => readdirSync("/proc/self/task").length;

test("many waits at once each get what is theirs", async (t) => {
  const tracked = track(t);
  const pipes = Array.from({ length: 100 }, () => native().pipe());
  closing(tracked, ...pipes.flat());
  const waits = pipes.map(([read]) => native().pollAsync([read], 20_000));
  for (const [, write] of pipes.toReversed()) writeSync(write, "x");
  assert.deepEqual(
    await Promise.all(waits.map(({ done }) => done)),
    pipes.map(() => [0]),
  );
});

test("a wait sees the end of a pipe, and which of several is ready", async (t) => {
  const tracked = track(t);
  const [quiet, ended] = [native().pipe(), native().pipe()];
  closing(tracked, ...quiet, ended[0]);
  const wait = native().pollAsync([quiet[0], ended[0]], 20_000);
  closeSync(ended[1]);
  assert.deepEqual(await wait.done, [1]);
});

test("a wait that is called off resolves with nothing, also when it is called off twice or too late", async (t) => {
  const pipe = native().pipe();
  closing(track(t), ...pipe);
  const wait = native().pollAsync([pipe[0]], -1);
  wait.cancel();
  wait.cancel();
  assert.deepEqual(await wait.done, []);
  wait.cancel();
});

test("a wait ends after its timeout with nothing", async () => {
  assert.deepEqual(await native().pollAsync([], 20.5).done, []);
  assert.deepEqual(await native().pollAsync([], 0).done, []);
});

test("the caller may close its descriptor while the wait goes on", async (t) => {
  const [read, write] = native().pipe();
  closing(track(t), write);
  const wait = native().pollAsync([read], 20_000);
  closeSync(read);
  writeSync(write, "x");
  assert.deepEqual(await wait.done, [0]);
});

test("a closed descriptor is an error at once", () => {
  assert.throws(
    () => native().pollAsync([0, 987_654], -1),
    (error) => isSystemError(error) && error.errno === constants.errno.EBADF,
  );
});

test("a thousand waits leave no descriptor and no thread", async () => {
  await native().pollAsync([], 0).done;
  const before = [openDescriptors(), threads()];
  for (let round = 0; round < 20; round++) {
    const pipes = Array.from({ length: 25 }, () => native().pipe());
    const waits = pipes.flatMap(([read]) => [native().pollAsync([read], -1), native().pollAsync([read], -1)]);
    for (const [index, [, write]] of pipes.entries()) if (index % 2 === 0) writeSync(write, "x");
    for (const wait of waits) wait.cancel();
    await Promise.all(waits.map(({ done }) => done));
    for (const fd of pipes.flat()) closeSync(fd);
  }
  assert.throws(() => native().pollAsync([0, 987_654], -1));
  await until("descriptors and threads to be as before", () => openDescriptors() <= (before[0] ?? 0) && threads() <= (before[1] ?? 0));
});

test("a process ends when its last wait is over, and may exit with one pending", async () => {
  const start = (code: string) =>
    run(node24, ["--expose-gc", "--input-type=module", "--eval", `import { native } from "${addon}"; ${code}`]);
  const ended = await start(`const wait = native().pollAsync([], 1); await wait.done; gc(); console.log("over");`);
  assert.deepEqual([ended.code, ended.stdout, ended.stderr], [0, "over\n", ""]);
  const exited = await start(`native().pollAsync([0], -1); native().pollAsync([], -1); process.exit(3);`);
  assert.deepEqual([exited.code, exited.signal, exited.stderr], [3, null, ""]);
  const dropped = await start(`for (let i = 0; i < 50; i++) native().pollAsync([], 1); gc(); setTimeout(gc, 50);`);
  assert.deepEqual([dropped.code, dropped.signal, dropped.stderr], [0, null, ""]);
});

test("worker threads load the addon, and one that is terminated takes its waits along", async (t) => {
  const tracked = track(t);
  const before = openDescriptors();
  const code = `import { parentPort } from "node:worker_threads"; const { native } = await import(${JSON.stringify(`file://${addon}`)});
    for (let i = 0; i < 10; i++) native().pollAsync([], -1);
    parentPort.postMessage([native().strerror(1), await native().pollAsync([], 1).done]);`;
  for (let round = 0; round < 3; round++) {
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`));
    tracked.defer(() => worker.terminate());
    const message = await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
    assert.deepEqual(message, ["Operation not permitted", []]);
    await worker.terminate();
  }
  await until("the workers' descriptors to be closed", () => openDescriptors() <= before);
});
