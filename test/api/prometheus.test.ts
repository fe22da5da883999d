/** Prometheus' own programs over what a real supervisor says, and over the examples. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { metricFamilies } from "../../src/api/metrics.ts";
import { ask } from "../dashboard/ask.ts";
import { served, TOKEN } from "../dashboard/dashboards.ts";
import { doing } from "../fixtures/checks/written.ts";
import { read, tableRows } from "../project/pages.ts";
import { findProgram, needsProgram } from "../support/needs.ts";
import { root, run, start } from "../support/run.ts";
import { type Supervised, specsOf } from "../support/supervised.ts";
import { until } from "../support/wait.ts";
import { served as servedInMemory } from "./apiFixture.ts";

const LONG = { timeout: 90_000 };
const OPEN = "application/openmetrics-text; version=1.0.0";
const RULES = join(root, "examples/prometheus/alerts.yml");

/** One that runs with a child, one that was given up, one with a name that needs escaping; a check that fires, and a route. */
async function busy(s: Supervised): Promise<void> {
  const services = await specsOf(
    {
      web: { command: ["sh", "-c", "sleep 1000 & exec sleep 1000"], checks: [doing({ metric: "processes", above: 1 }, "alert")] },
      brief: { command: ["sh", "-c", "exit 3"], restart: { limit: 1, backoff: { initial: "10ms" } } },
      'a"b <c>': { command: ["sleep", "1000"] },
    },
    s.dir,
  );
  await s.client.apply({ services, monitor: { disk: [{ path: s.dir, size: { above: "1TiB" } }], alerts: [{ exec: ["true"] }] }, wait: 0 });
  await until("one to be given up", async () => (await s.status("brief/0")).state === "failed", LONG);
  await until("the check to fire", async () => (await s.client.checks()).checks.some(({ state }) => state === "firing"), LONG);
  await until("the directory to be counted", async () => (await s.client.sample()).directories[0]?.size != null, LONG);
}

/** All that there can be. */
async function declared(t: TestContext): Promise<readonly string[]> {
  const { control } = await servedInMemory(t);
  const sample = control.monitor.sample();
  const sources = { about: control.about(), services: control.list(), sample, checks: control.checks(), alerts: control.alerts() };
  return metricFamilies(sources).map(({ name }) => name);
}

test("docs/prometheus.md has every metric with its type, labels and meaning, and no other", async (t) => {
  const { control } = await servedInMemory(t);
  const sample = control.monitor.sample();
  const known = { ...sample, instances: sample.instances.map((one) => ({ ...one, writeRate: 1 })) };
  const sources = { about: control.about(), services: control.list(), sample: known, checks: control.checks(), alerts: control.alerts() };
  assert.deepEqual(
    tableRows(read("docs/prometheus.md"), "metric").map((row) => row.join(" | ")),
    metricFamilies(sources).map(({ name, type, samples, help }) => {
      const labels = Object.keys(samples[0]?.[0] ?? assert.fail(name)).map((label) => `\`${label}\``);
      return [`\`${name}\``, type, labels.join(", "), help].join(" | ");
    }),
  );
});

test("promtool finds nothing to complain about in the metrics of real services; both formats come on the dashboard's port too", {
  skip: needsProgram("promtool"),
}, async (t) => {
  const s = await served(t);
  await busy(s);
  const text = await s.client.metrics();
  assert.match(text, /^daemonitor_instance_up\{service="a\\"b <c>",instance="a\\"b <c>\/0"\} 1$/m);
  assert.match(text, /^daemonitor_instance_processes\{service="web",instance="web\/0"\} 2$/m);
  assert.match(text, /^daemonitor_instance_state\{service="brief",instance="brief\/0",state="failed"\} 1$/m);
  assert.match(text, /^daemonitor_check_firing\{.*check="processes above 1"\} 1$/m);
  const { code, stdout, stderr } = await run(findProgram("promtool") ?? "promtool", ["check", "metrics"], { input: text });
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "", stderr: "" });
  const { port } = s.dashboard;
  const scraped = (headers: Readonly<Record<string, string>>) =>
    ask(port, "/metrics", { headers: { Authorization: `Bearer ${TOKEN}`, ...headers } });
  const plain = await scraped({});
  assert.equal(plain.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
  const open = await scraped({ Accept: OPEN });
  assert.equal(open.headers["content-type"], "application/openmetrics-text; version=1.0.0; charset=utf-8");
  assert.match(open.text, /\n# EOF\n$/);
  const both = await s.client.metricsFor(OPEN);
  assert.match(both.type, /openmetrics/);
});

