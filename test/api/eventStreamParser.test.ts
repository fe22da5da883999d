import assert from "node:assert/strict";
import { test } from "node:test";
import { EventStreamParser } from "../../src/api/eventStreamParser.ts";

const STREAM =
  'retry: 1\nid: 3\n\n:\n\nid: 4\nevent: exit\ndata: {"ö":1}\n\n:sign of life\nid:5\r\ndata: a\ndata\ndata:b\r\n\r\nevent: nothing\n\ndata: last';

test("events are the same however they are cut into pieces; one without its end isn't there", () => {
  const bytes = Buffer.from(STREAM);
  const expected = [
    { event: "message", id: "3", data: undefined },
    { event: "exit", id: "4", data: '{"ö":1}' },
    { event: "message", id: "5", data: "a\n\nb" },
  ];
  for (let size = 1; size <= bytes.length; size++) {
    const parser = new EventStreamParser();
    const events = [];
    for (let at = 0; at < bytes.length; at += size) events.push(...parser.feed(bytes.subarray(at, at + size)));
    assert.deepEqual(events, expected, `in pieces of ${size}`);
  }
});

test("an event without end is an error", () => {
  for (const piece of ["x".repeat(100_000), "data: x\n".repeat(10_000)]) {
    const parser = new EventStreamParser();
    assert.throws(() => {
      for (let count = 0; count < 100; count++) parser.feed(Buffer.from(piece));
    }, RangeError);
  }
});
