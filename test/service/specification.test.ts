import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { checkConfig } from "../../src/service/checkConfig.ts";
import { track } from "../support/cleanup.ts";
import { errorsOf, errorsOfService, specOf, warningsOf } from "./problems.ts";

test("a service with a command alone has every default", async () => {
  assert.deepEqual(await specOf({ command: ["true"] }), {
    name: "web",
    command: ["true"],
    cwd: "/",
    env: {},
    instances: 1,
    type: "simple",
    pidFile: null,
    ready: { on: "started", timeout: 30_000 },
    restart: { when: "always", limit: 10, window: 300_000, stable: 10_000, backoff: { initial: 100, factor: 2, max: 60_000 } },
    stop: { signal: "SIGTERM", timeout: 10_000 },
    reload: null,
    watchdog: null,
    sockets: {},
    schedule: null,
    dependsOn: {},
    hooks: { beforeStart: null, afterExit: null, timeout: 60_000 },
    user: null,
    group: null,
    groups: null,
    umask: 0o022,
    limits: {},
    nice: null,
    ioPriority: null,
    oomScore: null,
    noNewPrivileges: false,
    resources: { memory: null, cpu: null },
    health: null,
    logs: {
      maxSize: 10 * 1024 ** 2,
      maxFiles: 10,
      maxTotal: 200 * 1024 ** 2,
      maxAge: null,
      rotateEvery: null,
      compress: "zstd",
      stderr: "merge",
      onDiskFull: "block",
      mode: 0o640,
    },
    checks: [],
    written: {},
  });
});

test("every text becomes the value it means", async () => {
  const spec = await specOf({
    command: "node 'my server.js'",
    args: "--port 80",
    cwd: "srv",
    env: { A: 1, B: true, C: "x" },
    instances: "max",
    ready: { port: "[::1]:80", timeout: "infinity" },
    restart: { limit: "unlimited", backoff: { max: "1h" } },
    stop: { signal: "int", timeout: 0 },
    reload: { signal: 1 },
    watchdog: "1min30s",
    sockets: { a: "tcp://127.0.0.1:80", b: "udp://[::]:53", c: "unix:///tmp/x.sock" },
    dependsOn: [],
    user: "1000",
    umask: "077",
    limits: { nofile: [1024, "unlimited"], cpu: "1min" },
    ioPriority: "best-effort",
    resources: { memory: "1GB", cpu: "150%" },
    health: { tcp: 80 },
    logs: { compress: false, maxAge: "30d", maxFiles: "unlimited" },
    checks: [
      { metric: "memory", above: "1KiB", for: "3 of 5", then: ["alert", { exec: "./page me" }] },
      { metric: "readRate", below: "1MB/s" },
      { metric: "cpu", above: "80%" },
      { metric: "uptime", below: "1h" },
    ],
  });
  assert.deepEqual(spec.command, ["node", "my server.js", "--port", "80"]);
  assert.equal(spec.cwd, "/srv");
  assert.deepEqual(spec.env, { A: "1", B: "true", C: "x" });
  assert.equal(spec.instances, 4);
  assert.deepEqual(spec.ready, { on: "port", host: "::1", port: 80, timeout: null });
  assert.equal(spec.restart.limit, null);
  assert.deepEqual(spec.restart.backoff, { initial: 100, factor: 2, max: 3_600_000 });
  assert.deepEqual(spec.stop, { signal: "SIGINT", timeout: 0 });
  assert.deepEqual(spec.reload, { signal: "SIGHUP" });
  assert.equal(spec.watchdog, 90_000);
  assert.deepEqual(spec.sockets, {
    a: { kind: "tcp", host: "127.0.0.1", port: 80 },
    b: { kind: "udp", host: "::", port: 53 },
    c: { kind: "unix", path: "/tmp/x.sock" },
  });
  assert.equal(spec.user, 1000);
  assert.equal(spec.umask, 0o077);
  assert.deepEqual(spec.limits, { nofile: [1024, -1], cpu: [60, 60] });
  assert.equal(spec.ioPriority, "best-effort:4");
  assert.deepEqual(spec.resources, { memory: 1e9, cpu: 1.5 });
  assert.deepEqual(spec.health?.probe, { kind: "tcp", host: "127.0.0.1", port: 80 });
  assert.deepEqual([spec.logs.compress, spec.logs.maxAge, spec.logs.maxFiles], [false, 2_592_000_000, null]);
  assert.deepEqual(spec.checks, [
    { metric: "memory", when: "above", threshold: 1024, for: { times: 3, of: 5 }, then: ["alert", { exec: ["./page", "me"] }] },
    { metric: "readRate", when: "below", threshold: 1e6, for: { times: 1, of: 1 }, then: ["alert"] },
    { metric: "cpu", when: "above", threshold: 80, for: { times: 1, of: 1 }, then: ["alert"] },
    { metric: "uptime", when: "below", threshold: 3_600_000, for: { times: 1, of: 1 }, then: ["alert"] },
  ]);
});

