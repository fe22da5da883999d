/** What a word after `start` means, and what its flags become. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { parse } from "../../src/cli/args.ts";
import { composeFile, composeService } from "../../src/cli/composition.ts";
import { startCommand } from "../../src/cli/start.ts";
import { startFlags } from "../../src/cli/startFlags.ts";
import { findTarget, isConfiguration, type Surroundings } from "../../src/cli/startTarget.ts";
import { isError } from "../../src/service/problem.ts";
import type { ServiceSpec } from "../../src/service/specTypes.ts";
import { track } from "../support/cleanup.ts";
import { cli } from "../support/run.ts";
import { serveMemory } from "./memoryControl.ts";

const around: Surroundings = {
  directories: ["/srv", "/here"],
  isFile: (path) =>
    ["/srv/app.js", "/here/other.js", "/here/web", "/srv/tool", "/srv/daemonitor.config.ts", "/srv/my.yaml", "/srv/own.ts"].includes(path),
  beginning: (path) => (path === "/srv/own.ts" ? 'import { defineConfig } from "daemonitor/config";' : ""),
  isProgram: (name) => ["redis-server", "web", "tool"].includes(name),
  isService: async (word) => ["web", "all", "api-*", "web/0"].includes(word),
};

for (const [word, expected] of [
  ["app.js", { kind: "script", script: "app.js" }],
  ["./app.js", { kind: "script", script: "./app.js" }],
  ["other.js", { kind: "script", script: "/here/other.js" }],
  ["tool", { kind: "script", script: "tool" }],
  ["web", { kind: "service", selector: "web" }],
  ["./web", { kind: "script", script: "/here/web" }],
  ["web/0", { kind: "service", selector: "web/0" }],
  ["all", { kind: "service", selector: "all" }],
  ["api-*", { kind: "service", selector: "api-*" }],
  ["redis-server", { kind: "command", program: "redis-server" }],
  ["daemonitor.config.ts", { kind: "configuration", file: "/srv/daemonitor.config.ts" }],
  ["my.yaml", { kind: "configuration", file: "/srv/my.yaml" }],
  ["own.ts", { kind: "configuration", file: "/srv/own.ts" }],
  ["gone.js", { kind: "nothing", why: '"gone.js": there is no such file, and no such service' }],
  ["gone", { kind: "nothing", why: '"gone": there is no service, file or program of this name' }],
] as const) {
  test(`start ${word} means a ${expected.kind}`, async () => assert.deepEqual(await findTarget(word, around), expected));
}

test("a file is a configuration by its name, or by what it imports", () => {
  const none = () => "";
  for (const name of ["daemonitor.config.mts", "ecosystem.config.js", "pm2.config.cjs", "services.yml", "x.JSON", "web.config.ts"])
    assert.ok(isConfiguration(name, none), name);
  for (const name of ["config.js", "server.ts", "run.sh", "yaml"]) assert.ok(!isConfiguration(name, none), name);
  assert.ok(!isConfiguration("server.py", () => 'import "daemonitor/config"'));
});

/** The specification that a command line composes. */
async function specOf(...words: string[]): Promise<ServiceSpec> {
  const { services, problems, format } = await composeService({ command: ["sh"] }, startFlags(parse(startCommand, words)));
  assert.deepEqual(problems.filter(isError).map(format), []);
  const [spec] = services ?? [];
  return spec ?? assert.fail("no service");
}

const flags: readonly [string[], Partial<ServiceSpec>][] = [
  [["--name", "web"], { name: "web" }],
  [["-i", "3"], { instances: 3 }],
  [["--cwd", "/tmp"], { cwd: "/tmp" }],
  [["--clear-env", "-E", "A=1", "--env", "B=x=y", "-E", "A=2"], { env: { A: "2", B: "x=y" } }],
  [["--ready", "notify", "--ready-timeout", "5"], { ready: { on: "notify", timeout: 5000 } }],
  [["--ready", "port=8080"], { ready: { on: "port", host: "127.0.0.1", port: 8080, timeout: 30_000 } }],
  [["--ready", "http=http://127.0.0.1/x=1"], { ready: { on: "http", url: "http://127.0.0.1/x=1", timeout: 30_000 } }],
  [["--ready", "line=^up$"], { ready: { on: "line", pattern: "^up$", timeout: 30_000 } }],
  [["--ready", "exec=test -e x"], { ready: { on: "exec", command: ["test", "-e", "x"], timeout: 30_000 } }],
  [["--stop-signal", "int", "--stop-timeout", "1min"], { stop: { signal: "SIGINT", timeout: 60_000 } }],
  [["--reload", "rolling"], { reload: { rolling: true } }],
  [["--reload", "HUP"], { reload: { signal: "SIGHUP" } }],
  [["--schedule", "@daily"], { schedule: { cron: "@daily", timeZone: null } }],
  [["--limit", "nofile=100:200", "--limit", "core=0"], { limits: { nofile: [100, 200], core: [0, 0] } }],
  [["--umask", "027"], { umask: 0o27 }],
];
for (const [words, expected] of flags) {
  test(`start ${words.join(" ")}`, async () => assert.partialDeepStrictEqual(await specOf(...words), expected));
}

test("-i max, and 0 as with pm2, are one for each processor", async () => {
  assert.ok((await specOf("-i", "max")).instances >= 1);
  assert.equal((await specOf("-i", "0")).instances, (await specOf("-i", "max")).instances);
});

