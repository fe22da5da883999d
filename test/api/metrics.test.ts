import assert from "node:assert/strict";
import { test } from "node:test";
import { metricFamilies, metrics } from "../../src/api/metrics.ts";
import { formatMetrics, metricsFormat } from "../../src/api/metricsFormat.ts";
import { ask, served } from "./apiFixture.ts";
import { SAMPLE } from "./memoryMonitor.ts";

const LABELS = String.raw`\{(?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)*\}`;
const SAMPLE_LINE = new RegExp(String.raw`^(daemonitor_[a-z_]+)(${LABELS})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$`);

test("the metrics are what Prometheus reads: each family once, with HELP and TYPE before its samples", async (t) => {
  const { client, control } = await served(t);
  await client.act({ action: "stop", selector: "db" });
  const { text } = metrics(control, undefined);
  assert.ok(text.endsWith("\n"));
  const families = new Map<string, string>();
  let current = "";
  const lines = text.trimEnd().split("\n");
  for (const [index, line] of lines.entries()) {
    const [, help] = /^# HELP (\S+) \S.*\.$/.exec(line) ?? [];
    const [, name = "", type = ""] = /^# TYPE (\S+) (gauge|counter)$/.exec(line) ?? [];
    if (help !== undefined) {
      assert.ok(!families.has(help), `${help} twice`);
      assert.match(lines[index + 1] ?? "", new RegExp(`^# TYPE ${help} `));
    } else if (name !== "") {
      families.set(name, type);
      current = name;
      assert.equal(type === "counter", name.endsWith("_total"), name);
    } else {
      assert.equal(SAMPLE_LINE.exec(line)?.[1], current, line);
    }
  }
  const samples = new Set(lines.filter((line) => !line.startsWith("#")).map((line) => line.split(" ")[0]));
  assert.equal(samples.size, lines.filter((line) => !line.startsWith("#")).length, "a sample is there twice");
  for (const line of [
    'daemonitor_instance_up{service="web",instance="web/0"} 1',
    'daemonitor_instance_up{service="db",instance="db/0"} 0',
    'daemonitor_instance_state{service="db",instance="db/0",state="stopped"} 1',
    'daemonitor_instance_state{service="db",instance="db/0",state="running"} 0',
    'daemonitor_instance_restarts_total{service="web",instance="web/0"} 2',
    'daemonitor_instance_memory_bytes{service="web",instance="web/0"} 4096',
    'daemonitor_instance_cpu_ratio{service="web",instance="web/0"} 0.25',
    "daemonitor_supervisor_restarts_total 2",
    "daemonitor_supervisor_degraded 1",
    "daemonitor_services 2",
    'daemonitor_instance_processes{service="web",instance="web/0"} 2',
    'daemonitor_instance_open_fds{service="web",instance="web/0"} 20',
    'daemonitor_instance_log_dropped_lines_total{service="web",instance="web/0"} 0',
    'daemonitor_filesystem_available_bytes{path="/",device="/dev/sda1",type="ext4"} 50',
    'daemonitor_filesystem_full_time_seconds{path="/",device="/dev/sda1",type="ext4"} 1700000050',
    'daemonitor_filesystem_deleted_open_bytes{path="/",device="/dev/sda1",type="ext4"} 7',
    'daemonitor_directory_size_bytes{path="/var/lib"} 7',
    'daemonitor_check_firing{id="web/0: memory above 1 MiB",subject="web/0",check="memory above 1 MiB"} 1',
    "daemonitor_check_mistakes 1",
    'daemonitor_alerts_dropped_total{route="webhook example.com",kind="webhook"} 1',
    'daemonitor_supervisor_info{version="0.0.0-test",mode="daemon"} 1',
  ])
    assert.ok(lines.includes(line), line);
  for (const unknown of ['memory_bytes{service="db"', "disk_written", 'check_firing{id="/: read-only"'])
    assert.ok(!text.includes(unknown), `what isn't known has no sample: ${unknown}`);
});

