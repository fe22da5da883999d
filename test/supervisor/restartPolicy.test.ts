import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ordinal } from "../../src/supervisor/ordinal.ts";
import {
  backoffDelay,
  CLEAN_RECORD,
  decay,
  isTemporary,
  LEAST_DELAY_MS,
  type RestartPolicy,
  type RestartRecord,
  restartAfter,
} from "../../src/supervisor/restartPolicy.ts";
import { killAgainAfter } from "../../src/supervisor/stopPolicy.ts";
import { Random } from "../simulation/random.ts";

const POLICY: RestartPolicy = {
  when: "always",
  stable: 10_000,
  backoff: { initial: 100, factor: 2, max: 60_000 },
  limit: 5,
  window: 300_000,
};
const CRASH = { success: false, temporary: false, uptime: 50 } as const;
const SUCCESS = { success: true, temporary: false, uptime: 50 } as const;
const now = (at: number, random = 0.5) => ({ at, random });

const policies: fc.Arbitrary<RestartPolicy> = fc.record({
  when: fc.constantFrom("always", "on-failure", "never"),
  stable: fc.integer({ min: 0, max: 100_000 }),
  backoff: fc.record({
    initial: fc.integer({ min: 0, max: 10_000 }),
    factor: fc.double({ min: 1, max: 10, noNaN: true }),
    max: fc.integer({ min: 0, max: 100_000 }),
  }),
  limit: fc.option(fc.nat({ max: 20 })),
  window: fc.oneof(fc.integer({ min: 1, max: 1_000_000 }), fc.constant(Number.POSITIVE_INFINITY)),
});
const randoms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const ends = fc.record({ success: fc.boolean(), temporary: fc.boolean(), uptime: fc.option(fc.nat({ max: 100_000 })) });

test("when: always restarts all, on-failure what failed, never nothing", () => {
  const verdict = (when: RestartPolicy["when"], ended: typeof CRASH | typeof SUCCESS) =>
    restartAfter({ ...POLICY, when }, CLEAN_RECORD, ended, now(0)).is;
  assert.deepEqual([verdict("always", CRASH), verdict("always", SUCCESS)], ["restart", "restart"]);
  assert.deepEqual([verdict("on-failure", CRASH), verdict("on-failure", SUCCESS)], ["restart", "complete"]);
  assert.deepEqual([verdict("never", CRASH), verdict("never", SUCCESS)], ["fail", "complete"]);
});

test("the ceiling of the back-off doubles up to its maximum", () => {
  const ceilings = Array.from({ length: 12 }, (_, n) => backoffDelay(POLICY, n, 1));
  assert.deepEqual(ceilings, [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000]);
});

test("a delay is at least what keeps the worst luck from spinning, and at most the ceiling", () => {
  fc.assert(
    fc.property(policies, fc.nat({ max: 2000 }), randoms, (policy, n, random) => {
      const delay = backoffDelay(policy, n, random);
      const { initial, factor, max } = policy.backoff;
      const ceiling = initial === 0 ? 0 : Math.min(max, initial * factor ** n);
      assert.ok(delay >= LEAST_DELAY_MS && delay <= Math.max(LEAST_DELAY_MS, ceiling), `${delay}`);
    }),
  );
});

test("one that was stable restarts at once, whatever was before", () => {
  const record: RestartRecord = { failures: 9, temporary: 3, ends: [], calmSince: 0 };
  const verdict = restartAfter(POLICY, record, { ...CRASH, uptime: 10_000 }, now(10_000));
  assert.equal(verdict.is === "restart" && verdict.delay, 0);
  assert.equal(verdict.record.failures, 8, "one failure is forgiven for ten seconds");
});

