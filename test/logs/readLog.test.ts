import assert from "node:assert/strict";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { parseGrep } from "../../src/logs/readFilter.ts";
import { type ReadEnd, readBytes, readForward, readLast } from "../../src/logs/readLog.ts";
import { mergeLines } from "../../src/logs/readMerge.ts";
import { listStreams } from "../../src/logs/readSegments.ts";
import { track } from "../support/cleanup.ts";
import { indexBytes, LogFixture, numbered, textsOf } from "./readFixture.ts";

const T = Date.UTC(2026, 10, 22, 12);

test("segments are read in the order of their times, whatever they are packed in", async (t) => {
  const fixture = new LogFixture(track(t).dir());
  fixture.archive(T + 2000, numbered(201, 300), "gz");
  fixture.archive(T, numbered(1, 100), "zst");
  fixture.archive(T + 3000, numbered(301, 400));
  fixture.archive(T + 1000, numbered(101, 200), "zst");
  fixture.append(numbered(401, 500));
  // Not read by anybody: work of a compressor, and the stream of another instance.
  writeFileSync(`${fixture.log.directory}/.0.20261122T120000000Z.log.zst.partial`, "half");
  writeFileSync(`${fixture.log.directory}/10.log`, "other\n");
  const all = numbered(1, 500).trimEnd().split("\n");
  assert.deepEqual(await fixture.texts(), all);
  assert.deepEqual(await fixture.texts({ blockSize: 7 }), all);
  assert.deepEqual(textsOf(await readLast(fixture.log, 250, {})), all.slice(-250));
  assert.deepEqual(textsOf(await readLast(fixture.log, 1000, {})), all);
  assert.deepEqual(await readLast(fixture.log, 0, {}), []);
  assert.deepEqual(listStreams(fixture.log.directory), ["0", "10"]);
});

test("an archive that is there plain and packed is read once", async (t) => {
  const fixture = new LogFixture(track(t).dir());
  fixture.archive(T, numbered(1, 3));
  fixture.archive(T, numbered(1, 3), "zst");
  fixture.append(numbered(4, 5));
  assert.deepEqual(await fixture.texts(), numbered(1, 5).trimEnd().split("\n"));
});

test("an archive that is packed, or removed, between the look and the reading does no harm", async (t) => {
  const fixture = new LogFixture(track(t).dir());
  const paths = [1, 2, 3].map((number) => fixture.archive(T + number, numbered(number, number)));
  fixture.append(numbered(4, 4));
  const reading = readForward(fixture.log, {});
  const first = await reading.next();
  assert.deepEqual(textsOf(first.value ?? []), ["line 1"]);
  fixture.pack(paths[1] ?? "", numbered(2, 2));
  rmSync(paths[2] ?? "");
  const rest: string[] = [];
  for await (const lines of reading) rest.push(...textsOf(lines));
  assert.deepEqual(rest, ["line 2", "line 4"]);
});

test("a log of nothing, of blanks, and a file that isn't there", async (t) => {
  const fixture = new LogFixture(track(t).dir());
  assert.deepEqual(await fixture.texts(), []);
  assert.deepEqual(await readLast(fixture.log, 5, {}), []);
  fixture.append("\n\n\n");
  assert.deepEqual(await fixture.texts(), ["", "", ""]);
  assert.equal((await readLast(fixture.log, 2, {})).length, 2);
});

test("long lines, NULs, bytes that are no UTF-8, no line end at the end", async (t) => {
  const fixture = new LogFixture(track(t).dir());
  const long = "x".repeat(10 * 1024 * 1024);
  const bytes = Buffer.concat([Buffer.from(`a\0b\n${long}\n`), Buffer.from([0xff, 0xfe, 0x0a]), Buffer.from("unfinished")]);
  fixture.append(bytes);
  const lines: Buffer[] = [];
  for await (const batch of readForward(fixture.log, {})) lines.push(...batch.map((line) => Buffer.from(line.bytes)));
  assert.equal(lines.length, 4);
  assert.equal(lines[0]?.toString(), "a\0b");
  assert.equal(lines[1]?.length, long.length);
  assert.deepEqual([...(lines[2] ?? [])], [0xff, 0xfe]);
  const last = await readLast(fixture.log, 3, {});
  assert.deepEqual(
    last.map((line) => [line.bytes.length, line.ended]),
    [
      [long.length, true],
      [2, true],
      [10, false],
    ],
  );
  const raw: Buffer[] = [];
  for await (const block of readBytes(fixture.log, {})) raw.push(Buffer.from(block));
  assert.ok(Buffer.concat(raw).equals(bytes));
});

test("a line that was cut between two segments comes in whole in the bytes", async (t) => {
  const fixture = new LogFixture(track(t).dir());
  fixture.archive(T, "one\ntw");
  fixture.append("o\nthree\n");
  const raw: Buffer[] = [];
  for await (const block of readBytes(fixture.log, {})) raw.push(Buffer.from(block));
  assert.equal(Buffer.concat(raw).toString(), "one\ntwo\nthree\n");
});

