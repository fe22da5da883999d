import assert from "node:assert/strict";
import { test } from "node:test";
import { live } from "../fixtures/supervised2/servers.ts";
import { isAlive } from "../support/process.ts";
import { fixture, node24 } from "../support/run.ts";
import { supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";
import { fetchOnce, freeAddress } from "../system/sockets.ts";

const WORKERS = 4;

test("a Node cluster: SIGKILL of the primary leaves no worker behind, and all of it comes back", async (t) => {
  const s = await supervised(t);
  const address = await freeAddress();
  await s.apply({
    cluster: {
      command: [node24, fixture("supervised2/cluster.ts"), address.host, String(address.port), String(WORKERS)],
      ready: { pattern: "^all workers listen$", timeout: "60s" },
      restart: { stable: "1ms" },
    },
  });
  const processes = () => s.processes("cluster/0");
  assert.equal(processes().length, WORKERS + 1);
  const { pid } = await s.status("cluster/0");
  const before = processes();
  process.kill(pid ?? 0, "SIGKILL");
  await until("all of the old one to be gone", () => before.every((one) => !isAlive(one)));
  const next = async () => {
    const after = await s.status("cluster/0");
    return after.state === "running" && after.pid !== pid;
  };
  await until("another one", next, { timeout: 60_000 });
  assert.equal(processes().length, WORKERS + 1);
  await live(s, {
    service: "cluster",
    serves: () =>
      fetchOnce(address).then(
        ({ body }) => body.startsWith("worker "),
        () => false,
      ),
    processes,
  });
});
