import assert from "node:assert/strict";
import { test } from "node:test";
import { native } from "../../src/native/addon.ts";
import { parseLimit, parseLimitValue, resourceName, resourceNumber, resources } from "../../src/values/limits.ts";
import { readLimits } from "../support/limits.ts";

test("limits are read as the flag takes them", () => {
  const expected = {
    "nofile=1024": [1024, 1024],
    "nofile=1024:4096": [1024, 4096],
    "core=unlimited": [-1, -1],
    "core=0:unlimited": [0, -1],
    "fsize=10MiB": [10_485_760, 10_485_760],
    "cpu=1min": [60, 60],
    "rttime=2ms": [2000, 2000],
  };
  for (const [text, limit] of Object.entries(expected)) assert.deepEqual(parseLimit(text).limit, limit, text);
});

test("one value is both limits, two are soft and hard", () => {
  assert.deepEqual(parseLimitValue("nofile", 10), [10, 10]);
  assert.deepEqual(parseLimitValue("nofile", [10, "unlimited"]), [10, -1]);
});

test("a number of a resource is the kernel's: the limits of this process agree with /proc", () => {
  const listed = readLimits(process.pid);
  for (const resource of resources) {
    const [soft, hard] = native().limit(resourceNumber(resource), 0);
    const shown = (value: number) => (value === -1 ? Number.POSITIVE_INFINITY : value);
    assert.deepEqual([shown(soft), shown(hard)], listed[resource], resource);
    assert.equal(resourceName(resourceNumber(resource)), resource);
  }
});

const refused: Readonly<Record<string, RegExp>> = {
  "nofil=10": /"nofil" is not a resource: did you mean "nofile"\?/,
  "zzz=10": /"zzz" is not a resource: there are cpu, fsize/,
  nofile: /is not RESOURCE=VALUE or RESOURCE=SOFT:HARD/,
  "=10": /is not a resource/,
  "nofile=": /nofile is "" where a number/,
  "nofile=-1": /nofile is "-1" where a number from 0 up, or "unlimited"/,
  "nofile=10:": /nofile is "" where/,
  "nofile=4096:1024": /soft limit \("4096"\) above its hard limit \("1024"\)/,
  "nofile=unlimited:10": /above its hard limit/,
  "nofile=10MiB": /where a number/,
  "core=1min": /where bytes/,
  "cpu=10MiB": /where seconds/,
  "nofile=1:2:3": /nofile is "2:3"/,
};

for (const [text, message] of Object.entries(refused)) {
  test(`${text} is refused`, () => {
    assert.throws(() => parseLimit(text), { name: "ValueError", message });
  });
}

for (const bad of [-1, 1.5, null, {}, true, [1], [1, 2, 3], [2, 1], [undefined, 1]]) {
  test(`nofile can't be ${JSON.stringify(bad)}`, () => {
    assert.throws(() => parseLimitValue("nofile", bad), { name: "ValueError", message: /^nofile / });
  });
}
