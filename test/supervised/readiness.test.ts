import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { native } from "../../src/native/addon.ts";
import type { ReadyConfig, ServiceConfig } from "../../src/service/configTypes.ts";
import { killTree } from "../support/killTree.ts";
import { needsAll, needsProgram, needsRoot } from "../support/needs.ts";
import { inspect, isAlive } from "../support/process.ts";
import { fixture, node24, run } from "../support/run.ts";
import { type Supervised, supervised } from "../support/supervised.ts";
import { until } from "../support/wait.ts";
import { freePort } from "./load.ts";

const needsNotify = needsProgram("systemd-notify");
const FOREVER = "exec sleep 1000";

/** Does `then` when the file is there. */
function onCue(cue: string, then: string): readonly string[] {
  return ["sh", "-c", `while [ ! -e ${cue} ]; do sleep 0.02; done; ${then}`];
}

async function isStarting({ status }: Supervised): Promise<boolean> {
  const { state, ready, pid } = await status("web/0");
  assert.notEqual(state, "running");
  return state === "starting" && !ready && pid !== null;
}

function isRunning({ status }: Supervised): Promise<unknown> {
  return until("it to run", async () => {
    const now = await status("web/0");
    return now.state === "running" && now.ready && now;
  });
}

/** Address that a process was given to speak to. */
function addressOf(pid: number): string {
  const variable = inspect(pid).environ.find((entry) => entry.startsWith("NOTIFY_SOCKET="));
  return variable?.slice("NOTIFY_SOCKET=".length) ?? "";
}

test("started: it runs as soon as it is executed", async (t) => {
  const { apply, status } = await supervised(t);
  const { instances } = await apply({ web: { command: ["sleep", "1000"] } });
  assert.deepEqual([instances[0]?.outcome, (await status("web/0")).ready], ["done", true]);
});

interface Kind {
  readonly kind: string;
  readonly skip?: string | false;
  service(cue: string, port: number): ServiceConfig;
  /** While it isn't ready. */
  readonly said?: RegExp;
}

const KINDS: readonly Kind[] = [
  { kind: "line", service: (cue) => ({ command: onCue(cue, `echo it is up now; ${FOREVER}`), ready: { pattern: "is up" } }) },
  {
    kind: "line on standard error, which has a log of its own",
    service: (cue) => ({
      command: onCue(cue, `echo it is up now >&2; ${FOREVER}`),
      ready: { pattern: "is up" },
      logs: { stderr: "separate" },
    }),
  },
  {
    kind: "notify",
    skip: needsNotify,
    service: (cue) => ({ command: onCue(cue, `systemd-notify --ready --status='up and well'; ${FOREVER}`), ready: "notify" }),
  },
  {
    kind: "port",
    service: (cue, port) => ({ command: [node24, fixture("supervised/late.ts"), "port", cue, port], ready: { port } }),
    said: /not ready: .*ECONNREFUSED/,
  },
  {
    kind: "http",
    service: (cue, port) => ({
      command: [node24, fixture("supervised/late.ts"), "http", cue, port],
      ready: { url: `http://127.0.0.1:${port}/` },
    }),
    said: /not ready: .*503/,
  },
  {
    kind: "exec",
    service: (cue) => ({
      command: ["sleep", "1000"],
      ready: { on: "exec", command: ["sh", "-c", `test -e ${cue} || { echo no cue; exit 4; }`] },
    }),
    said: /not ready: .*4/,
  },
];

for (const { kind, skip = false, service, said } of KINDS) {
  test(`${kind}: it runs when it is ready, and not before`, { skip }, async (t) => {
    const home = await supervised(t);
    const cue = join(home.dir, "cue");
    await home.apply({ web: service(cue, await freePort()) }, { wait: 0 });
    await until("it to start", () => isStarting(home));
    if (said !== undefined) await until("the reason to be told", async () => said.test((await home.status("web/0")).why));
    for (let looks = 0; looks < 10; looks++) assert.ok(await isStarting(home));
    writeFileSync(cue, "");
    await isRunning(home);
    if (kind === "notify") await until("the status", async () => (await home.status("web/0")).statusText === "up and well");
  });
}

test("notify: Redis tells of its readiness", { skip: needsProgram("redis-server") }, async (t) => {
  const { apply, status, dir } = await supervised(t);
  const path = join(dir, "redis");
  const command = ["redis-server", "--supervised", "systemd", "--port", "0", "--unixsocket", path, "--save", "", "--dir", dir];
  const { instances } = await apply({ redis: { command, ready: "notify" } });
  assert.equal(instances[0]?.outcome, "done", instances[0]?.why);
  assert.ok(existsSync(path));
  assert.match((await status("redis/0")).statusText ?? "", /Ready to accept connections/);
});

test("one that isn't ready in time has failed, with the last word of the probe as the reason", async (t) => {
  const { apply } = await supervised(t);
  const port = await freePort();
  const service = (ready: ReadyConfig): ServiceConfig => ({
    command: ["sleep", "1000"],
    restart: "never",
    ready: { ...ready, timeout: "1s" },
  });
  const { instances } = await apply({
    port: service({ port }),
    http: service({ url: `http://127.0.0.1:${port}/` }),
    exec: service({ on: "exec", command: ["sh", "-c", "exit 9"] }),
    line: service({ pattern: "never" }),
  });
  assert.deepEqual(new Set(instances.map(({ outcome, state }) => `${outcome} ${state}`)), new Set(["failed failed"]));
  const why = Object.fromEntries(instances.map((instance) => [instance.name, instance.why]));
  assert.match(why["port/0"] ?? "", /not ready: time is up \(1 s\): .*ECONNREFUSED/);
  assert.match(why["http/0"] ?? "", /not ready: time is up \(1 s\): .*ECONNREFUSED/);
  assert.match(why["exec/0"] ?? "", /not ready: time is up \(1 s\): .*9/);
  assert.match(why["line/0"] ?? "", /not ready within 1 s/);
});

