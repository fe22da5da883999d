import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** PLAN_SET_LIMIT is setLimit. */
function camelCase(name: string): string {
  return name.toLowerCase().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

test("the operations of native/plan.h are those of encode.ts, in the same order", () => {
  const [, body = ""] = /enum plan_op \{(.*?)\};/s.exec(read("native/plan.h")) ?? [];
  const native = [...body.matchAll(/^\tPLAN_(\w+)/gm)].map(([, name = ""]) => camelCase(name)).filter((name) => name !== "ops");
  const [, list = ""] = /const OPS = \[(.*?)\]/s.exec(read("src/launch/encode.ts")) ?? [];
  const encoded = [...list.matchAll(/"(\w+)"/g)].map(([, name]) => name);
  assert.ok(native.length > 20);
  assert.deepEqual(encoded, native);
});

test("the sizes of header, step and pid slot are those of native/plan.h", () => {
  const header = read("native/plan.h");
  const encode = read("src/launch/encode.ts");
  assert.match(header, /#define PLAN_MAGIC 0x314e4c50u/);
  assert.match(encode, /MAGIC = 0x314e4c50;/);
  assert.equal(/PID_SLOT (\d+)/.exec(header)?.[1], /PID_SLOT = (\d+)/.exec(encode)?.[1]);
});
