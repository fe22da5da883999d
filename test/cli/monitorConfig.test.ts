/** What a configuration says of disks and alerts reaches the supervisor, by whichever command it comes. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Client } from "../../src/api/client.ts";
import { track } from "../support/cleanup.ts";
import { node24, root, start } from "../support/run.ts";
import { supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";

const LONG = { timeout: 60_000 };
const SERVICES = { web: { command: ["sleep", "1000"] } };
const DISK = [
  { path: "/", free: { below: "1B" } },
  { path: "data", exists: false },
];
const ALERTS = [{ name: "page", exec: ["true"] }];

async function known(client: Client): Promise<readonly string[]> {
  const { routes } = await client.alerts();
  const { checks, mistakes } = await client.checks();
  return [...checks.map(({ id }) => id), ...mistakes, ...routes.map(({ name }) => name)];
}

test("run hands over the entries of disk and alerts", async (t) => {
  // It is there for what it cleans up: the tree is that of `run`.
  const s = await supervised(t, { start: false, tracked: track(t) });
  const file = join(s.dir, "daemonitor.config.json");
  writeFileSync(file, JSON.stringify({ services: SERVICES, disk: DISK, alerts: ALERTS }));
  const child = start(node24, [join(root, "bin/daemonitor.cjs"), "run", "-f", file], { env: s.env, stdio: "ignore" });
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  await until(
    "checks and routes",
    async () => (await known(s.client).catch(() => [])).length === 3 && (await s.status("web/0")).ready,
    LONG,
  );
  assert.deepEqual(await known(s.client), ["/: free space below 1 B", `${join(s.dir, "data")}: exists`, "page"]);
  process.kill(child.pid ?? 0, "SIGTERM");
  assert.equal(await ended, 143);
});

test("start hands them over too, but a configuration that says nothing of them leaves them; apply replaces them", async (t) => {
  const s = await supervised(t);
  const write = (name: string, config: unknown) => {
    const file = join(s.dir, name);
    writeFileSync(file, JSON.stringify(config));
    return file;
  };
  const whole = write("daemonitor.config.json", { services: SERVICES, disk: DISK, alerts: ALERTS });
  const other = write("other.config.json", { services: { db: { command: ["sleep", "1000"] } } });
  const started = await s.command(["start", whole]);
  assert.equal(started.code, 0, started.stderr);
  const all = ["/: free space below 1 B", `${join(s.dir, "data")}: exists`, "page"];
  // Checks are there from the first sample on.
  await until("the checks", async () => (await known(s.client)).length === 3, LONG);
  assert.deepEqual(await known(s.client), all);
  assert.equal((await s.command(["start", other])).code, 0);
  assert.deepEqual(await known(s.client), all);
  assert.equal((await s.command(["apply", "-f", other])).code, 0);
  await until("them to be gone", async () => (await known(s.client)).length === 0, LONG);
  const wrong = write("wrong.config.json", { services: SERVICES, disk: [{ path: "/", free: { below: "lots" } }] });
  const refused = await s.command(["start", wrong]);
  assert.equal(refused.code, 78);
  assert.match(refused.stderr, /wrong\.config\.json:1:\d+: disk\[0\]\.free: "lots" is not a size/);
});
