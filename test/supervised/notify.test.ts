import assert from "node:assert/strict";
import { appendFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { ServiceConfig } from "../../src/service/configTypes.ts";
import { killTree } from "../support/killTree.ts";
import { needsProgram } from "../support/needs.ts";
import { isAlive } from "../support/process.ts";
import { fixture, node24 } from "../support/run.ts";
import { type Supervised, supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";

/** Says what is written to the file `said`, and pings while there is a file `said.ping`. */
function talker({ dir }: Supervised, more: ServiceConfig = {}): ServiceConfig {
  return { command: [node24, fixture("supervised/talker.ts"), join(dir, "said")], ready: "notify", restart: { stable: "1ms" }, ...more };
}

function say({ dir }: Supervised, message: string): void {
  appendFileSync(join(dir, "said"), `${message}\n`);
}

test("one that pings is left alone, also while the supervisor is dead; silence is ended by SIGABRT, and it starts again", async (t) => {
  const home = await supervised(t);
  const ping = join(home.dir, "said.ping");
  writeFileSync(ping, "");
  await home.apply({ web: talker(home, { watchdog: "1s" }) });
  const { pid } = await home.status("web/0");
  for (const victim of ["supervisor", "supervisor", "init", "both"] as const) {
    await killTree(home, victim);
    const deadline = Date.now() + 1500;
    await until("the watchdog's time to be over", () => Date.now() > deadline);
    const now = await home.status("web/0");
    assert.deepEqual([now.pid, now.state], [pid, "running"]);
  }
  rmSync(ping);
  const again = await until("another process", async () => {
    const now = await home.status("web/0");
    return now.pid !== null && now.pid !== pid && now;
  });
  assert.deepEqual(again.lastExit?.status, { signal: "SIGABRT" });
  const reasons = (await home.client.why("web/0")).flatMap(({ history }) => history.map(({ reason }) => reason));
  assert.ok(
    reasons.some((reason) => /no sign of life for 1 s \(watchdog\)/.test(reason)),
    reasons.join("\n"),
  );
});

test("WATCHDOG=trigger asks for it", async (t) => {
  const home = await supervised(t);
  await home.apply({ web: talker(home, { watchdog: "1min" }) });
  const { pid } = await home.status("web/0");
  say(home, "WATCHDOG=trigger");
  await until("another process", async () => {
    const now = await home.status("web/0");
    return now.pid !== null && now.pid !== pid && now.lastExit !== null;
  });
  assert.deepEqual((await home.status("web/0")).lastExit?.status, { signal: "SIGABRT" });
});

test("STATUS is shown, without what a terminal would obey", async (t) => {
  const home = await supervised(t);
  await home.apply({ web: talker(home) });
  say(home, "STATUS=serving \u001b[31m7 clients");
  await until("the status", async () => /^serving +\[31m7 clients$/.test((await home.status("web/0")).statusText ?? ""));
  const told = await home.command(["describe", "web"]);
  assert.match(told.stdout, /7 clients/);
});

test("MAINPID: another process of the service becomes the service, and a stranger doesn't", {
  skip: needsProgram("systemd-notify"),
}, async (t) => {
  const home = await supervised(t);
  const stranger = join(home.dir, "stranger");
  const script = `
    sleep 1001 & child=$!
    systemd-notify --ready MAINPID=$child
    while [ ! -e ${stranger} ]; do sleep 0.02; done
    systemd-notify MAINPID=$(cat ${stranger}) STATUS=tried
    wait`;
  await home.apply({ web: { command: ["sh", "-c", script], ready: "notify", restart: { stable: "1ms" } } });
  const { pid } = await until("its child to be the service", async () => {
    const now = await home.status("web/0");
    return now.state === "running" && home.processes("web/0").length >= 2 && now;
  });
  await until("its name", async () => {
    const now = await home.status("web/0");
    return now.pid !== null && home.processes("web/0").includes(now.pid);
  });
  const main = await until("the child", async () => {
    const { pid: now } = await home.status("web/0");
    return now !== null && (await import("../support/process.ts")).inspect(now).cmdline[1] === "1001" && now;
  });
  writeFileSync(stranger, String(process.pid));
  await until("its try", async () => (await home.status("web/0")).statusText === "tried");
  assert.equal((await home.status("web/0")).pid, main);
  const events = await home.events();
  assert.ok(
    events.some((event) => event.type === "problem" && event.message === `MAINPID=${process.pid} is no process of the service: ignored`),
  );
  rmSync(stranger);
  process.kill(main, "SIGKILL");
  const again = await until("it to be started again", async () => {
    const now = await home.status("web/0");
    return now.state === "running" && now.pid !== null && now.pid !== main && now;
  });
  assert.deepEqual(again.lastExit?.status, { signal: "SIGKILL" });
  await until("nothing to be left of the first", () => !isAlive(pid ?? 0) || pid === again.pid);
});

test("a reload by signal is done when the service says so", async (t) => {
  const home = await supervised(t);
  await home.apply({ web: talker(home, { reload: { signal: "SIGHUP" } }) });
  const { pid } = await home.status("web/0");
  let isDone = false;
  const reload = home.client.act({ selector: "web", action: "reload" }).then((result) => {
    isDone = true;
    return result;
  });
  await until("the signal", () => home.log("web/0").includes("SIGHUP came"));
  assert.equal((await home.status("web/0")).state, "reloading");
  say(home, "RELOADING=1|STATUS=reads");
  await until("its word", async () => (await home.status("web/0")).statusText === "reads");
  assert.deepEqual([(await home.status("web/0")).state, isDone], ["reloading", false]);
  say(home, "READY=1|STATUS=has read");
  const { instances } = await reload;
  assert.deepEqual([instances[0]?.outcome, instances[0]?.pid, instances[0]?.state], ["done", pid, "running"]);
});

test("a reload by signal that is never confirmed ends when its time is over, and the service goes on", async (t) => {
  const home = await supervised(t);
  await home.apply({ web: talker(home, { reload: { signal: "SIGHUP" }, ready: { on: "notify", timeout: "2s" } }) });
  const { pid } = await home.status("web/0");
  const { instances } = await home.client.act({ selector: "web", action: "reload" });
  assert.deepEqual([instances[0]?.pid, instances[0]?.state], [pid, "running"]);
  assert.match((await home.status("web/0")).why, /did not say that it has reloaded/);
});
