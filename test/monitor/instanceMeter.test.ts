/** The sums of processes that come and go, by made-up tables. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { InstanceMeter } from "../../src/monitor/instanceMeter.ts";
import type { Seen } from "../../src/monitor/processTable.ts";

/** A table that is told what there is. */
class Table {
  readonly #processes = new Map<number, Seen>();
  gone: Seen[] = [];

  put(pid: number, values: Partial<Seen>): void {
    const known = this.#processes.get(pid);
    if (known === undefined) this.#processes.set(pid, { ...NOTHING, pid, ...values });
    else Object.assign(known, values);
  }

  end(...pids: number[]): void {
    this.gone = pids.flatMap((pid) => this.#processes.get(pid) ?? []);
    for (const pid of pids) this.#processes.delete(pid);
  }

  get(pid: number): Seen | undefined {
    return this.#processes.get(pid);
  }

  get all() {
    return [...this.#processes.values()].filter(({ isOver }) => !isOver);
  }
}

const NOTHING: Seen = {
  ...{ pid: 0, startTime: 0, owner: "web/0", isNew: true, parent: 1, session: 1, ticks: 0, childTicks: 0 },
  ...{ threads: 1, pages: 1, isOver: false, look: 0, fd: -1 },
};

function begun() {
  const table = new Table();
  const meter = new InstanceMeter();
  let at = 1000;
  const take = () => {
    at += 100;
    const used = meter.take(table, at).get("web/0");
    table.gone = [];
    return used;
  };
  return { table, take, meter };
}

test("what was used before the first look is nobody's; what begins later is counted from its start", () => {
  const { table, take } = begun();
  table.put(10, { ticks: 500 });
  assert.equal(take(), undefined);
  table.put(10, { ticks: 530 });
  table.put(11, { startTime: 1150, ticks: 7, childTicks: 3 });
  table.put(12, { startTime: 20, ticks: 999 });
  assert.equal(take(), 40);
});

test("a child that was counted and is waited for counts once, with what it did last", () => {
  const { table, take } = begun();
  table.put(10, {});
  table.put(11, { parent: 10 });
  take();
  table.put(11, { ticks: 50 });
  assert.equal(take(), 50);
  // 58 when it ended, and another one of 4 that nobody saw.
  table.end(11);
  table.put(10, { ticks: 1, childTicks: 62 });
  assert.equal(take(), 13);
});

test("one that ends together with its parent is the grandparent's", () => {
  const { table, take } = begun();
  table.put(10, {});
  table.put(11, { parent: 10 });
  table.put(12, { parent: 11 });
  take();
  table.put(11, { ticks: 10 });
  table.put(12, { ticks: 20 });
  assert.equal(take(), 30);
  table.end(11, 12);
  table.put(10, { childTicks: 35 });
  assert.equal(take(), 5);
});

test("who ignores the end of children gets nothing of them, and loses nothing of its own", () => {
  const { table, take, meter } = begun();
  table.put(10, {});
  table.put(11, { parent: 10 });
  take();
  table.put(11, { ticks: 50 });
  take();
  const child = table.get(11);
  table.end(11);
  table.put(10, { ticks: 5 });
  assert.equal(take(), 5);
  assert.ok(child !== undefined);
  assert.equal(meter.heirOf(child), undefined);
});

test("a zombie is counted when it is waited for", () => {
  const { table, take } = begun();
  table.put(10, {});
  table.put(11, { parent: 10, ticks: 10 });
  take();
  table.put(11, { isOver: true, ticks: 15 });
  assert.equal(take(), 0);
  table.end(11);
  table.put(10, { childTicks: 15 });
  assert.equal(take(), 5);
});

test("counters that go back make nothing negative", () => {
  const { table, take } = begun();
  table.put(10, { ticks: 100, childTicks: 50 });
  take();
  table.put(10, { ticks: 40, childTicks: 10 });
  assert.equal(take(), 0);
  table.put(10, { ticks: 45 });
  assert.equal(take(), 5);
});

test("of another instance nothing is inherited", () => {
  const { table, take } = begun();
  table.put(10, {});
  table.put(11, { parent: 10, owner: "db/0" });
  take();
  table.put(11, { ticks: 50 });
  take();
  table.end(11);
  table.put(10, { childTicks: 55 });
  assert.equal(take(), 55);
});