test("a real Prometheus scrapes the dashboard's port, with the example's rules; each query of the Grafana dashboard is one, and finds what it is about", {
  skip: needsProgram("prometheus"),
  timeout: 300_000,
}, async (t) => {
  const s = await served(t);
  await busy(s);
  const query = await prometheus(t, s);
  await until("it to be scraped", async () => (await query("up"))[0]?.value === "1", LONG);
  const [up] = await query('daemonitor_instance_up{exported_instance="web/0"}');
  assert.equal(up?.value, "1");
  assert.equal(up?.labels.service, "web");
  assert.equal((await query('daemonitor_instance_up{service="a\\"b <c>"}')).length, 1);
  // As OpenMetrics: an info and a counter by their full names.
  assert.equal((await query("daemonitor_supervisor_info"))[0]?.value, "1");
  assert.equal((await query('daemonitor_instance_restarts_total{exported_instance="brief/0"}'))[0]?.value, "1");
  await until(
    "the rules to fire",
    async () => {
      const firing = (await query('ALERTS{alertstate="firing"}')).map(({ labels }) => labels.alertname);
      return firing.includes("DaemonitorServiceFailed") && firing.includes("DaemonitorCheckFailing");
    },
    LONG,
  );

  const real = new Set((await s.client.metrics()).match(/^daemonitor_\w+/gm));
  const all = await declared(t);
  // Of a disk that doesn't fill, and that was not looked at for a minute yet.
  const mayMiss = ["daemonitor_filesystem_full_time_seconds", "daemonitor_filesystem_growth_bytes_per_second"];
  const expressions = grafanaExpressions();
  assert.ok(expressions.length > 15);
  for (const expression of expressions) {
    for (const name of namesIn(expression)) {
      assert.ok(all.includes(name), `${name} is no metric`);
      assert.ok(real.has(name) || mayMiss.includes(name) || /disk_(?:read|written)/.test(name), `${name} is not in real output`);
    }
    const isQuery = !expression.startsWith("label_values(");
    const filled = expression.replaceAll("$job", "daemonitor").replaceAll("$service", ".*");
    if (isQuery) await query(filled);
  }
  const states = await query(
    (expressions.find((one) => one.includes("exported_instance) (")) ?? "").replaceAll("$job", "daemonitor").replaceAll("$service", ".*"),
  );
  assert.deepEqual(Object.fromEntries(states.map(({ labels, value }) => [labels.exported_instance, value])), {
    "web/0": "1",
    "brief/0": "4",
    'a"b <c>/0': "1",
  });
});

test("promtool finds the example's rules right, and they fire when they should and not before", {
  skip: needsProgram("promtool"),
}, async (t) => {
  const promtool = findProgram("promtool") ?? "promtool";
  const checked = await run(promtool, ["check", "rules", RULES]);
  assert.equal(checked.code, 0, checked.stderr);
  assert.match(checked.stdout, /SUCCESS: \d+ rules found/);
  const names = namesIn(readFileSync(RULES, "utf8"));
  const all = await declared(t);
  assert.ok(names.length > 5);
  assert.deepEqual(
    names.filter((name) => !all.includes(name)),
    [],
  );
  const { dir } = (await import("../support/cleanup.ts")).track(t);
  const folder = dir();
  const file = join(folder, "test.yml");
  // promtool compares the texts of alerts as well: their wording is no matter here.
  const withoutTexts = readFileSync(RULES, "utf8").replaceAll(/^ {8}annotations:\n(?: {10}.*\n)+/gm, "");
  writeFileSync(join(folder, "rules.yml"), withoutTexts);
  writeFileSync(file, ruleTests());
  const { code, stdout, stderr } = await run(promtool, ["test", "rules", file], LONG);
  assert.equal(code, 0, stdout + stderr);
});

