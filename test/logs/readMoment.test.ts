import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMoment } from "../../src/logs/readMoment.ts";
import { track } from "../support/cleanup.ts";

function inZone(t: Parameters<typeof track>[0], zone: string): void {
  const before = process.env.TZ;
  process.env.TZ = zone;
  track(t).defer(() => {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  });
}

const HOUR = 3_600_000;

test("what people write for a time", (t) => {
  inZone(t, "Europe/Berlin");
  const now = Date.parse("2026-11-22T15:02:11.123+01:00");
  const cases: Readonly<Record<string, string>> = {
    now: "2026-11-22T15:02:11.123+01:00",
    "10min": "2026-11-22T14:52:11.123+01:00",
    "2h": "2026-11-22T13:02:11.123+01:00",
    "1h30min ago": "2026-11-22T13:32:11.123+01:00",
    "-10s": "2026-11-22T15:02:01.123+01:00",
    today: "2026-11-22T00:00:00+01:00",
    Yesterday: "2026-11-21T00:00:00+01:00",
    "14:30": "2026-11-22T14:30:00+01:00",
    "14:30:05.25": "2026-11-22T14:30:05.250+01:00",
    "23:50": "2026-11-21T23:50:00+01:00",
    "2026-11-20": "2026-11-20T00:00:00+01:00",
    "2026-11-20 08:15": "2026-11-20T08:15:00+01:00",
    "2026-11-20T08:15:30.5": "2026-11-20T08:15:30.500+01:00",
    "2026-11-20T08:15:30Z": "2026-11-20T08:15:30Z",
    "2026-11-20T08:15+05:30": "2026-11-20T08:15:00+05:30",
    "@1763820000": "2025-11-22T14:00:00Z",
    "@1763820000.5": "2025-11-22T14:00:00.500Z",
  };
  for (const [text, expected] of Object.entries(cases))
    assert.equal(new Date(parseMoment(text, now)).toISOString(), new Date(expected).toISOString(), text);
});

test("days at which clocks change have 23 and 25 hours", (t) => {
  inZone(t, "Europe/Berlin");
  // 2026-03-29: at 02:00 it is 03:00. 2026-10-25: at 03:00 it is 02:00.
  const spring = Date.parse("2026-03-29T12:00:00+02:00");
  assert.equal(parseMoment("today", spring), Date.parse("2026-03-28T23:00:00Z"));
  assert.equal(parseMoment("yesterday", Date.parse("2026-03-30T12:00:00+02:00")), Date.parse("2026-03-28T23:00:00Z"));
  assert.equal(parseMoment("02:30", spring), Date.parse("2026-03-29T03:30:00+02:00"));
  assert.equal(parseMoment("24h", spring), spring - 24 * HOUR);
  const autumn = Date.parse("2026-10-25T12:00:00+01:00");
  assert.equal(parseMoment("today", autumn), Date.parse("2026-10-25T00:00:00+02:00"));
  assert.equal(parseMoment("02:30", autumn), Date.parse("2026-10-25T02:30:00+02:00"));
  assert.equal(parseMoment("2026-10-25T02:30:00+01:00", autumn), Date.parse("2026-10-25T01:30:00Z"));
});

test("anything else is an error that says what is meant", () => {
  for (const text of ["", "foo", "10", "25:00", "14:60", "2026-02-30", "2026-13-01", "10 bananas", "@", "@x", "2026-11-20T08:15 Europe"])
    assert.throws(() => parseMoment(text, 0), { name: "ValueError" }, text);
  assert.throws(() => parseMoment("soon", 0), /"soon" is not a time such as "10min"/);
  assert.throws(() => parseMoment("10 bananas", 0), /unknown unit "bananas"/);
});