test("a script is run by what its extension says", async () => {
  const command = async (service: object) => (await specOf(service)).command;
  assert.deepEqual(await command({ script: "a.js", args: ["x"] }), ["node", "a.js", "x"]);
  assert.deepEqual(await command({ script: "a.mts" }), ["node", "a.mts"]);
  assert.deepEqual(await command({ script: "a.py" }), ["python3", "a.py"]);
  assert.deepEqual(await command({ script: "a.sh" }), ["sh", "a.sh"]);
  assert.deepEqual(await command({ script: "serve" }), ["./serve"]);
  assert.deepEqual(await command({ script: "/bin/true" }), ["/bin/true"]);
  assert.deepEqual(await command({ script: "a.js", interpreter: "node --inspect" }), ["node", "--inspect", "a.js"]);
});

test("readiness follows from the key that is given", async () => {
  const on = async (ready: unknown) => (await specOf({ command: "true", ready })).ready.on;
  assert.equal(await on("notify"), "notify");
  assert.equal(await on({ url: "http://127.0.0.1/" }), "http");
  assert.equal(await on({ pattern: "^up" }), "line");
  assert.equal(await on({ command: "true" }), "exec");
  assert.equal(await on({ timeout: "1s" }), "started");
});

test("work that ends is not begun again by default", async () => {
  assert.equal((await specOf({ command: "true", type: "oneshot" })).restart.when, "on-failure");
  assert.equal((await specOf({ command: "true", schedule: "@daily" })).restart.when, "never");
});

test("an environment comes from the caller, files and the configuration, the later ones winning", async (t) => {
  const directory = track(t).dir();
  writeFileSync(join(directory, "one.env"), "# comment\nA=file\nexport B='two words'\nC=file\n");
  writeFileSync(join(directory, "two.env"), "C=second\n");
  const variables = { PATH: "/bin", A: "caller", LC_ALL: "C", LC_TIME: "C", LANG: "C", SSH_CLIENT: "x", D: "d" };
  const { env } = await specOf(
    { command: "true", env: { A: null, E: "e" }, envFile: ["one.env", "two.env"], inheritEnv: ["LC_*", "A", "D"] },
    { directory, variables },
  );
  assert.deepEqual(env, { B: "two words", C: "second", D: "d", E: "e", LC_ALL: "C", LC_TIME: "C" });
  const all = await specOf({ command: "true", inheritEnv: true }, { directory, variables });
  assert.deepEqual(all.env, { PATH: "/bin", A: "caller", LC_ALL: "C", LC_TIME: "C", LANG: "C", D: "d" });
});

test("a missing or wrong environment file is an error that shows none of its lines", async (t) => {
  const directory = track(t).dir();
  writeFileSync(join(directory, ".env"), "A=1\nhunter2 secret\n");
  const errors = await errorsOf(
    { services: { a: { command: "true", envFile: ".env" }, b: { command: "true", envFile: "missing" } } },
    { directory },
  );
  assert.deepEqual(errors, [
    `services.a.envFile: ${directory}/.env:2 is not a line NAME=VALUE, nor begins with "#"`,
    `services.b.envFile: ${directory}/missing can't be read: there is no such file`,
  ]);
});

