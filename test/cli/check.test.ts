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

test("A mistake in an entry of disk, checks or alerts is told with its line; what a variable holds is not shown.", async (t) => {
  const text = `services:
  web:
    command: [sh]
    checks:
      - { metric: memory, above: 1GB2 }
disk:
  - { path: /var, fre: { below: 10% } }
  - { path: /var, free: { below: 120% } }
  - { path: /var, size: { above: 1GiB, below: 2GiB }, then: [alert, restart] }
  - { path: /var }
  - { path: /var, growth: { above: "\${SECRET}" } }
  - { path: /etc/passwd, checksum: abc, for: always }
  - { path: /var, free: { below: 10% }, exists: true, then: [alert, { exec: [/bin/page, me] }], for: 3 of 5 }
alerts:
  - { mail: nobody }
  - { mail: "ops@example.com, root@example.com", from: me, smtp: "http://mail" }
  - { webhook: "https://example.com" }
`;
  const { file } = configuration(t, "daemonitor.config.yaml", text);
  const { code, stderr } = await cli(["check", "-f", file], { env: { SECRET: "s3cret" } });
  assert.equal(code, 78);
  assert.doesNotMatch(stderr, /s3cret/);
  const told = stderr
    .split("\n")
    .filter((line) => line.startsWith("error "))
    .map((line) => line.replace(`error ${file}:`, "").replace(/^(\d+):\d+/, "$1"));
  const meant = [
    /^5: services\.web\.checks\[0\]\.above: /,
    /^7: disk\[0\]\.fre: .*did you mean "free"\?/,
    /^8: disk\[1\]\.free: "120%" is not a percentage up to 100%/,
    /^9: disk\[2\]\.size: exactly one of "above" and "below"/,
    /^9: disk\[2\]\.then: "restart" is done to services/,
    /^10: disk\[3\]: it says nothing to check of \/var: give free, /,
    /^11: disk\[4\]\.growth: .* is not .*, with its variables filled in/,
    /^12: disk\[5\]\.checksum: /,
    /^12: disk\[5\]\.for: "always" is not a text such as "3 of 5"/,
    /^15: alerts\[0\]\.mail: "nobody" is not a mail address/,
    /^16: alerts\[1\]\.from: "me" is not a mail address/,
    /^16: alerts\[1\]\.smtp: .*"smtp:\/\/mail\.example\.com:587"/,
  ];
  assert.equal(told.length, meant.length, stderr);
  for (const [index, pattern] of meant.entries()) assert.match(told[index] ?? "", pattern);
});