test("since and until give the lines of that time, to the resolution of the index", async (t) => {
  const fixture = new LogFixture(track(t).dir());
  // Ten lines a second, one record a second; archives of a minute, the first one packed.
  const second = (minute: number, index: number) => numbered(minute * 600 + index * 10, minute * 600 + index * 10 + 9);
  const minutes = [0, 1, 2].map((minute) => Array.from({ length: 60 }, (_, index) => second(minute, index)));
  const records = (minute: number) => {
    let offset = 0;
    return (minutes[minute] ?? []).map((text, index) => {
      offset += text.length;
      return [T + (minute * 60 + index + 1) * 1000, offset] as const;
    });
  };
  for (const minute of [0, 1]) {
    const path = fixture.archive(T + (minute + 1) * 60_000, (minutes[minute] ?? []).join(""), minute === 0 ? "zst" : "plain");
    fixture.index(path, records(minute));
  }
  fixture.append((minutes[2] ?? []).join(""));
  fixture.index(fixture.current, records(2));
  for (const at of [0, 1, 30, 59, 60, 61, 90, 119, 120, 150, 179]) {
    const since = await fixture.texts({ since: T + at * 1000 + 500 });
    const numbers = since.map((line) => Number(line.slice(5)));
    // All of that second and later; of the second before, nothing.
    assert.deepEqual([numbers[0], numbers.at(-1)], [at * 10, 1799], `since second ${at}`);
    const until = (await fixture.texts({ until: T + at * 1000 + 500 })).map((line) => Number(line.slice(5)));
    assert.deepEqual([until[0], until.at(-1)], [0, at * 10 + 9], `until second ${at}`);
    const last = textsOf(await readLast(fixture.log, 1, { until: T + at * 1000 + 500 }));
    assert.deepEqual(last, [`line ${at * 10 + 9}`]);
    assert.equal((await readLast(fixture.log, 100_000, { since: T + at * 1000 + 500 })).length, 1800 - at * 10);
  }
  const times: number[] = [];
  for await (const lines of readForward(fixture.log, {})) times.push(...lines.map((line) => line.time));
  assert.deepEqual([times[0], times[9], times[10], times[1799]], [T + 1000, T + 1000, T + 1000, T + 179_000]);
});

test("an index that points into a line gives the whole line", async (t) => {
  const fixture = new LogFixture(track(t).dir());
  fixture.append("first line\nsecond line\nthird line\n");
  fixture.index(fixture.current, [
    [T + 1000, 15],
    [T + 2000, 27],
    [T + 3000, 34],
  ]);
  assert.deepEqual(await fixture.texts({ since: T + 1500 }), ["second line", "third line"]);
  assert.deepEqual(await fixture.texts({ since: T + 2500 }), ["third line"]);
  assert.deepEqual(await fixture.texts({ until: T + 1000 }), ["first line", "second line"]);
  assert.deepEqual(textsOf(await readLast(fixture.log, 9, { since: T + 1500, until: T + 2000 })), ["second line", "third line"]);
});

test("without an index, and with a damaged one, nothing is missing", async (t) => {
  const fixture = new LogFixture(track(t).dir());
  fixture.archive(T, numbered(1, 10));
  fixture.archive(T + 60_000, numbered(11, 20), "zst");
  fixture.append(numbered(21, 30));
  const expected = numbered(11, 30).trimEnd().split("\n");
  assert.deepEqual(await fixture.texts({ since: T + 1 }), expected);
  for (const damage of [
    Buffer.from("short"),
    Buffer.alloc(160),
    Buffer.alloc(160, 0xff),
    // Ahead of its segment, and then cut.
    Buffer.concat([indexBytes([[T + 61_000, 1e9]]), Buffer.from([1, 2, 3])]),
    // The clock of another planet.
    indexBytes([[5, 70]]),
  ]) {
    writeFileSync(`${fixture.current}.index`, damage);
    assert.deepEqual(await fixture.texts({ since: T + 1 }), expected);
  }
});

test("after a clock was set back there are more lines rather than fewer", async (t) => {
  const fixture = new LogFixture(track(t).dir());
  // At T + 2000 the clock goes back an hour: the index says the latest time again.
  fixture.append(numbered(1, 4, "x"));
  fixture.index(fixture.current, [
    [T + 1000, 4],
    [T + 2000, 8],
    [T + 2000, 12],
    [T + 2000, 16],
  ]);
  assert.deepEqual(await fixture.texts({ since: T + 1500 }), ["x 2", "x 3", "x 4"]);
  assert.deepEqual(await fixture.texts({ since: T - 3_600_000 + 3000 }), ["x 1", "x 2", "x 3", "x 4"]);
});