test("dependencies are a list, a name or a map", async () => {
  const services = {
    db: { command: "true" },
    job: { command: "true", type: "oneshot" },
    web: { command: "true", dependsOn: { db: "started", job: "completed" } },
  };
  const { config } = await checkConfig({
    services: { ...services, a: { command: "true", dependsOn: "db" }, b: { command: "true", dependsOn: ["db", "a"] } },
  });
  const by = Object.fromEntries(config?.services.map(({ name, dependsOn }) => [name, dependsOn]) ?? []);
  assert.deepEqual(by, { db: {}, job: {}, web: { db: "started", job: "completed" }, a: { db: "ready" }, b: { db: "ready", a: "ready" } });
});

test("a cycle of dependencies is named as a whole, once", async () => {
  const errors = await errorsOf({
    services: {
      x: { command: "true", dependsOn: "a" },
      a: { command: "true", dependsOn: "b" },
      b: { command: "true", dependsOn: ["c"] },
      c: { command: "true", dependsOn: ["a"] },
      self: { command: "true", dependsOn: ["self"] },
    },
  });
  assert.deepEqual(errors, [
    "services.a.dependsOn: a → b → c → a is a cycle: none of them could start",
    "services.self.dependsOn: self depends on itself",
  ]);
});

test("an unknown dependency names the nearest service", async () => {
  assert.deepEqual(await errorsOf({ services: { redis: { command: "true" }, web: { command: "true", dependsOn: ["rediss"] } } }), [
    'services.web.dependsOn.rediss: there is no service "rediss": did you mean "redis"?',
  ]);
});

test("to wait for the completion of a service that always starts again is an error", async () => {
  const [error = ""] = await errorsOf({ services: { db: { command: "true" }, web: { command: "true", dependsOn: { db: "completed" } } } });
  assert.match(error, /db never completes/);
});

test("two sockets can't have one address, a wildcard takes all of a port", async () => {
  const sockets = (one: string, other: string) =>
    errorsOf({ services: { a: { command: "true", sockets: { x: one } }, b: { command: "true", sockets: { y: other } } } });
  const clash = ['services.b.sockets.y: socket "x" of service "a" has the same address'];
  assert.deepEqual(await sockets("tcp://127.0.0.1:80", "tcp://127.0.0.1:80"), clash);
  assert.deepEqual(await sockets("tcp://localhost:80", "tcp://127.0.0.1:80"), clash);
  assert.deepEqual(await sockets("tcp://0.0.0.0:80", "tcp://127.0.0.1:80"), clash);
  assert.deepEqual(await sockets("tcp://127.0.0.1:80", "tcp://[::]:80"), clash);
  assert.deepEqual(await sockets("unix:///tmp/a", "unix:///tmp/a"), clash);
  assert.deepEqual(await sockets("tcp://127.0.0.1:80", "udp://127.0.0.1:80"), []);
  assert.deepEqual(await sockets("tcp://127.0.0.1:80", "tcp://127.0.0.2:80"), []);
  assert.deepEqual(await sockets("tcp://0.0.0.0:80", "tcp://[::1]:80"), []);
  assert.equal((await errorsOfService({ command: "true", sockets: { a: "unix:///tmp/a", b: "unix:///tmp/a" } })).length, 1);
});

test("what this machine lacks is a warning", async (t) => {
  const directory = track(t).dir();
  mkdirSync(join(directory, "bin"));
  writeFileSync(join(directory, "bin/plain"), "");
  const warnings = await warningsOf(
    {
      services: {
        a: { command: "no-such-program-xyz" },
        b: { command: "./bin/plain" },
        c: { command: "true", cwd: "nowhere", hooks: { afterExit: "./missing" } },
        d: { script: "gone.sh" },
        e: { command: "true", sockets: { s: "unix:///no/such/directory/s" } },
        f: { command: "plain", env: { PATH: `${directory}/bin` } },
      },
    },
    { directory },
  );
  assert.deepEqual(warnings, [
    'services.a.command: the program "no-such-program-xyz" is in no directory of PATH at the moment',
    'services.b.command: the program "./bin/plain" is not executable: chmod +x makes it so',
    `services.c.cwd: ${directory}/nowhere is not a directory at the moment`,
    'services.c.hooks.afterExit: the program "./missing" is not a file at the moment',
    `services.d.script: the file "gone.sh" is not in ${directory} at the moment`,
    "services.e.sockets.s: /no/such/directory/s is in a directory that isn't there at the moment",
    'services.f.command: the program "plain" is not executable: chmod +x makes it so',
  ]);
});
