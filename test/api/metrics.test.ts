import assert from "node:assert/strict";
import { test } from "node:test";
import { metricsText } from "../../src/api/metrics.ts";
import { served } from "./apiFixture.ts";

const LABELS = String.raw`\{(?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)*\}`;
const SAMPLE = new RegExp(String.raw`^(daemonitor_[a-z_]+)(${LABELS})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$`);

test("the metrics are what Prometheus reads: each family once, with HELP and TYPE before its samples", async (t) => {
  const { client, control } = await served(t);
  await client.act({ action: "stop", selector: "db" });
  const text = metricsText(control.about(), control.list());
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
      assert.equal(SAMPLE.exec(line)?.[1], current, line);
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
    'daemonitor_supervisor_info{version="0.0.0-test",mode="daemon"} 1',
  ])
    assert.ok(lines.includes(line), line);
  assert.ok(!text.includes('memory_bytes{service="db"'), "what isn't known has no sample");
});

test("labels are escaped", async (t) => {
  const { control } = await served(t);
  const [service] = control.list();
  assert.ok(service);
  const text = metricsText(control.about(), [{ ...service, name: 'a"b\\c\nd' }]);
  assert.match(text, /^daemonitor_instance_up\{service="a\\"b\\\\c\\nd",instance="web\/0"\} 1$/m);
});
