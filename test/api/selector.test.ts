import assert from "node:assert/strict";
import { test } from "node:test";
import { ControlError } from "../../src/supervisor/control.ts";
import { selectInstances } from "../../src/supervisor/selector.ts";

const SERVICES = [
  { name: "web", instances: ["0", "1", "2"] },
  { name: "api-one", instances: ["0"] },
  { name: "api-two", instances: ["0", "10"] },
  { name: "idle", instances: [] },
  { name: "größe", instances: ["0"] },
];

/** "web:0,1 api-one:*": a star is the service as such. */
function meant(selector: string): string {
  return selectInstances(selector, SERVICES)
    .map(({ name, instances, whole }) => `${name}:${whole ? "*" : ""}${instances.join()}`)
    .join(" ");
}

for (const [selector, expected] of [
  ["web", "web:*0,1,2"],
  ["web/1", "web:1"],
  ["web/*", "web:0,1,2"],
  ["web/?", "web:0,1,2"],
  ["api-*", "api-one:*0 api-two:*0,10"],
  ["api-t?o", "api-two:*0,10"],
  ["*/0", "web:0 api-one:0 api-two:0 größe:0"],
  ["*/1*", "web:1 api-two:10"],
  ["all/1", "web:1"],
  ["gr??e", "größe:*0"],
  ["idle", "idle:*"],
  ["*", "web:*0,1,2 api-one:*0 api-two:*0,10 idle:* größe:*0"],
  ["all", "web:*0,1,2 api-one:*0 api-two:*0,10 idle:* größe:*0"],
] as const) {
  test(`${selector} means ${expected}`, () => assert.equal(meant(selector), expected));
}

for (const [selector, message, hint] of [
  ["wbe", 'there is no service "wbe"', "did you mean web?"],
  ["xyz", 'there is no service "xyz"', "there are web, api-one, api-two, idle, größe"],
  ["", 'there is no service ""', /there are web/],
  ["db-*", 'no service is named as "db-*" says', /there are web/],
  ["web/7", 'there is no instance "web/7"', "web has web/0, web/1, web/2"],
  ["web/", 'there is no instance "web/"', "web has web/0, web/1, web/2"],
  ["wbe/1", 'there is no instance "wbe/1"', "did you mean web/1?"],
  ["wbe/9", 'there is no instance "wbe/9"', "did you mean web?"],
  ["idle/0", 'there is no instance "idle/0"', "idle has no instances now"],
  ["*/77", 'none of the services has an instance "*/77"', undefined],
  ["web,api-one", 'there is no service "web,api-one"', "name them one by one: a selector is no list"],
  ["WEB", 'there is no service "WEB"', "did you mean web?"],
  ["web/0/1", 'there is no instance "web/0/1"', "web has web/0, web/1, web/2"],
] as const) {
  test(`${JSON.stringify(selector)} means nothing, and says what there is`, () => {
    assert.throws(
      () => selectInstances(selector, SERVICES),
      (error) => {
        assert.ok(error instanceof ControlError);
        assert.equal(error.code, "ERR_NO_SUCH_SERVICE");
        assert.equal(error.message, message);
        if (hint instanceof RegExp) assert.match(error.hint ?? "", hint);
        else assert.equal(error.hint, hint);
        return true;
      },
    );
  });
}

test("all may mean none, a name not", () => {
  assert.deepEqual(selectInstances("all", []), []);
  assert.throws(() => selectInstances("web", []), { hint: "start one, or apply a configuration" });
});

test("no pattern takes long, and a long one is shown short", () => {
  const name = "a".repeat(64);
  assert.throws(() => selectInstances(`${"*a".repeat(5000)}b`, [{ name, instances: ["0"] }]), /"\*a\*a.{60,90}…" says/);
  assert.equal(selectInstances(`${"*a".repeat(32)}`, [{ name, instances: ["0"] }]).length, 1);
});