for (const [words, message] of [
  [["--restart", "sometimes"], /^--restart: /],
  [["--ready", "soon"], /^--ready: /],
  [["--limit", "nofiles=1"], /^--limit: /],
  [["--user", "a b"], /^--user: /],
  [["--schedule", "x"], /^--schedule: /],
  [["--name=-x"], /^--name: /],
  [["--socket", "http=8080"], /^--socket: /],
  [["--env-file", "/nonexistent"], /^--env-file: /],
] as const) {
  test(`start ${words.join(" ")} is a mistake of that flag`, async () => {
    const { services, problems, format } = await composeService({ command: ["sh"] }, startFlags(parse(startCommand, words)));
    assert.equal(services, undefined);
    assert.match(problems.filter(isError).map(format).join("\n"), message);
  });
}

const ECOSYSTEM = '{ "apps": [{ "name": "eco", "script": "app.js", "instances": 2, "env_production": {} }] }';

for (const [name, text] of [
  ["ecosystem.config.js", `module.exports = ${ECOSYSTEM};`],
  ["ecosystem.config.mjs", `export default ${ECOSYSTEM};`],
  ["ecosystem.json", ECOSYSTEM],
  ["process.yml", "apps:\n  - name: eco\n    script: app.js\n    instances: 2\n    env_production: {}\n"],
] as const) {
  test(`${name} of pm2 is imported, with notes on what has no counterpart`, async (t) => {
    const directory = track(t).dir();
    writeFileSync(join(directory, "app.js"), "");
    writeFileSync(join(directory, name), text);
    const { services, problems, notes } = await composeFile(join(directory, name));
    assert.deepEqual(problems, []);
    assert.partialDeepStrictEqual(services?.[0], { name: "eco", instances: 2, cwd: directory, command: ["node", "app.js"] });
    assert.equal(services?.length, 1);
    assert.match(notes.join("\n"), /^eco: env_production is left out/);
  });
}

test("a configuration of ours is read as apply reads it, mistakes with line and column", async (t) => {
  const file = join(track(t).dir(), "services.yaml");
  writeFileSync(file, "services:\n  web:\n    comand: sh\n");
  const { services, problems, format } = await composeFile(file);
  assert.equal(services, undefined);
  assert.match(problems.map(format).join("\n"), /services\.yaml:3:5: services\.web\.comand: .*did you mean "command"/);
});

async function inDirectory(t: TestContext, files: Readonly<Record<string, string>>) {
  const tracked = track(t);
  const { control, env } = await serveMemory(tracked);
  const cwd = tracked.dir();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  return { control, cwd, run: (...args: string[]) => cli(["start", ...args], { env, cwd }) };
}

test("start app.js as with pm2: a second time it is left alone, otherwise changed, never doubled", async (t) => {
  const { control, cwd, run } = await inDirectory(t, { "app.js": "" });
  const first = await run("app.js", "--name", "web", "-i", "2", "--", "--port", "80");
  assert.equal(first.code, 0, first.stderr);
  assert.partialDeepStrictEqual(control.services.get("web")?.spec, { command: ["node", "app.js", "--port", "80"], cwd, instances: 2 });
  const again = await run("app.js", "--name", "web", "-i", "2", "--", "--port", "80");
  assert.deepEqual([again.code, again.stdout], [0, "web runs already, and is unchanged\n"]);
  const changed = await run("app.js", "--name", "web", "-E", "A=1", "--", "--port", "81");
  assert.match(changed.stdout, /^changed web: command, env\.A, instances \(restarts\)\nweb\/0 running/);
  assert.equal(control.services.size, 1);
});

test("a configuration, a script and a service can be started together", async (t) => {
  const { control, run } = await inDirectory(t, { "app.js": "", "some.yaml": "services:\n  api: {command: [sh]}\n" });
  await control.add("db", "sh");
  const { code, stdout, stderr } = await run("some.yaml", "app.js", "db");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^api\/0 running .*\napp\/0 running .*\ndb\/0 running .*\n$/);
});

for (const [args, code, message] of [
  [["some.yaml", "--name", "x"], 64, /--name describes a script or command, and some\.yaml is a configuration/],
  [["some.yaml", "--", "x"], 64, /what follows -- is for a script or command/],
  [["db", "-i", "2"], 64, /--instances describes a script or command, and db is a service that is there already/],
  [["app.js", "db", "--name", "x"], 64, /and db is a service/],
  [["app.js", "some.yaml", "--", "x"], 64, /and some\.yaml is a configuration/],
  [["app.js", "app.ts"], 64, /two targets are named app/],
  [["nosuch.js"], 69, /start nosuch\.js: there is no such file, and no such service/],
  [["bad.yaml"], 78, /bad\.yaml:1:1: service: .*did you mean "services"/],
] as const) {
  test(`start ${args.join(" ")}: exit code ${code}, and nothing is started`, async (t) => {
    const { control, run } = await inDirectory(t, { "app.js": "", "app.ts": "", "some.yaml": "services: {}", "bad.yaml": "service: {}\n" });
    await control.add("db", "sh");
    const found = await run(...args);
    assert.equal(found.code, code, found.stderr);
    assert.equal(found.stdout, "");
    assert.match(found.stderr, message);
    assert.deepEqual(control.requests, []);
  });
}

test("with --json a mistake in a configuration is one object", async (t) => {
  const { run } = await inDirectory(t, { "bad.yaml": "service: {}\n" });
  const { code, stdout, stderr } = await run("bad.yaml", "--json");
  assert.deepEqual([code, stderr], [78, ""]);
  const { error } = JSON.parse(stdout);
  assert.deepEqual([error.code, error.exitCode, error.problems.length], ["ERR_CONFIGURATION", 78, 1]);
});
