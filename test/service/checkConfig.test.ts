import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { checkConfig } from "../../src/service/checkConfig.ts";
import { formatPath, formatProblem } from "../../src/service/problem.ts";
import { errorsOf, errorsOfService, specOf } from "./problems.ts";

test("every mistake is reported, not only the first", async () => {
  const errors = await errorsOf({
    servces: {},
    services: {
      web: { command: "true", restart: { limt: 3, when: "allways" }, stop: { timeout: "10" }, nice: 99 },
      "a/b": { command: "true" },
      db: {},
    },
    disk: [{}],
  });
  assert.deepEqual(errors.map((error) => error.slice(0, error.indexOf(": "))).sort(), [
    "disk[0]",
    "servces",
    "services.db",
    "services.web.nice",
    "services.web.restart.limt",
    "services.web.restart.when",
    "services.web.stop.timeout",
    'services["a/b"]',
  ]);
});

test("an unknown key names the nearest one, its value and its path", async () => {
  const { problems, config } = await checkConfig({ services: { web: { command: "true", restart: { limt: 3 } } } });
  assert.equal(config, undefined);
  const [problem] = problems;
  assert.deepEqual(problem, {
    severity: "error",
    path: "services.web.restart.limt",
    value: "3",
    message: 'there is no such key: did you mean "limit"?',
    nearest: "limit",
  });
});

test("a key that belongs into a section is told so", async () => {
  assert.deepEqual(await errorsOfService({ command: "true", maxSize: "1MiB" }), [
    'maxSize: there is no such key: did you mean "logs.maxSize"?',
  ]);
});

test("habits of other tools find their key", async () => {
  const errors = await errorsOfService({ command: "true", depends_on: [], environment: {}, env_file: "x", working_directory: "/" });
  assert.deepEqual(errors.slice(0, 3), [
    'depends_on: there is no such key: did you mean "dependsOn"?',
    'environment: there is no such key: did you mean "env"?',
    'env_file: there is no such key: did you mean "envFile"?',
  ]);
});

