import assert from "node:assert/strict";
import { closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { findConfig, loadConfig } from "../../src/service/configFile.ts";
import { readJson } from "../../src/service/json.ts";
import { formatProblem } from "../../src/service/problem.ts";
import { readYaml } from "../../src/service/yaml.ts";
import { track } from "../support/cleanup.ts";

const SERVICE = '{ "services": { "web": { "command": ["true"] } } }';

const same: Readonly<Record<string, string>> = {
  "daemonitor.config.json": SERVICE,
  "daemonitor.config.yaml": 'services:\n  web:\n    command: ["true"]\n',
  "daemonitor.config.yml": "services: { web: { command: 'true' } }",
  "daemonitor.config.js": `export default ${SERVICE};`,
  "daemonitor.config.ts": `import { defineConfig, type Config } from "daemonitor/config";\nconst config: Config = ${SERVICE};\nexport default defineConfig(config);`,
};

for (const [name, text] of Object.entries(same)) {
  test(`${name} is found in its directory and read`, async (t) => {
    const directory = track(t).dir();
    writeFileSync(join(directory, name), text);
    const { config, problems, file } = await loadConfig({ directory });
    assert.deepEqual(problems, []);
    assert.equal(file, join(directory, name));
    assert.deepEqual(config?.services[0]?.command, ["true"]);
    assert.equal(config?.services[0]?.cwd, directory);
  });
}

test("a file of another name is read when it is named, CommonJS too", async (t) => {
  const directory = track(t).dir();
  const file = join(directory, "other.cjs");
  writeFileSync(file, `const { defineConfig } = require("daemonitor/config"); module.exports = defineConfig(${SERVICE});`);
  assert.equal((await loadConfig({ file })).config?.services.length, 1);
});

test("no file, or more than one, is an error that says what to do", (t) => {
  const directory = track(t).dir();
  const text = () => {
    const found = findConfig(directory);
    return typeof found === "string" ? found : formatProblem(found);
  };
  assert.match(text(), /there is no daemonitor\.config\.\{ts,js,json,yaml,yml\} in it: .* -f$/);
  for (const name of ["daemonitor.config.ts", "daemonitor.config.json"]) writeFileSync(join(directory, name), "");
  assert.match(text(), /daemonitor\.config\.ts and daemonitor\.config\.json are both in it: name one with -f$/);
});

const unusable: readonly (readonly [name: string, text: string | Uint8Array, message: RegExp])[] = [
  ["a.json", "", /a\.json: it is empty$/],
  ["a.toml", "x", /ends in \.ts, \.js, \.json, \.yaml or \.yml$/],
  ["a.json", Uint8Array.of(0xff, 0xfe, 0x00), /it is not UTF-8$/],
  ["a.yaml", "# nothing\n", /null is not a configuration/],
  ["a.yaml", "--- {}\n--- {}\n", /a\.yaml:2:1: there is a second document/],
  ["a.yaml", "a: &x [*x]\n", /aliases|contains itself|there is no such key/],
  ["a.json", "{ // comment\n}", /a\.json:1:3: a key in double quotes/],
  ["a.json", '{ "services": /* x */ {} }', /a\.json:1:15: JSON has no comments/],
  ["a.json", '{ "services": {', /a\.json:1:16: a key in double quotes/],
  ["a.json", '{ "services": {}, }', /a\.json:1:19: there is a comma before "}"/],
  ["a.json", '{ "services": {} } x', /a\.json:1:20: something follows the end/],
  ["a.json", `${"[".repeat(100_000)}`, /nested more than 200 deep/],
  ["a.mjs", "export const config = {};", /it exports no configuration/],
  ["b.mjs", "export default undefined;", /its default export is undefined/],
  ["c.mjs", "\nthrow new Error('boom');", /c\.mjs:2:7: it can't be run: Error: boom$/],
  ["d.mjs", "throw 'text';", /it throws "text"$/],
  ["e.mjs", "import './missing.js';", /it can't be run: Error: Cannot find module/],
  ["f.mjs", "export default {", /it can't be run: SyntaxError/],
  ["g.ts", "enum A { B }\nexport default {};", /it can't be run: SyntaxError/],
];

for (const [name, text, message] of unusable) {
  test(`${name} that can't be used says why: ${String(message)}`, async (t) => {
    const file = join(track(t).dir(), name);
    writeFileSync(file, text);
    const { config, problems } = await loadConfig({ file });
    assert.equal(config, undefined);
    assert.match(problems.map(formatProblem).join("\n"), message);
  });
}

test("a missing file, a directory and a gigabyte are errors", async (t) => {
  const directory = track(t).dir();
  const message = async (file: string) => (await loadConfig({ file })).problems.map(({ message }) => message);
  mkdirSync(join(directory, "a.yaml"));
  assert.deepEqual(await message(join(directory, "missing.yaml")), ["it can't be read: there is no such file"]);
  assert.deepEqual(await message(join(directory, "a.yaml")), ["it can't be read: it is a directory"]);
  const fd = openSync(join(directory, "large.json"), "w");
  ftruncateSync(fd, 1024 ** 3);
  closeSync(fd);
  assert.deepEqual(await message(join(directory, "large.json")), ["it has more than 16 MiB: that is no configuration"]);
});

test("a mistake in YAML is named with its line and column", async (t) => {
  const file = join(track(t).dir(), "a.yaml");
  writeFileSync(
    file,
    'x-shared: &shared\n  restart: { limt: 3 }\nservices:\n  web:\n    <<: *shared\n    command: ["true", {}]\n    nice: 99\n  api:\n    command: "true"\n    command: "false"\n  api: {}\n',
  );
  assert.deepEqual((await loadConfig({ file })).problems.map(formatProblem), [
    `${file}:4:3: services.web.restart.limt: there is no such key: did you mean "limit"?`,
    `${file}:6:23: services.web.command[1]: an object is not text`,
    `${file}:7:5: services.web.nice: 99 is not a whole number from -20 to 19`,
    `${file}:8:3: services.api: it says nothing about what to run: "command" or "script" is needed`,
    `${file}:10:5: services.api.command: the key "command" is here twice`,
    `${file}:11:3: services.api: the key "api" is here twice`,
  ]);
});

test("a mistake in JSON is named with its line and column", async (t) => {
  const file = join(track(t).dir(), "a.json");
  writeFileSync(file, '{ "services": {\n  "web": {\n    "command": ["true"],\n    "nice": 99, "nice": 98\n} } }');
  assert.deepEqual((await loadConfig({ file })).problems.map(formatProblem), [
    `${file}:4:5: services.web.nice: 98 is not a whole number from -20 to 19`,
    `${file}:4:17: services.web.nice: the key "nice" is here twice`,
  ]);
});

test("an octal mode in YAML means what it looks like", async (t) => {
  const file = join(track(t).dir(), "a.yaml");
  writeFileSync(file, "services: { a: { command: 'true', umask: 022 }, b: { command: 'true', umask: 0o027 } }");
  const { config } = await loadConfig({ file });
  assert.deepEqual(
    config?.services.map(({ umask }) => umask),
    [0o022, 0o027],
  );
});

test("a bomb of aliases is refused", async () => {
  const bomb = Array.from(
    { length: 12 },
    (_, i) =>
      `a${i}: &a${i} [${
        i === 0
          ? "x"
          : Array(9)
              .fill(`*a${i - 1}`)
              .join(",")
      }]`,
  ).join("\n");
  const { value, mistakes } = await readYaml(bomb);
  assert.equal(value, undefined);
  assert.match(mistakes[0]?.message ?? "", /aliases can't be resolved: too many/);
});

test("JSON is read as JSON.parse reads it", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 1, "\t"), (value, space) => {
      const text = JSON.stringify(value, null, space);
      const source = readJson(text);
      assert.deepEqual(source.mistakes, []);
      assert.deepEqual(source.value, JSON.parse(text));
    }),
  );
});

test("what JSON.parse refuses is refused, with a position", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(), fc.constantFrom("", ",", "x", '"', "}", "\u0001", "01", "+1", "'"), (value, at, piece) => {
      const text = JSON.stringify({ value });
      const index = at % (text.length + 1);
      const changed = text.slice(0, index) + piece + text.slice(index + (piece === "" ? 1 : 0));
      let refused = false;
      try {
        JSON.parse(changed);
      } catch {
        refused = true;
      }
      const { mistakes } = readJson(changed);
      const fatal = mistakes.filter(({ message }) => !message.endsWith("is here twice"));
      assert.equal(fatal.length > 0, refused, changed);
      for (const { line, column } of fatal) assert.ok((line ?? 0) >= 1 && (column ?? 0) >= 1);
    }),
    { numRuns: 1000 },
  );
});
