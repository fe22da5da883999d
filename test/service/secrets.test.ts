import assert from "node:assert/strict";
import { test } from "node:test";
import { checkConfig } from "../../src/service/checkConfig.ts";
import { readJson } from "../../src/service/json.ts";
import { formatProblem } from "../../src/service/problem.ts";
import { redact } from "../../src/service/redact.ts";
import { SERVICE_KEYS } from "../../src/service/serviceTable.ts";
import { readYaml } from "../../src/service/yaml.ts";
import { specOf } from "./problems.ts";

const SECRET = "hunter2secret";
const variables = { SECRET, PATH: "/bin:/usr/bin" };

test("no problem shows the value of an environment variable", async () => {
  const env = { A: { [SECRET]: 1 }, B: [SECRET], C: `${SECRET}\0`, D: "${SECRET}${NOPE}", E: `\${${SECRET} x}` };
  const { problems } = await checkConfig({ services: { web: { command: "true", env } } }, { variables });
  assert.equal(problems.length, 5);
  for (const problem of problems.slice(0, 4)) assert.doesNotMatch(JSON.stringify(problem), /hunter2/);
});

test("no problem shows what was filled in, whatever key it is filled into", async () => {
  for (const key of Object.keys(SERVICE_KEYS)) {
    for (const value of ["${SECRET}", ["${SECRET}"], { a: "${SECRET}" }, [{ metric: "cpu", above: "${SECRET}", exec: "${SECRET}" }]]) {
      const { problems } = await checkConfig({ services: { web: { command: "true", [key]: value } } }, { variables });
      for (const problem of problems) assert.doesNotMatch(JSON.stringify(problem) + formatProblem(problem), /hunter2/, key);
    }
  }
  const nested = {
    ready: { url: "${SECRET}", port: "${SECRET}", pattern: "(${SECRET}", timeout: "${SECRET}", command: ["${SECRET}"] },
    restart: { limit: "${SECRET}", when: "${SECRET}", backoff: { factor: "${SECRET}" } },
    schedule: { cron: "${SECRET}", timeZone: "${SECRET}" },
    health: { exec: "${SECRET}", every: "${SECRET}" },
    logs: { mode: "${SECRET}", maxSize: "${SECRET}", compress: "${SECRET}" },
    limits: { nofile: "${SECRET}", cpu: ["${SECRET}", 1] },
    sockets: { a: "unix:///${SECRET}/x/y", b: "tcp://${SECRET}" },
    hooks: { beforeStart: "${SECRET}" },
    cwd: "${SECRET}",
    envFile: "${SECRET}",
    script: "${SECRET}",
  };
  const { problems } = await checkConfig(
    { services: { web: nested, other: { command: ["${SECRET}"], cwd: "/${SECRET}", envFile: "x${SECRET}" } } },
    { variables },
  );
  assert.ok(problems.length > 15);
  for (const problem of problems) assert.doesNotMatch(JSON.stringify(problem) + formatProblem(problem), /hunter2/);
});

test("errors of JSON and YAML files show nothing of their text", async () => {
  const broken = [
    `{ "services": { "web": { "env": { "A": "${SECRET}" "B": 1 } } } }`,
    `{ "services": ${SECRET} }`,
    `services:\n  web:\n    env:\n      A: "${SECRET}\n`,
    `services:\n  web: [ ${SECRET} ] ${SECRET}\n`,
    `services:\n  - a\n b: ${SECRET}\n`,
    `a: *${SECRET}\n`,
    `a: !${SECRET} x\n`,
    `a: "\\q${SECRET}"\n`,
  ];
  for (const [index, text] of broken.entries()) {
    const { mistakes } = index < 2 ? readJson(text) : await readYaml(text);
    assert.ok(mistakes.length > 0, text);
    assert.doesNotMatch(JSON.stringify(mistakes), /hunter2/);
  }
});

test("a redacted specification shows names of variables, and what was written where they were filled in", async () => {
  const spec = await specOf(
    {
      command: "true --token=${SECRET} --user ${USER:-me}",
      env: { TOKEN: "${SECRET}", PLAIN: "plainvalue" },
      health: "http://127.0.0.1/?token=${SECRET}",
      cwd: "/srv/${SECRET}",
      hooks: { beforeStart: ["x", "${SECRET}"] },
    },
    { variables },
  );
  assert.deepEqual(spec.command, ["true", `--token=${SECRET}`, "--user", "me"]);
  const shown = redact(spec);
  assert.doesNotMatch(JSON.stringify(shown), /hunter2|plainvalue/);
  assert.deepEqual(shown.env, { PLAIN: "(hidden)", TOKEN: "(hidden)" });
  assert.deepEqual(shown.command, ["true", "--token=${SECRET}", "--user", "${USER:-me}"]);
  assert.equal(shown.cwd, "/srv/${SECRET}");
  assert.deepEqual(shown.health?.probe, { kind: "http", url: "http://127.0.0.1/?token=${SECRET}" });
  assert.deepEqual(redact(JSON.parse(JSON.stringify(spec))), shown);
});

test("a relative path is shown as it was written too", async () => {
  const shown = redact(await specOf({ command: "true", cwd: "x/${SECRET}", sockets: { a: "unix:///tmp/${SECRET}" } }, { variables }));
  assert.doesNotMatch(JSON.stringify(shown), /hunter2/);
});
