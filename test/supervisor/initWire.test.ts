import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readEvent, readHello, readPage, readRecord } from "../../src/supervisor/init/answers.ts";
import { FrameSplitter } from "../../src/supervisor/init/frames.ts";
import { parseHeld } from "../../src/supervisor/init/inherited.ts";
import { EVENT } from "../../src/supervisor/init/protocol.ts";
import { FrameReader, FrameWriter, WireError } from "../../src/supervisor/init/wire.ts";

const field = fc.oneof(
  fc.record({ type: fc.constant("u32" as const), value: fc.integer({ min: 0, max: 2 ** 32 - 1 }) }),
  fc.record({ type: fc.constant("u64" as const), value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
  fc.record({ type: fc.constant("text" as const), value: fc.string({ maxLength: 200, unit: "grapheme" }) }),
  fc.record({ type: fc.constant("bytes" as const), value: fc.uint8Array({ maxLength: 5000 }) }),
);

test("fields that were written are read as they were, however the stream is cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(field, { maxLength: 20 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 97 }),
      (frames, step) => {
        const encoded = frames.map((fields, id) => {
          const writer = new FrameWriter();
          for (const { type, value } of fields) {
            if (type === "u32") writer.u32(value);
            else if (type === "u64") writer.u64(value);
            else if (type === "text") writer.text(value);
            else writer.bytes(value);
          }
          return Buffer.from(writer.finish(7, id));
        });
        const stream = Buffer.concat(encoded);
        const splitter = new FrameSplitter();
        const found: unknown[][] = [];
        for (let at = 0; at < stream.length; at += step) {
          for (const frame of splitter.push(Uint8Array.from(stream.subarray(at, at + step)))) {
            assert.equal(frame.id, found.length);
            const reader = new FrameReader(frame.payload);
            found.push((frames[frame.id] ?? []).map(({ type }) => reader[type]()));
          }
        }
        assert.deepEqual(
          found,
          frames.map((fields) => fields.map(({ value }) => value)),
        );
        assert.equal(splitter.isHalf, false);
      },
    ),
    { numRuns: 300 },
  );
});

test("garbage is a WireError or nothing, for every reader", () => {
  const readers = [readHello, readRecord, (reader: FrameReader) => readPage(reader, readRecord)];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.constantFrom(...Object.values(EVENT), 0x5fff), (payload, type) => {
      for (const read of readers) orWireError(() => read(new FrameReader(payload)));
      orWireError(() => readEvent({ type, id: 0, fds: 0, payload }));
      orWireError(() => new FrameSplitter().push(payload));
    }),
    { numRuns: 2000 },
  );
});

test("an event of a kind that only a newer init knows is left alone, and so are fields at the end", () => {
  assert.equal(readEvent({ type: 0x4fff, id: 0, fds: 0, payload: new Uint8Array(64) }), undefined);
  const writer = new FrameWriter().u64(9).u64(0).u32(15).u32(77).text("something new");
  const [frame] = new FrameSplitter().push(writer.finish(EVENT.signal, 0));
  assert.ok(frame);
  assert.deepEqual(readEvent(frame), { kind: "signal", sequence: 9, at: 0, signal: 15, pid: 77 });
});

test("the list of held descriptors is read, and what is no part of one is left out", () => {
  assert.deepEqual(
    [...parseHeld("130=api:131=web/http=1:x=y::132=")],
    [
      ["api", 130],
      ["web/http=1", 131],
    ],
  );
  assert.deepEqual([...parseHeld("")], []);
});

function orWireError(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof WireError, String(error));
  }
}
