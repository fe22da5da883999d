import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { jsonSchema } from "../../scripts/jsonSchema.ts";
import { specificationPage } from "../../scripts/specificationPage.ts";
import { checkConfig } from "../../src/service/checkConfig.ts";
import { METRICS } from "../../src/service/checkKinds.ts";
import { loadConfig } from "../../src/service/configFile.ts";
import { CONFIG_KEYS } from "../../src/service/configTable.ts";
import type { Row, Table } from "../../src/service/kind.ts";
import { Place } from "../../src/service/place.ts";
import * as sections from "../../src/service/sections.ts";
import { SERVICE_KEYS } from "../../src/service/serviceTable.ts";
import { root } from "../support/run.ts";
import { errorsOf } from "./problems.ts";
import { misfits } from "./schemaCheck.ts";

const read = (path: string) => readFileSync(join(root, path), "utf8");
const schema = JSON.parse(read("schema/daemonitor.schema.json"));

const STALE = "run `npm run build:schema`";

test("schema/daemonitor.schema.json is made from the table", () => {
  assert.deepEqual(schema, JSON.parse(jsonSchema()), STALE);
});

test("docs/specification.md is made from the table", () => {
  assert.equal(read("docs/specification.md"), specificationPage(), STALE);
});

const tables: Readonly<Record<string, Table>> = {
  ServiceConfig: SERVICE_KEYS,
  ReadyConfig: sections.ready.keys,
  RestartConfig: sections.restart.keys,
  BackoffConfig: sections.restart.keys.backoff?.kind.keys ?? {},
  StopConfig: sections.stop.keys,
  ReloadConfig: sections.reload.keys,
  ScheduleConfig: sections.schedule.keys,
  HooksConfig: sections.hooks.keys,
  ResourcesConfig: sections.resources.keys,
  HealthConfig: sections.health.keys,
  LogsConfig: sections.logs.keys,
  CheckConfig: sections.check.keys,
};

for (const [name, table] of Object.entries(tables)) {
  test(`the keys and comments of ${name}, which editors show, are those of the table`, () => {
    const [, body = ""] = new RegExp(`^export interface ${name} \\{$([\\s\\S]*?)^\\}$`, "m").exec(read("src/service/configTypes.ts")) ?? [];
    const found = [...body.matchAll(/\/\*\* (.*) \*\/\n {2}readonly (\w+)\?:/g)].map(([, comment, key]) => [key, comment]);
    const meant = Object.entries(table).map(([key, row]) => [
      key,
      row.default === undefined ? row.doc : `${row.doc} Default: ${row.default}.`,
    ]);
    assert.deepEqual(found, meant);
  });
}

test("the types know all metrics", () => {
  const [, names = ""] = /export type MetricName =([^;]*);/.exec(read("src/service/configTypes.ts")) ?? [];
  assert.deepEqual(
    [...names.matchAll(/"(\w+)"/g)].map(([, name]) => name),
    Object.keys(METRICS),
  );
});

const rows: readonly (readonly [name: string, row: Row<unknown>])[] = [SERVICE_KEYS, CONFIG_KEYS, ...Object.values(tables)].flatMap(
  (table) => Object.entries(table as Table),
);

for (const [name, row] of rows) {
  test(`the example of ${name} is right: ${JSON.stringify(row.example)}`, () => {
    const at = Place.root({ file: undefined, directory: "/", locate: () => undefined, variables: {}, parallelism: 2 });
    const value = row.kind.read(row.example, at);
    assert.deepEqual(at.problems, []);
    assert.notEqual(value, undefined);
    assert.deepEqual(misfits(row.example, row.kind.schema), [], "it doesn't fit the schema");
    assert.notEqual(row.fallback(), undefined);
    assert.match(row.doc, /^[A-Z`].*\.$/);
  });
}

test("the schema takes what the check takes, and variables in place of any single value", async () => {
  const config = {
    $schema: "x",
    "x-shared": 1,
    services: {
      a: { command: "true", restart: "on-failure", ready: "notify", health: "http://127.0.0.1/", schedule: "@daily", dependsOn: "b" },
      b: { script: "x.js", instances: "max", dependsOn: [], limits: { nofile: [1, 2] }, env: { A: 1, B: null } },
      c: {
        command: ["sleep", 3],
        instances: "${N}",
        type: "${T:-simple}",
        restart: { limit: "unlimited", backoff: { factor: "${N}" } },
        nice: "${N}",
      },
    },
  };
  assert.deepEqual(await errorsOf(config, { variables: { N: "3" } }), []);
  assert.deepEqual(misfits(config, schema), []);
});

test("the schema refuses unknown keys, wrong words and a service without a command", () => {
  for (const service of [
    {},
    { command: "x", nic: 3 },
    { command: "x", type: "fork" },
    { command: "x", restart: { limt: 3 } },
    { command: "x", nice: 99 },
  ]) {
    assert.notDeepEqual(misfits({ services: { a: service } }, schema), [], JSON.stringify(service));
  }
  assert.notDeepEqual(misfits({ servces: {} }, schema), []);
});

test("the example configuration is right, and fits the schema", async () => {
  const file = join(root, "examples/daemonitor.config.ts");
  const { config, problems } = await loadConfig({ file, variables: {} });
  assert.deepEqual(
    problems.filter(({ severity }) => severity === "error"),
    [],
  );
  assert.ok((config?.services.length ?? 0) >= 4);
});

test("the examples of the page are right", async () => {
  const yaml = /```yaml\n([\s\S]*?)```/.exec(read("docs/specification.md"))?.[1] ?? "";
  const { readYaml } = await import("../../src/service/yaml.ts");
  const { config } = await checkConfig((await readYaml(yaml)).value);
  assert.equal(config?.services[0]?.instances, 2);
});
