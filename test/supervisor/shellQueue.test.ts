import assert from "node:assert/strict";
import { test } from "node:test";
import { Queue } from "../../src/supervisor/shell/queue.ts";

test("so many at a time, the others in their order, and a failure gives its place away", async () => {
  const queue = new Queue(2);
  const began: number[] = [];
  const ends: (() => void)[] = [];
  const all = [0, 1, 2, 3].map((number) =>
    queue.run(async () => {
      began.push(number);
      await new Promise<void>((resolve) => ends.push(resolve));
      if (number === 0) throw new Error("it fails");
      return number;
    }),
  );
  assert.deepEqual(began, [0, 1], "at once, without a turn of the event loop");
  ends[0]?.();
  await assert.rejects(all[0] ?? assert.fail(), /it fails/);
  assert.deepEqual(began, [0, 1, 2]);
  ends[1]?.();
  await all[1];
  assert.deepEqual(began, [0, 1, 2, 3]);
  ends[2]?.();
  ends[3]?.();
  assert.deepEqual(await Promise.all(all.slice(1)), [1, 2, 3]);
});