const wrong: readonly (readonly [what: object, message: RegExp])[] = [
  [{}, /^: it says nothing about what to run/],
  [{ command: "true", script: "x.sh" }, /^script: "command" says already what to run/],
  [{ command: "true", interpreter: "node" }, /^interpreter: it has no use without "script"/],
  [{ command: "" }, /^command: there is no program in it/],
  [{ command: [] }, /^command: there is no program in it/],
  [{ command: 3 }, /^command: 3 is not a list of words/],
  [{ command: ["ls", {}] }, /^command\[1\]: an object is not text/],
  [{ command: ["ls", "a\0b"] }, /^command\[1\]: .* has a NUL byte/],
  [{ command: "PORT=1 node x" }, /^command: it begins with the variable PORT/],
  [{ command: "a | b" }, /^command: .*pipe/],
  [{ command: "true", cwd: "~/x" }, /^cwd: .*\$\{HOME\}\/x/],
  [{ command: "true", env: { "A=B": "1" } }, /^env\["A=B"\]: it can't be a variable's name/],
  [{ command: "true", env: [] }, /^env: it is not an object/],
  [{ command: "true", inheritEnv: "all" }, /^inheritEnv: "all" is not true, false or a list/],
  [{ command: "true", instances: -1 }, /^instances: -1 is not a whole number/],
  [{ command: "true", instances: "many" }, /^instances: "many" is not a whole number from 0 to 10000, nor "max"/],
  [{ command: "true", type: "fork" }, /^type: .*did you mean "forking"/],
  [{ command: "true", pidFile: "/run/x.pid" }, /^pidFile: it has no use with type "simple"/],
  [{ command: "true", type: "forking", pidFile: "/run/x.pid", instances: 2 }, /^instances: several instances/],
  [{ command: "true", type: "forking", pidFile: "/run/x.pid", reload: { rolling: true } }, /^reload\.rolling: the old and the new/],
  [{ command: "true", ready: "notfy" }, /^ready: .*did you mean "notify"/],
  [{ command: "true", ready: "http" }, /^ready: on is "http", so "url" is needed/],
  [{ command: "true", ready: { on: "notify", port: 80 } }, /^ready\.port: it has no use where "on" is "notify"/],
  [{ command: "true", ready: { port: 80, url: "http://x" } }, /^ready: "port" and "url" are different ways/],
  [{ command: "true", ready: { port: 70_000 } }, /^ready\.port: 70000 is not a port/],
  [{ command: "true", ready: { pattern: "(" } }, /^ready\.pattern: "\(" is not a regular expression/],
  [{ command: "true", ready: { timeout: 0 } }, /^ready\.timeout: 0 is no time/],
  [{ command: "true", restart: { window: "infinity" } }, /^restart\.window: .* too long/],
  [{ command: "true", restart: { backoff: { initial: "2min", max: "1s" } } }, /^restart\.backoff: "initial" is more than "max"/],
  [{ command: "true", restart: { backoff: { factor: 0.5 } } }, /^restart\.backoff\.factor: 0.5 is not a number from 1 up/],
  [{ command: "true", type: "oneshot", restart: "always" }, /^restart\.when: a oneshot ends/],
  [{ command: "true", schedule: "@daily", restart: "always" }, /^restart\.when: a service with a schedule/],
  [{ command: "true", schedule: {} }, /^schedule: "cron" is needed/],
  [{ command: "true", schedule: "@daly" }, /^schedule\.cron: "@daly" is no name of a schedule: did you mean "@daily"/],
  [{ command: "true", schedule: "61 * * * *" }, /^schedule\.cron: "61 \* \* \* \*" is not a cron pattern: Invalid value for minute: 61/],
  [{ command: "true", schedule: "tomorrow" }, /^schedule\.cron: "tomorrow" is not five fields/],
  [{ command: "true", schedule: "@reboot" }, /^schedule\.cron: "@reboot" is no time/],
  [{ command: "true", schedule: "0 ? * * *" }, /^schedule\.cron: .* write "\*"/],
  [{ command: "true", schedule: "0 0 30 2 *" }, /^schedule\.cron: "0 0 30 2 \*" never fires/],
  [{ command: "true", schedule: "0 0 1 1 * * 2020" }, /never fires|is not a cron pattern/],
  [
    { command: "true", schedule: { cron: "@daily", timeZone: "Europe/Nowhere" } },
    /^schedule\.timeZone: "Europe\/Nowhere" is not a time zone/,
  ],
  [{ command: "true", stop: { signal: "SIGTREM" } }, /^stop\.signal: .*did you mean SIGTERM/],
  [{ command: "true", stop: "SIGINT" }, /^stop: "SIGINT" is not an object with the keys signal, timeout/],
  [{ command: "true", reload: { signal: "HUP", rolling: true } }, /^reload: "signal" and "rolling" are different/],
  [{ command: "true", reload: {} }, /^reload: "signal", or "rolling: true", is needed/],
  [{ command: "true", sockets: { http: "127.0.0.1:80" } }, /^sockets\.http: "127.0.0.1:80" is not an address/],
  [{ command: "true", sockets: { "a:b": "tcp://127.0.0.1:80" } }, /^sockets\["a:b"\]: the name of a socket/],
  [{ command: "true", sockets: { u: `unix:///${"x".repeat(120)}` } }, /^sockets\.u: .* may have 107/],
  [{ command: "true", user: "a b" }, /^user: "a b" is not a name/],
  [{ command: "true", umask: "9" }, /^umask: "9" is not an octal mode/],
  [{ command: "true", limits: { nofiles: 3 } }, /^limits\.nofiles: .*did you mean "nofile"/],
  [{ command: "true", limits: { nofile: [5, 3] } }, /^limits\.nofile: .* above its hard limit/],
  [{ command: "true", ioPriority: "fast" }, /^ioPriority: "fast" is not an I\/O priority/],
  [{ command: "true", resources: { cpu: 0 } }, /^resources\.cpu: 0 is not a number of processors/],
  [{ command: "true", resources: { memory: 0 } }, /^resources\.memory: 0 is no size/],
  [{ command: "true", health: {} }, /^health: "http", "tcp" or "exec" is needed/],
  [{ command: "true", health: { http: "http://x", tcp: 80 } }, /^health: "http" and "tcp" are different probes/],
  [{ command: "true", health: "ftp://x" }, /^health: "ftp:\/\/x" is not a URL/],
  [{ command: "true", logs: { maxSize: "1GiB", maxTotal: "1MiB" } }, /^logs\.maxTotal: it is less than "maxSize"/],
  [{ command: "true", checks: [{ metric: "memry", above: 1 }] }, /^checks\[0\]\.metric: .*did you mean "memory"/],
  [{ command: "true", checks: [{ metric: "memory" }] }, /^checks\[0\]: either "above" or "below"/],
  [{ command: "true", checks: [{ above: 1 }] }, /^checks\[0\]: "metric" is needed/],
  [{ command: "true", checks: [{ metric: "memory", above: "80%" }] }, /^checks\[0\]\.above: "80%" is not a size/],
  [{ command: "true", checks: [{ metric: "cpu", above: "1MiB" }] }, /^checks\[0\]\.above: cpu is measured in percent/],
  [{ command: "true", checks: [{ metric: "cpu", above: 80, for: "5 of 3" }] }, /^checks\[0\]\.for: "5 of 3" is not a text/],
  [{ command: "true", checks: [{ metric: "cpu", above: 80, then: "reboot" }] }, /^checks\[0\]\.then: "reboot" is not/],
  [{ command: "true", checks: [{ metric: "cpu", above: 80, then: [{ run: "x" }] }] }, /^checks\[0\]\.then\[0\]\.run: there is no such key/],
];