test("the limit counts the ends within the window, and only those", () => {
  let record = CLEAN_RECORD;
  for (let n = 1; n <= 5; n++) {
    const verdict = restartAfter(POLICY, record, CRASH, now(n * 1000));
    assert.equal(verdict.is === "restart" && verdict.nth, n);
    record = verdict.record;
  }
  assert.deepEqual({ ...restartAfter(POLICY, record, CRASH, now(6000)), record: null }, { is: "fail", nth: 6, record: null });
  assert.equal(restartAfter(POLICY, record, CRASH, now(310_000)).is, "restart");
  assert.equal(restartAfter({ ...POLICY, limit: 0 }, CLEAN_RECORD, CRASH, now(0)).is, "fail");
});

test("whatever happens, what is remembered stays small, and survives JSON", () => {
  fc.assert(
    fc.property(policies, fc.array(fc.tuple(ends, fc.nat({ max: 100_000 }), randoms), { maxLength: 60 }), (policy, series) => {
      let record = CLEAN_RECORD;
      let at = 0;
      for (const [ended, wait, random] of series) {
        at += wait;
        record = restartAfter(policy, { ...record, calmSince: at - wait }, ended, now(at, random)).record;
        assert.ok(record.failures >= 0 && record.failures <= 30);
        assert.ok(record.ends.length <= (policy.limit ?? 0) + 1);
        assert.deepEqual(JSON.parse(JSON.stringify(record)), record);
      }
    }),
  );
});

test("a lack of memory or processes is retried with back-off under any policy, and counts for nothing", () => {
  fc.assert(
    fc.property(policies, randoms, (policy, random) => {
      const verdict = restartAfter(policy, CLEAN_RECORD, { success: false, temporary: true, uptime: null }, now(0, random));
      assert.equal(verdict.is, "restart");
      assert.deepEqual(verdict.record, { ...CLEAN_RECORD, temporary: 1 });
    }),
  );
  assert.ok(isTemporary("EAGAIN") && isTemporary("ENOMEM"));
  assert.ok(!isTemporary("ENOENT") && !isTemporary("EACCES"));
});

test("decay forgives one failure a period, however often it is asked, and survives a clock that begins anew", () => {
  fc.assert(
    fc.property(fc.nat({ max: 30 }), fc.array(fc.nat({ max: 50_000 }), { maxLength: 20 }), (failures, waits) => {
      const first: RestartRecord = { failures, temporary: 0, ends: [], calmSince: 0 };
      let often = first;
      let at = 0;
      for (const wait of waits) {
        at += wait;
        often = decay(POLICY, often, at);
      }
      assert.equal(often.failures, decay(POLICY, first, at).failures);
      assert.equal(often.failures, Math.max(0, failures - Math.floor(at / POLICY.stable)));
    }),
  );
  assert.deepEqual(decay(POLICY, { failures: 3, temporary: 0, ends: [], calmSince: 1e9 }, 5), {
    failures: 3,
    temporary: 0,
    ends: [],
    calmSince: 5,
  });
});

test("a service that crashes at once is started 20 times in its first minute at the most, and then twice a minute", () => {
  const random = new Random(1);
  for (let run = 0; run < 200; run++) {
    let record = CLEAN_RECORD;
    const starts: number[] = [];
    for (let at = 0; at < 3_600_000; ) {
      starts.push(at);
      const verdict = restartAfter({ ...POLICY, limit: null }, record, { ...CRASH, uptime: 0 }, { at, random: random.next() });
      record = verdict.record;
      at += verdict.is === "restart" ? verdict.delay : Number.POSITIVE_INFINITY;
    }
    assert.ok(starts.filter((at) => at < 60_000).length <= 20);
    assert.ok(starts.length < 200, `${starts.length} in an hour`);
  }
});

test("SIGKILL is repeated soon at first, then every five seconds", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6, 1000].map(killAgainAfter), [200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
});

test("ordinals", () => {
  assert.deepEqual(
    [1, 2, 3, 6, 10, 11, 12, 13, 21, 22, 23, 24, 101, 111, 112].map(ordinal).join(" "),
    "first second third sixth tenth 11th 12th 13th 21st 22nd 23rd 24th 101st 111th 112th",
  );
});
