import assert from "node:assert/strict";
import { test } from "node:test";
import { openSchedule } from "../../src/service/schedule.ts";
import { ValueError } from "../../src/values/valueError.ts";

const at = (text: string) => Date.parse(text);

test("the next time is after now, in the schedule's time zone", async () => {
  const { next } = await openSchedule({ cron: "30 3 * * *", timeZone: "Europe/Berlin" });
  assert.equal(next(at("2026-01-01T00:00:00Z")), at("2026-01-01T02:30:00Z"));
  assert.equal(next(at("2026-01-01T02:30:00Z")), at("2026-01-02T02:30:00Z"));
  assert.equal(next(at("2026-07-01T00:00:00Z")), at("2026-07-01T01:30:00Z"));
});

test("an hour that the clocks skip or repeat runs once", async () => {
  const { next } = await openSchedule({ cron: "30 2 * * *", timeZone: "Europe/Berlin" });
  const times: string[] = [];
  for (let now = at("2026-10-24T12:00:00Z"); times.length < 2; ) {
    now = next(now) ?? Number.NaN;
    times.push(new Date(now).toISOString());
  }
  assert.deepEqual(times, ["2026-10-25T00:30:00.000Z", "2026-10-26T01:30:00.000Z"]);
  const spring = next(at("2026-03-28T12:00:00Z")) ?? 0;
  assert.ok(spring > at("2026-03-29T00:00:00Z") && spring < at("2026-03-29T04:00:00Z"), new Date(spring).toISOString());
});

test("six fields begin with seconds, names stand for patterns", async () => {
  const seconds = await openSchedule({ cron: "*/10 * * * * *", timeZone: "UTC" });
  assert.equal(seconds.next(at("2026-01-01T00:00:01Z")), at("2026-01-01T00:00:10Z"));
  const daily = await openSchedule({ cron: "@daily", timeZone: "UTC" });
  assert.equal(daily.next(at("2026-01-01T00:00:01Z")), at("2026-01-02T00:00:00Z"));
});

test("a day that no calendar has never comes", async () => {
  const { next } = await openSchedule({ cron: "0 0 30 2 *", timeZone: null });
  assert.equal(next(Date.now()), null);
});

test("what is no pattern or time zone is refused", async () => {
  for (const [cron, timeZone] of [
    ["x", null],
    ["* * * * *", "Nowhere"],
    ["@reboot", null],
    ["99 * * * *", null],
  ] as const) {
    await assert.rejects(openSchedule({ cron, timeZone }), ValueError);
  }
});