for (const [service, message] of wrong) {
  test(`a mistake has a message of its own: ${JSON.stringify(service).slice(0, 90)}`, async () => {
    const errors = await errorsOfService(service);
    assert.equal(errors.length, 1, errors.join("\n"));
    assert.match(errors[0] ?? "", message);
  });
}

for (const name of ["", "a/b", "a\nb", "all", "ALL", "x".repeat(65), "-x", ".x", "a*", " a", "a\u200b"]) {
  test(`${JSON.stringify(name.slice(0, 10))} can't be the name of a service`, async () => {
    const errors = await errorsOf({ services: { [name]: { command: "true" } } });
    assert.equal(errors.length, 1);
    assert.match(errors[0] ?? "", /the name/);
  });
}

test("other names can be", async () => {
  const names = ["web", "my app", "API-2", "größe", "a.b_c@1", "0", "x".repeat(64), "__proto__", "constructor"];
  const { config, problems } = await checkConfig({ services: Object.fromEntries(names.map((name) => [name, { command: "true" }])) });
  assert.deepEqual(problems, []);
  assert.deepEqual(config?.services.map(({ name }) => name).sort(), [...names].sort());
});

for (const value of [undefined, null, 3, "services", [], new Map(), () => {}, { services: [] }, { services: 3 }]) {
  test(`${String(value)} is no configuration, and is told so`, async () => {
    const errors = await errorsOf(value);
    assert.equal(errors.length, 1);
    assert.match(errors[0] ?? "", /is not (a configuration|an object such as)/);
  });
}

test("no value whatever makes it throw, and what has no errors is plain JSON", async () => {
  const words = fc.constantFrom(
    "services",
    "web",
    "command",
    "restart",
    "ready",
    "env",
    "checks",
    "disk",
    "alerts",
    "sockets",
    "limits",
    "schedule",
    "path",
  );
  const tree = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 6 }, fc.anything(), fc.constantFrom("true", "${HOME}", "${", "@daily"), tie("object")),
    object: fc.dictionary(fc.oneof(words, fc.string()), tie("value")),
  }));
  await fc.assert(
    fc.asyncProperty(tree.object, tree.object, async (config, service) => {
      for (const value of [config, { services: { web: { command: "true", ...service } } }]) {
        const checked = await checkConfig(value, { variables: {}, directory: "/" });
        if (checked.config !== undefined) assert.deepEqual(JSON.parse(JSON.stringify(checked.config)), checked.config);
        else assert.ok(checked.problems.length > 0);
        for (const problem of checked.problems) assert.doesNotMatch(formatProblem(problem), /\n/);
      }
    }),
    { numRuns: 150 },
  );
});

test("a configuration without services is one", async () => {
  assert.deepEqual(await checkConfig({}), { config: { services: [], disk: [], alerts: [] }, problems: [] });
});

test("disk and alerts are kept, their variables filled in", async () => {
  const { config } = await checkConfig(
    { disk: [{ path: "var", free: { below: "${FREE}" }, then: "alert" }], alerts: [{ webhook: "https://example.com/x", every: 3 }] },
    { directory: "/srv", variables: { FREE: "10%" } },
  );
  assert.deepEqual(config?.disk, [{ path: "/srv/var", free: { below: "10%" }, then: "alert" }]);
  assert.deepEqual(config?.alerts, [{ webhook: "https://example.com/x", every: 3 }]);
});

test("what JSON can't hold is refused in them", async () => {
  const own: Record<string, unknown> = { path: "/" };
  own.self = own;
  const errors = await errorsOf({ disk: [own, { path: "/", size: () => 3 }], alerts: [{}, { webhook: "https://x.example", mail: "a@b" }] });
  assert.equal(errors.length, 4);
  assert.match(errors[0] ?? "", /^disk\[0\]\.self.*: it contains itself/);
  assert.match(errors[1] ?? "", /^disk\[1\]\.size: a function/);
  assert.match(errors[2] ?? "", /^alerts\[0\]: exactly one/);
});

test('keys that begin with "x-" are ignored at the top only', async () => {
  assert.deepEqual(await errorsOf({ "x-shared": 3, services: {} }), []);
  assert.equal((await errorsOfService({ command: "true", "x-y": 3 })).length, 1);
});

test("a thousand services are checked in a moment", async () => {
  const services = Object.fromEntries(
    Array.from({ length: 1000 }, (_, i) => [
      `s${i}`,
      { command: ["true"], dependsOn: i === 0 ? [] : [`s${i - 1}`], sockets: { a: `tcp://127.0.0.1:${i + 1000}` } },
    ]),
  );
  const { config } = await checkConfig({ services });
  assert.equal(config?.services.length, 1000);
});

test("a path of keys is written as in JavaScript", () => {
  assert.equal(formatPath(["services", "my app", "command", 0]), 'services["my app"].command[0]');
});

test("null is the same as leaving a key out", async () => {
  assert.deepEqual(await specOf({ command: "true", cwd: null, ready: null, logs: { maxAge: null } }), await specOf({ command: "true" }));
});
