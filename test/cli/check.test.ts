import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { track } from "../support/cleanup.ts";
import { cli } from "../support/run.ts";

function configuration(t: TestContext, name: string, text: string): { directory: string; file: string } {
  const directory = track(t).dir();
  const file = join(directory, name);
  writeFileSync(file, text);
  return { directory, file };
}

test("check finds the configuration in the current directory, and says that it has no mistakes.", async (t) => {
  const { directory, file } = configuration(t, "daemonitor.config.json", '{ "services": { "web": { "command": ["sh"] } } }');
  const { code, stdout, stderr } = await cli(["check"], { cwd: directory });
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: `${file}: 1 service, no mistakes\n`, stderr: "" });
});

test("A TypeScript configuration imports defineConfig, wherever it lies.", async (t) => {
  const text =
    'import { defineConfig } from "daemonitor/config";\nexport default defineConfig({ services: { web: { command: ["sh"] } } });\n';
  const { file } = configuration(t, "daemonitor.config.ts", text);
  const { code, stdout } = await cli(["check", "--file", file]);
  assert.equal(stdout, `${file}: 1 service, no mistakes\n`);
  assert.equal(code, 0);
});

test("Every mistake is told with file, line, column, key and what is meant; the exit code is 78.", async (t) => {
  const text = "services:\n  web:\n    comand: [sh]\n    restart:\n      limt: 3\n";
  const { file } = configuration(t, "daemonitor.config.yaml", text);
  const { code, stdout, stderr } = await cli(["check", "-f", file]);
  assert.equal(code, 78);
  assert.equal(stdout, "");
  const lines = stderr.trimEnd().split("\n");
  assert.ok(
    lines.some((line) => line.startsWith(`error ${file}:3:5: services.web.comand: `) && line.includes('did you mean "command"?')),
    stderr,
  );
  assert.ok(
    lines.some((line) => line.startsWith(`error ${file}:5:7: services.web.restart.limt: `) && line.includes('did you mean "limit"?')),
    stderr,
  );
  assert.match(lines.at(-1) ?? "", /^\d+ mistakes$/);
});

test("A program that is missing is a warning, which --quiet leaves out.", async (t) => {
  const { file } = configuration(t, "daemonitor.config.json", '{ "services": { "web": { "command": ["no-such-program"] } } }');
  const loud = await cli(["check", "-f", file]);
  assert.equal(loud.code, 0);
  assert.match(loud.stderr, /^warning .*no-such-program/);
  const quiet = await cli(["check", "-q", "-f", file]);
  assert.deepEqual([quiet.code, quiet.stdout, quiet.stderr], [0, "", ""]);
});

test("With --json there is one object, and nothing of a secret in it.", async (t) => {
  const text = '{ "services": { "web": { "command": ["sh"], "env": { "TOKEN": ["s3cret"] } } } }';
  const { file } = configuration(t, "daemonitor.config.json", text);
  const { code, stdout, stderr } = await cli(["check", "--json", "-f", file]);
  const answer = JSON.parse(stdout) as { valid: boolean; problems: { path: string }[] };
  assert.equal(code, 78);
  assert.equal(stderr, "");
  assert.equal(answer.valid, false);
  assert.deepEqual(
    answer.problems.map(({ path }) => path),
    ["services.web.env.TOKEN"],
  );
  assert.doesNotMatch(stdout, /s3cret/);
});

test("No configuration, or a file that isn't there, is one line and 78.", async (t) => {
  const directory = track(t).dir();
  const none = await cli(["check"], { cwd: directory });
  assert.equal(none.code, 78);
  assert.match(none.stderr, /^error .*: there is no daemonitor\.config\.\{ts,js,json,yaml,yml\} in it/);
  const missing = await cli(["check", "-f", join(directory, "x.json")]);
  assert.equal(missing.code, 78);
  assert.match(missing.stderr, /there is no such file/);
});