test("a damaged archive is an error that names it", async (t) => {
  const fixture = new LogFixture(track(t).dir());
  const path = fixture.archive(T, numbered(1, 1000), "zst");
  writeFileSync(`${path}.zst`, "this is no zstd");
  await assert.rejects(fixture.texts(), (error: Error) => error.message.includes(`${path}.zst`) && /can't be unpacked/.test(error.message));
});

test("a file that was emptied is found again by the records that came after", async (t) => {
  const fixture = new LogFixture(track(t).dir());
  fixture.append(numbered(1, 4, "x"));
  fixture.index(fixture.current, [
    [T + 1000, 4000],
    [T + 2000, 8000],
    [T + 3000, 4],
    [T + 4000, 12],
  ]);
  assert.deepEqual(await fixture.texts({ since: T + 3500 }), ["x 2", "x 3", "x 4"]);
});

test("filters find the same lines forwards and backwards, in blocks of any size", async (t) => {
  const fixture = new LogFixture(track(t).dir());
  const lines = Array.from({ length: 5000 }, (_, index) => {
    if (index % 7 === 0) return `{"level":${index % 3 === 0 ? 50 : 30},"msg":"m${index}","req":{"id":${index % 11}}}`;
    if (index % 13 === 0) return `ERROR number ${index} grüße`;
    return index % 5 === 0 ? `  at continuation ${index}` : `plain ${index}`;
  });
  fixture.archive(T, `${lines.slice(0, 1500).join("\n")}\n`, "zst");
  fixture.archive(T + 1, `${lines.slice(1500, 3000).join("\n")}\n`);
  fixture.append(`${lines.slice(3000).join("\n")}\n`);
  const cases: [string, (line: string) => boolean][] = [
    ["number 26 ", (line) => line.includes("number 26 ")],
    ["^plain .*99$", (line) => /^plain .*99$/.test(line)],
    ["grüße$", (line) => line.endsWith("grüße")],
    ["m49\\b|plain 51$", (line) => /m49\b|plain 51$/.test(line)],
    ["req.id=7", (line) => line.startsWith("{") && JSON.parse(line).req.id === 7],
  ];
  for (const [pattern, expected] of cases) {
    const wanted = lines.filter(expected);
    assert.ok(wanted.length > 0, pattern);
    for (const blockSize of [100, 5000, 1 << 20])
      assert.deepEqual(await fixture.texts({ grep: parseGrep(pattern), blockSize }), wanted, pattern);
    assert.deepEqual(textsOf(await readLast(fixture.log, 10, { grep: parseGrep(pattern) })), wanted.slice(-10), pattern);
  }
  const errors = await fixture.texts({ level: 50 });
  assert.ok(errors.includes("ERROR number 13 grüße") && !errors.includes("plain 1"));
  assert.deepEqual(await fixture.texts({ level: 50, blockSize: 100 }), errors);
  assert.deepEqual(textsOf(await readLast(fixture.log, 10_000, { level: 50 })), errors);
});

test("several logs come as one, by time, each in its own order", async (t) => {
  const dir = track(t).dir();
  const [web, api] = [new LogFixture(dir), new LogFixture(dir, { service: "api" })];
  web.append("w1\nw2\nw3\n");
  web.index(web.current, [
    [T + 1000, 3],
    [T + 3000, 6],
    [T + 5000, 9],
  ]);
  const json = (at: number, name: string) => JSON.stringify({ time: T + at, msg: name, level: 30 });
  api.append(`${json(500, "a1")}\n${json(2500, "a2")}\n${json(3500, "a3")}\n`);
  api.index(api.current, [[T + 100, 0]]);
  const merged: string[] = [];
  const sources = [web, api].map((fixture) => ({ of: fixture, lines: readForward(fixture.log, {}) }));
  for await (const batch of mergeLines(sources)) merged.push(...batch.map(({ bytes }) => /[wa]\d/.exec(bytes.toString())?.[0] ?? "?"));
  assert.deepEqual(
    merged.filter((name) => name.startsWith("w")),
    ["w1", "w2", "w3"],
  );
  assert.deepEqual(merged, ["a1", "w1", "w2", "a2", "w3", "a3"]);
});

test("where reading stopped is told, at a line end", async (t) => {
  const fixture = new LogFixture(track(t).dir());
  fixture.archive(T, "old\n");
  fixture.append("one\ntwo\nhal");
  const ends: ReadEnd[] = [];
  await readLast(fixture.log, 1, { reached: (end) => ends.push(end) });
  for await (const _ of readForward(fixture.log, { reached: (end) => ends.push(end) }));
  assert.deepEqual(
    ends.map(({ offset, begunAt }) => ({ offset, begunAt })),
    [
      { offset: 8, begunAt: T },
      { offset: 8, begunAt: T },
    ],
  );
});

test("between the two renames of a rotation, nothing is missing", async (t) => {
  const fixture = new LogFixture(track(t).dir());
  fixture.append("one\n");
  const path = fixture.rotate(T, "two\n");
  renameSync(fixture.current, `${fixture.log.directory}/.0.log.next`);
  assert.ok(path.endsWith("Z.log"));
  assert.deepEqual(await fixture.texts(), ["one", "two"]);
});
