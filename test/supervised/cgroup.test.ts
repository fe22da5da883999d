import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { findCgroup } from "../../src/supervisor/tree/findCgroup.ts";
import { isAlive } from "../support/process.ts";
import { type Supervised, supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";

const cgroups = findCgroup("test-of-cgroups");
const skip = "none" in cgroups ? cgroups.none : false;

/** Its process has a session of its own, no parent, no mark, and ignores SIGTERM. */
const FUGITIVE = "trap : TERM; echo $$ > fugitive; while :; do sleep 1000; done";
const LEAVE = "setsid env -i /bin/sh -c '/bin/sh fugitive.sh & exit 0'; until [ -s fugitive ]; do sleep 0.01; done";

test("what has left session, parents and environment is ended by stop", { skip }, async (t) => {
  const home = await withFugitive(t);
  await home.apply({ web: { command: ["sh", "-c", `${LEAVE}; exec sleep 1000`], stop: { timeout: "1s" } } });
  const pid = await fugitive(home);
  const path = cgroupOf(pid);
  assert.equal(path, cgroupOf((await home.status("web/0")).pid ?? 0));
  assert.ok(!home.processes().includes(pid), "it carries no mark");
  await home.client.act({ selector: "web", action: "stop" });
  assert.ok(!isAlive(pid));
  await until("its cgroup to be gone", () => !existsSync(path));
});

test("so it is by a supervisor that has taken the service over", { skip }, async (t) => {
  const home = await withFugitive(t);
  await home.apply({ web: { command: ["sh", "-c", `${LEAVE}; exec sleep 1000`], stop: { timeout: "1s" } } });
  const pid = await fugitive(home);
  const { pid: before } = await home.about();
  process.kill(before, "SIGKILL");
  await until("another supervisor", async () => (await home.about().catch(() => undefined))?.pid !== before, { timeout: 30_000 });
  await home.client.act({ selector: "web", action: "stop" });
  assert.ok(!isAlive(pid));
});

test("what an attempt leaves behind is ended with it", { skip }, async (t) => {
  const home = await withFugitive(t);
  await home.apply({ job: { command: ["sh", "-c", LEAVE], restart: "never", stop: { timeout: "1s" } } });
  const pid = await fugitive(home);
  await until("it to be ended", () => !isAlive(pid), { timeout: 30_000 });
});

test("an attempt that never began leaves no cgroup, however often it is tried", { skip }, async (t) => {
  const home = await supervised(t);
  await home.apply({ ok: { command: ["sleep", "1000"] } });
  const ok = cgroupOf((await home.status("ok/0")).pid ?? 0);
  const backoff = { initial: "10ms", factor: 1 };
  await home.apply({
    none: { command: ["/none/such"], restart: { backoff } },
    nowhere: { command: ["sleep", "1000"], cwd: "/none/such", restart: { backoff } },
  });
  for (const selector of ["none", "nowhere"]) {
    await until("three tries", async () => (await home.status(`${selector}/0`)).attempt >= 3);
    await home.client.act({ selector, action: "stop" });
  }
  await until(
    "nothing to be left",
    () => readdirSync(dirname(ok), { withFileTypes: true }).filter((one) => one.isDirectory()).length === 1,
  );
});

test("each attempt has a cgroup of its own, gone when nothing is left of it", { skip }, async (t) => {
  const home = await supervised(t);
  await home.apply({ web: { command: ["sleep", "1000"], restart: { stable: "1ms" } } });
  const first = (await home.status("web/0")).pid ?? 0;
  const path = cgroupOf(first);
  process.kill(first, "SIGKILL");
  const second = await until("the next one", async () => {
    const { pid } = await home.status("web/0");
    return pid !== null && pid !== first && pid;
  });
  assert.notEqual(cgroupOf(second), path);
  await until("the first one's to be gone", () => !existsSync(path));
});

async function withFugitive(t: TestContext): Promise<Supervised> {
  const home = await supervised(t);
  writeFileSync(join(home.dir, "fugitive.sh"), FUGITIVE);
  return home;
}

async function fugitive({ dir, tracked }: Supervised): Promise<number> {
  const path = join(dir, "fugitive");
  return until("the fugitive", () => {
    const text = existsSync(path) ? readFileSync(path, "utf8") : "";
    return text.endsWith("\n") && tracked.kill(Number(text));
  });
}

function cgroupOf(pid: number): string {
  const path = /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, "utf8"))?.[1] ?? "";
  return join("none" in cgroups ? "" : cgroups.delegated, path.slice(path.indexOf("/daemonitor-")));
}