test("EXTEND_TIMEOUT_USEC gives it more time, in microseconds", { skip: needsNotify }, async (t) => {
  const home = await supervised(t);
  const cue = join(home.dir, "cue");
  const extended = (usec: number, more: string) => ["sh", "-c", `systemd-notify EXTEND_TIMEOUT_USEC=${usec}; echo extended; ${more}`];
  const ready = { on: "notify", timeout: "1s" } as const;
  await home.apply(
    {
      web: { command: extended(60_000_000, onCue(cue, `systemd-notify --ready; ${FOREVER}`)[2] ?? ""), ready, restart: "never" },
      short: { command: extended(2_500_000, FOREVER), ready, restart: "never" },
    },
    { wait: 0 },
  );
  const failed = await until("the other one to fail", async () => {
    const now = await home.status("short/0");
    return now.state === "failed" && now;
  });
  assert.match(failed.why, /not ready within 1 s/);
  const states = (await home.events()).filter((event) => event.type === "state" && event.instance === "short/0");
  const moment = (to: string) => states.find((event) => event.type === "state" && event.to === to)?.at ?? Number.NaN;
  // Milliseconds would be forty minutes.
  assert.ok(moment("stopping") - moment("starting") >= 2500);
  assert.ok(await isStarting(home));
  writeFileSync(cue, "");
  await isRunning(home);
});

test("a stranger can't speak for a service, and the attempt is told", { skip: needsAll(needsRoot, needsNotify) }, async (t) => {
  const home = await supervised(t);
  await home.apply({ web: { command: ["sleep", "1000"], ready: { on: "notify", timeout: "1min" } } }, { wait: 0 });
  await until("it to start", () => isStarting(home));
  const { pid } = await home.status("web/0");
  const address = await until("its address", () => addressOf(pid ?? 0));
  // Of another session, and of another user.
  native().sendDatagram(address, Buffer.from("READY=1\nSTATUS=fooled"), []);
  await run("systemd-notify", ["--ready", "--no-block"], { uid: 65534, gid: 65534, env: { NOTIFY_SOCKET: address } });
  const told = (uid: number) => new RegExp(`process \\d+ of user ${uid} sent a notification, but is none of the service's: ignored`);
  for (const uid of [0, 65534]) {
    await until("it to be told", async () =>
      (await home.events()).some((event) => event.type === "problem" && told(uid).test(event.message)),
    );
  }
  assert.ok(await isStarting(home));
  assert.equal((await home.status("web/0")).statusText, null);
});

for (const [who, victim] of [
  ["the supervisor", "supervisor"],
  ["init", "init"],
  ["both", "both"],
] as const) {
  test(`a line, and a notification, that come while ${who} is dead are not lost`, { skip: needsNotify }, async (t) => {
    const home = await supervised(t);
    const cue = join(home.dir, "cue");
    const service = (then: string, ready: ServiceConfig["ready"]): ServiceConfig => ({ command: onCue(cue, then), ready });
    await home.apply(
      {
        web: service(`echo it is up; ${FOREVER}`, { pattern: "is up$", timeout: "1min" }),
        // Without init nobody can hear it: it is taken at its word when its time is up.
        told: service(`systemd-notify --ready; ${FOREVER}`, { on: "notify", timeout: "12s" }),
      },
      { wait: 0 },
    );
    await until("it to start", () => isStarting(home));
    await until("the other to start", async () => (await home.status("told/0")).pid !== null);
    const { pid } = await home.status("web/0");
    await killTree(home, victim, () => writeFileSync(cue, ""));
    await isRunning(home);
    await until("the other one to run", async () => (await home.status("told/0")).state === "running", { timeout: 30_000 });
    const now = await home.status("web/0");
    assert.deepEqual([now.pid, now.adopted, now.restarts], [pid, true, 0]);
  });
}

test("after a SIGKILL of the supervisor, a line of an earlier process doesn't count", async (t) => {
  const home = await supervised(t);
  const [first, cue] = [join(home.dir, "first"), join(home.dir, "cue")];
  const script = `if [ ! -e ${first} ]; then touch ${first}; echo it is up; ${FOREVER}; fi; ${onCue(cue, `echo it is up; ${FOREVER}`)[2]}`;
  await home.apply({ web: { command: ["sh", "-c", script], ready: { pattern: "is up", timeout: "1min" }, restart: { stable: "1ms" } } });
  const { pid } = await home.status("web/0");
  await home.client.act({ selector: "web", action: "restart", wait: 0 });
  await until("another process", async () => (await isStarting(home).catch(() => false)) && (await home.status("web/0")).pid !== pid);
  for (const victim of ["supervisor", "init", "both"] as const) {
    await killTree(home, victim);
    for (let looks = 0; looks < 10; looks++) assert.ok(await isStarting(home));
  }
  writeFileSync(cue, "");
  await isRunning(home);
  assert.ok(!isAlive(pid ?? 0));
});
