import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { ServiceConfig } from "../../src/service/configTypes.ts";
import { processorTime } from "../fixtures/supervised2/tree.ts";
import { killTree } from "../support/killTree.ts";
import { supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";

const LOOPS = 1000;
const MEASURED_MS = 10_000;

test(`${LOOPS} services in a crash loop neither starve one beside them nor spin a core`, async (t) => {
  const s = await supervised(t);
  const loop: ServiceConfig = { command: ["/bin/false"], restart: { limit: "unlimited", backoff: { initial: "100ms", max: "20s" } } };
  const loops = Object.fromEntries(Array.from({ length: LOOPS }, (_, number) => [`loop-${number}`, loop]));
  await s.apply({ steady: { command: ["sleep", "1000"], restart: { stable: "1ms" } } });
  await s.apply(loops, { wait: 0 });
  await until(
    "each to have crashed a few times",
    async () => (await s.client.list("loop-*")).every(({ instances }) => (instances[0]?.restarts ?? 0) >= 6),
    { timeout: 120_000 },
  );

  const { pid, init } = await s.about();
  const before = [processorTime(pid), processorTime(init.pid)];
  const restartsBefore = await crashes(s);
  const begun = performance.now();
  await sleep(MEASURED_MS);
  const took = performance.now() - begun;
  const shares = [pid, init.pid].map((one, index) => (processorTime(one) - (before[index] ?? 0)) / took);
  const again = (await crashes(s)) - restartsBefore;
  t.diagnostic(`${again} crashes in ${Math.round(took)} ms: supervisor ${percent(shares[0])}, init ${percent(shares[1])} of a core`);
  assert.ok(again > 0, "they go on");
  assert.ok((shares[0] ?? 1) + (shares[1] ?? 1) < 0.9, `a core is spun: ${shares.map(percent)}`);

  const delays: number[] = [];
  for (let round = 0; round < 5; round++) {
    const { pid: victim } = await s.status("steady/0");
    const killed = performance.now();
    process.kill(victim ?? 0, "SIGKILL");
    await until("another process", async () => {
      const now = await s.status("steady/0");
      return now.state === "running" && now.pid !== victim;
    });
    delays.push(performance.now() - killed);
  }
  t.diagnostic(`restarts beside them took ${delays.map((delay) => Math.round(delay)).join(", ")} ms, looked at from outside`);
  assert.ok(Math.min(...delays) < 1000, "a restart within a second");
  assert.equal((await s.command(["status", "steady"])).code, 0);

  // Init has more files open by now than the limit that it gives to what it starts.
  const { pid: steady } = await s.status("steady/0");
  await killTree(s, "supervisor");
  assert.equal((await s.status("steady/0")).pid, steady);
});

async function crashes(s: Awaited<ReturnType<typeof supervised>>): Promise<number> {
  return (await s.client.list("loop-*")).reduce((sum, { instances }) => sum + (instances[0]?.restarts ?? 0), 0);
}

function percent(share: number | undefined): string {
  return `${((share ?? 0) * 100).toFixed(1)} %`;
}