/** Minute by minute: `series` in promtool's notation, and which alerts fire when. */
function ruleTests(): string {
  const on = (at: string, alert: string, labels: Readonly<Record<string, string>>) => ({ at, alert, labels });
  const cases = [
    {
      series: { 'daemonitor_instance_state{exported_instance="web/0",service="web",state="failed"}': "0 0 1 1" },
      quiet: [["1m", "DaemonitorServiceFailed"]],
      fires: [on("2m", "DaemonitorServiceFailed", { exported_instance: "web/0", service: "web", state: "failed", severity: "critical" })],
    },
    {
      series: {
        'daemonitor_instance_restarts_total{exported_instance="web/0"}': "0x10 1x10 3 5 7 9 11x20",
        'daemonitor_instance_log_dropped_lines_total{exported_instance="web/0"}': "0x30 100x20",
      },
      quiet: [
        ["12m", "DaemonitorRestartStorm"],
        ["25m", "DaemonitorLogsDropped"],
      ],
      fires: [
        on("27m", "DaemonitorRestartStorm", { exported_instance: "web/0", severity: "warning" }),
        on("35m", "DaemonitorLogsDropped", { exported_instance: "web/0", severity: "warning" }),
      ],
    },
    {
      // Full 23 h after the beginning; and the other in a month.
      series: {
        'daemonitor_filesystem_full_time_seconds{path="/var"}': "82800x30",
        'daemonitor_filesystem_full_time_seconds{path="/srv"}': "2592000x30",
        'daemonitor_check_firing{subject="web/0",check="cpu above 90 %"}': "0x5 1x30",
      },
      quiet: [
        ["10m", "DaemonitorDiskFullInADay"],
        ["4m", "DaemonitorCheckFailing"],
      ],
      fires: [
        on("16m", "DaemonitorDiskFullInADay", { path: "/var", severity: "warning" }),
        on("7m", "DaemonitorCheckFailing", { subject: "web/0", check: "cpu above 90 %", severity: "warning" }),
      ],
    },
  ];
  const yaml = (text: string) => `'${text.replaceAll("'", "''")}'`;
  const tests = cases.map(({ series, quiet, fires }) => {
    const inputs = Object.entries(series).map(([name, values]) => `      - { series: ${yaml(name)}, values: ${yaml(values)} }`);
    const rules = [
      ...quiet.map(([at, alert]) => `      - { eval_time: ${at}, alertname: ${alert}, exp_alerts: [] }`),
      ...fires.map(({ at, alert, labels }) => {
        const pairs = Object.entries(labels).map(([key, value]) => `${key}: ${yaml(value)}`);
        return `      - { eval_time: ${at}, alertname: ${alert}, exp_alerts: [{ exp_labels: { ${pairs.join(", ")} } }] }`;
      }),
    ];
    return `  - interval: 1m\n    input_series:\n${inputs.join("\n")}\n    alert_rule_test:\n${rules.join("\n")}`;
  });
  return `rule_files: [rules.yml]\nevaluation_interval: 1m\ntests:\n${tests.join("\n")}\n`;
}

function namesIn(text: string): readonly string[] {
  return [...new Set(text.match(/\bdaemonitor_\w+/g))];
}

function grafanaExpressions(): readonly string[] {
  const found: string[] = [];
  JSON.parse(readFileSync(join(root, "examples/grafana/daemonitor.json"), "utf8"), (key, value) => {
    if ((key === "expr" || key === "definition") && typeof value === "string") found.push(value);
    return value;
  });
  return found;
}

interface Found {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: string;
}

/** A Prometheus of the test's own, which ends with it. Resolves when it answers. */
async function prometheus(
  t: TestContext,
  s: Awaited<ReturnType<typeof served>>,
): Promise<(expression: string) => Promise<readonly Found[]>> {
  const port = await freePort();
  const directory = join(s.dir, "prometheus");
  mkdirSync(directory);
  writeFileSync(join(s.dir, "token"), TOKEN);
  const config = `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [${JSON.stringify(RULES)}]
scrape_configs:
  - job_name: daemonitor
    authorization: { credentials_file: ${JSON.stringify(join(s.dir, "token"))} }
    static_configs: [{ targets: ["127.0.0.1:${s.dashboard.port}"] }]
`;
  writeFileSync(join(s.dir, "prometheus.yml"), config);
  const child = start(findProgram("prometheus") ?? "prometheus", [
    `--config.file=${join(s.dir, "prometheus.yml")}`,
    `--storage.tsdb.path=${directory}`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--log.level=warn",
  ]);
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  t.after(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const query = async (expression: string): Promise<readonly Found[]> => {
    const { status, text } = await ask(port, `/api/v1/query?query=${encodeURIComponent(expression)}`);
    assert.equal(status, 200, `${expression}: ${text}`);
    const { data } = JSON.parse(text) as { data: { result: readonly { metric: Record<string, string>; value: [number, string] }[] } };
    return data.result.map(({ metric, value }) => ({ labels: metric, value: value[1] }));
  };
  await until(
    "Prometheus to be ready",
    async () => {
      assert.equal(child.exitCode, null, said);
      return (await ask(port, "/-/ready").catch(() => undefined))?.status === 200;
    },
    LONG,
  );
  return query;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
