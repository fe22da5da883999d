import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { inOrder } from "../../src/logs/readAhead.ts";
import { parseGrep } from "../../src/logs/readFilter.ts";
import { readForward, readLast } from "../../src/logs/readLog.ts";
import { needleFinder } from "../../src/logs/readNeedle.ts";
import { track } from "../support/cleanup.ts";
import { until } from "../support/wait.ts";
import { LogFixture, numbered, textsOf } from "./readFixture.ts";

const T = Date.UTC(2026, 10, 22, 12);
const size = (bytes: number) => bytes;

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

test("several sources are read at once, never more than asked for, and come in their order", async () => {
  let [reading, most] = [0, 0];
  const source = (number: number) =>
    async function* () {
      reading += 1;
      most = Math.max(most, reading);
      for (let item = 0; item < 3; item++) {
        await sleep(number % 2 === 0 ? 5 : 0);
        yield number * 10 + item;
      }
      reading -= 1;
    };
  const found = await all(inOrder([1, 2, 3, 4, 5].map(source), { atOnce: 3, size }));
  assert.deepEqual(found, [10, 11, 12, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 52]);
  assert.equal(most, 3);
});

test("a source whose turn hasn't come waits when it has read a mebibyte", async () => {
  const given = [0, 0];
  let goOn = () => {};
  const mayEnd = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const slow = async function* () {
    await mayEnd;
    yield 1;
  };
  const large = async function* () {
    for (let item = 0; item < 10; item++) {
      given[1] = item + 1;
      yield 400_000;
    }
  };
  const found = all(inOrder([slow, large], { atOnce: 2, size }));
  await until("it to have read ahead", () => given[1] === 3);
  await sleep(20);
  assert.equal(given[1], 3);
  goOn();
  assert.equal((await found).length, 11);
});

test("an error comes when its turn does, and whoever stops ends all sources", async () => {
  let ended = 0;
  const endless = async function* () {
    try {
      for (;;) {
        await sleep(1);
        yield 1;
      }
    } finally {
      ended += 1;
    }
  };
  const failing = async function* () {
    yield 1;
    throw new Error("a broken archive");
  };
  const few = async function* () {
    yield 7;
  };
  const seen: number[] = [];
  await assert.rejects(
    (async () => {
      for await (const item of inOrder([few, failing, endless], { atOnce: 3, size })) seen.push(item);
    })(),
    /a broken archive/,
  );
  assert.deepEqual([seen, ended], [[7, 1], 1]);
  for await (const item of inOrder([endless, endless], { atOnce: 2, size })) if (item === 1) break;
  assert.equal(ended, 3);
});

test("a search in several segments at once finds what a search in one after the other finds, in the same order", async (t) => {
  const fixture = new LogFixture(track(t).dir());
  for (const [number, packing] of (["zst", "gz", "plain", "zst", "zst"] as const).entries()) {
    fixture.archive(T + number, numbered(number * 20_000 + 1, (number + 1) * 20_000), packing);
  }
  fixture.append(numbered(100_001, 120_000));
  for (const grep of [parseGrep("line 1"), parseGrep("7777"), parseGrep("9{3}$"), parseGrep("line 119999")]) {
    const one = await fixture.texts({ grep });
    assert.ok(one.length > 0);
    assert.deepEqual(await fixture.texts({ grep, atOnce: 4 }), one);
  }
  const reading = readForward(fixture.log, { grep: parseGrep("line"), atOnce: 4 });
  assert.equal(textsOf((await reading.next()).value ?? [])[0], "line 1");
  await reading.return();
});

test("the last lines of a packed archive are its last lines, however many", async (t) => {
  const fixture = new LogFixture(track(t).dir());
  fixture.archive(T, numbered(1, 200_000), "zst");
  for (const count of [1, 2, 100, 150_000]) {
    const texts = textsOf(await readLast(fixture.log, count, {}));
    assert.deepEqual([texts.length, texts[0], texts.at(-1)], [count, `line ${200_001 - count}`, "line 200000"]);
  }
});

test("a needle is found wherever it is, whatever surrounds it", () => {
  const needle = "zq needle-4711";
  for (const around of ["x", "e", "zq needle-471", "z", "qz ", "abcdefghijklmnopqrstuvwxyz 0123456789-"]) {
    const length = 100_000;
    const block = Buffer.from(around.repeat(Math.ceil(length / around.length)).slice(0, length));
    for (const at of [0, 1, 5000, 65_537, length - needle.length]) {
      const filled = Buffer.from(block);
      filled.write(needle, at);
      const find = needleFinder(Buffer.from(needle));
      assert.equal(find(filled, 0), filled.indexOf(needle), `${around} at ${at}`);
      assert.equal(find(filled, at + 1), filled.indexOf(needle, at + 1));
      assert.equal(find(block, 0), block.indexOf(needle), "the next block");
    }
  }
});
