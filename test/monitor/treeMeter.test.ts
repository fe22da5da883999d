/** The figures of `status`: those of the monitor, children included. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { TreeMeter } from "../../src/supervisor/shell/treeMeter.ts";
import { MemoryMonitor, SAMPLE } from "../api/memoryMonitor.ts";
import { node24 } from "../support/run.ts";
import { supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";

const own = { look: () => ({ cpu: 0.125, memory: 1 }) };

test("what the monitor knows of the instance counts; a process that it doesn't know yet is looked at itself", () => {
  const [web] = SAMPLE.instances;
  assert.ok(web);
  const monitor = new MemoryMonitor();
  let now = 0;
  const meter = new TreeMeter(monitor, own, () => now);
  assert.deepEqual(meter.look(123, 5), { cpu: 0.125, memory: 1 }, "there is no sample yet");
  monitor.emit(SAMPLE);
  assert.deepEqual(meter.look(123, 5), { cpu: 0.25, memory: 4096 });
  assert.deepEqual(meter.look(124, 5), { cpu: 0.125, memory: 1 });
  // Restarted since: another process, and no share yet.
  monitor.latest = { ...SAMPLE, instances: [{ ...web, pid: 124, cpu: null }] };
  assert.deepEqual(meter.look(123, 5), { cpu: 0.25, memory: 4096 }, "it is no older than 6 s");
  now = 7000;
  assert.deepEqual(meter.look(124, 5), { cpu: 0.125, memory: 4096 });
  assert.deepEqual(meter.look(123, 5), { cpu: 0.125, memory: 1 });
});

test("status shows the memory and the processor time of an instance with its children", async (t) => {
  const s = await supervised(t);
  const child = "const held = Buffer.alloc(150_000_000, 1); setInterval(() => held.length, 1000); for (;;) {}";
  await s.apply({ web: { command: ["sh", "-c", '"$0" -e "$1" & exec sleep 1000', node24, child] } });
  const { memory, cpu } = await until(
    "its child to be counted",
    async () => {
      const status = await s.status("web/0");
      return (status.memory ?? 0) > 150_000_000 && (status.cpu ?? 0) > 0.05 && status;
    },
    { timeout: 60_000 },
  );
  const found = (await s.client.sample()).instances.find(({ name }) => name === "web/0");
  assert.equal(found?.processes, 2);
  assert.ok(Math.abs((found?.memory ?? 0) - (memory ?? 0)) < 50_000_000, `${found?.memory} and ${memory}`);
  assert.ok((cpu ?? 0) < 2.5, String(cpu));
  assert.match((await s.command(["status"])).stdout, /web .* 1\d\d MiB/);
});