test("labels are escaped", async (t) => {
  const { control } = await served(t);
  const [service] = control.list();
  assert.ok(service);
  const families = metricFamilies({ about: control.about(), services: [{ ...service, name: 'a"b\\c\nd' }], sample: SAMPLE });
  const text = formatMetrics(families, "text");
  assert.equal(formatMetrics(families, "openmetrics").split('a\\"b\\\\c\\nd').length, text.split('a\\"b\\\\c\\nd').length);
  assert.match(text, /^daemonitor_instance_up\{service="a\\"b\\\\c\\nd",instance="web\/0"\} 1$/m);
});

test("a forecast of low confidence is none", async (t) => {
  const { control } = await served(t);
  const fileSystems = SAMPLE.fileSystems.map((one) => ({ ...one, forecast: { rate: 5, fullAt: 1, confidence: "low" as const } }));
  const text = formatMetrics(metricFamilies({ about: control.about(), services: [], sample: { ...SAMPLE, fileSystems } }), "text");
  assert.match(text, /^daemonitor_filesystem_growth_bytes_per_second\{.*\} 5$/m);
  assert.doesNotMatch(text, /full_time/);
});

test("OpenMetrics is for who asks for it, and likes it no less than text", () => {
  const open = [
    "application/openmetrics-text",
    "application/openmetrics-text; version=1.0.0",
    "application/openmetrics-text; version=1.0.0; charset=utf-8",
    'application/openmetrics-text; version="1.0.0"',
    // As Prometheus 2 and 3 ask.
    "application/openmetrics-text; version=1.0.0,application/openmetrics-text; version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
  ];
  const text = [undefined, "", "*/*", "text/plain", "application/json", "application/openmetrics-text; version=2.0.0"];
  const less = [
    "application/openmetrics-text;q=0.2, text/plain;q=0.8",
    "application/openmetrics-text;q=0",
    "application/openmetrics-text;q=x",
  ];
  for (const accept of open) assert.equal(metricsFormat(accept), "openmetrics", accept);
  for (const accept of [...text, ...less]) assert.equal(metricsFormat(accept), "text", accept);
});

test("OpenMetrics: families by the name without their suffix, with their unit, and an end", async (t) => {
  const { socket } = await served(t);
  const { headers, text } = await ask(socket, "GET", "/v1/metrics", { headers: { Accept: "application/openmetrics-text; version=1.0.0" } });
  assert.equal(headers["content-type"], "application/openmetrics-text; version=1.0.0; charset=utf-8");
  const plain = await ask(socket, "GET", "/v1/metrics");
  assert.equal(plain.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
  assert.ok(text.endsWith("\n# EOF\n") && text.indexOf("# EOF") === text.length - 6);
  assert.doesNotMatch(plain.text, /# (?:EOF|UNIT)/);
  const families = new Set<string>();
  let current = { name: "", type: "" };
  for (const line of text.trimEnd().split("\n")) {
    const [, key, name = "", value = ""] = /^# (TYPE|HELP|UNIT) (\S+) (.+)$/.exec(line) ?? [];
    if (key === "TYPE") {
      assert.ok(!families.has(name), `${name} twice`);
      families.add(name);
      assert.doesNotMatch(name, /_(?:total|info)$/);
      current = { name, type: value };
    } else if (key === "UNIT") {
      assert.equal(name, current.name);
      assert.ok(name.endsWith(`_${value}`), line);
    } else if (key === "HELP") {
      assert.equal(name, current.name);
    } else if (line !== "# EOF") {
      const suffix = { counter: "_total", info: "_info" }[current.type] ?? "";
      assert.equal(SAMPLE_LINE.exec(line)?.[1], current.name + suffix, line);
    }
  }
  assert.match(text, /^# UNIT daemonitor_instance_memory_bytes bytes$/m);
  assert.match(text, /^# TYPE daemonitor_supervisor info$/m);
  // The same samples, whoever asks.
  const samples = (all: string) => all.split("\n").filter((line) => /^daemonitor_(?!supervisor_memory)/.test(line));
  assert.deepEqual(samples(text), samples(plain.text));
});
