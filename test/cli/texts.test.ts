/** What commands say, and what their words mean: pure, by table. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { afterDashes } from "../../src/cli/afterDashes.ts";
import { eventLine } from "../../src/cli/eventText.ts";
import { exitCodeOf, hint, outcomeLine, type Verb } from "../../src/cli/outcomes.ts";
import type { Paint } from "../../src/cli/paint.ts";
import { changeText, isNothing, planLines } from "../../src/cli/planText.ts";
import { progressLine } from "../../src/cli/progress.ts";
import { scaleSteps } from "../../src/cli/scale.ts";
import { byInstance, byOf, disjoint, isSelected, nothingNamed } from "../../src/cli/selectors.ts";
import { signalCommand } from "../../src/cli/signal.ts";
import { signalAndSelectors } from "../../src/cli/signalServices.ts";
import { isUp, statusLines } from "../../src/cli/statusTable.ts";
import { intervalAndSelectors } from "../../src/cli/watch.ts";
import type { EventContent, InstanceOutcome, InstanceStatus, ServiceStatus, SupervisorStatus } from "../../src/supervisor/control.ts";
import type { State } from "../../src/supervisor/states.ts";

const same = (text: string) => text;
const plain: Paint = { bold: same, dim: same, red: same, state: () => same };

function outcome(change: Partial<InstanceOutcome> = {}): InstanceOutcome {
  return { name: "web/0", state: "running", outcome: "done", why: "web/0 runs since 10:00:00: ready", pid: 123, ...change };
}

const lines: readonly [Partial<InstanceOutcome>, Verb, number | undefined, string][] = [
  [{}, "start", 1200, "web/0 running (pid 123) after 1.2 s"],
  [{}, "start", undefined, "web/0 running (pid 123)"],
  [{ state: "stopped", pid: null }, "stop", 20, "web/0 stopped after 20 ms"],
  [{ state: "stopped", pid: null }, "delete", 20, "web/0 deleted after 20 ms"],
  [{ state: "waiting", pid: null, why: "waits for its schedule" }, "start", 20, "web/0 waiting: waits for its schedule"],
  [
    { state: "starting", outcome: "pending", why: "it isn't ready" },
    "start",
    1000,
    "web/0 starting (pid 123), not settled yet after 1 s: it isn't ready",
  ],
  [{ state: "starting", outcome: "pending" }, "start", undefined, "web/0 starting (pid 123)"],
  [{ state: "failed", outcome: "failed", pid: null, why: "exit status 3" }, "start", 20, "web/0 failed after 20 ms: exit status 3"],
  [
    { state: "stopping", outcome: "refused", why: "it is being\ndeleted" },
    "reload",
    20,
    "web/0 stopping (pid 123), refused: it is being deleted",
  ],
];
for (const [change, verb, took, text] of lines) {
  test(`an outcome of ${verb}: ${text}`, () => assert.equal(outcomeLine(outcome(change), { verb, took }), text));
}

test("exit codes: 0 done, 1 failed or refused, 75 pending unless nobody waits", () => {
  const code = (...outcomes: InstanceOutcome["outcome"][]) => exitCodeOf(outcomes.map((each) => outcome({ outcome: each })));
  assert.deepEqual(
    [code(), code("done"), code("failed", "done"), code("refused"), code("pending"), code("pending", "failed")],
    [0, 0, 1, 1, 75, 1],
  );
  assert.equal(exitCodeOf([outcome({ outcome: "pending" })], true), 0);
});

test("the hint names the services that went wrong, as they can be typed", () => {
  assert.equal(hint([outcome()]), undefined);
  assert.equal(hint([outcome({ outcome: "failed" }), outcome({ name: "web/1", outcome: "failed" })]), '"daemonitor why web" tells more');
  assert.equal(hint([outcome({ name: "my app/0", outcome: "refused" })]), `"daemonitor why 'my app'" tells more`);
  for (const why of ["web/0: exit status 0, again in 1 s", "web/0: exit status 0; what is left of it is killed"])
    assert.match(hint([outcome({ outcome: "failed", why })]) ?? "", /^it ended without an error: .*"type: forking"/m);
  assert.equal(hint([outcome({ outcome: "pending" })]), 'it goes on: see "daemonitor status"');
  assert.equal(hint([outcome({ outcome: "pending" })], false), undefined);
});

test("a plan has a line for each service that changes", () => {
  const plan = { added: ["a"], changed: [{ name: "b", keys: ["env.X"], restart: true }], removed: ["c"], unchanged: ["d", "e"] };
  assert.deepEqual(planLines(plan, { prune: true, paint: plain }), ["+ a", "~ b: env.X (restarts)", "- c", "  2 unchanged"]);
  assert.deepEqual(planLines(plan, { prune: false, paint: plain }), [
    "+ a",
    "~ b: env.X (restarts)",
    "  2 unchanged",
    "  1 other not in this configuration, left alone (--prune deletes): c",
  ]);
  const keys = Array.from({ length: 10 }, (_, index) => `env.${index}`);
  assert.match(changeText({ name: "b", keys, restart: false }), /^b: env\.0, .*env\.7 and 2 more \(without a restart\)$/);
  const nothing = { added: [], changed: [], removed: ["c"], unchanged: ["d"] };
  assert.deepEqual([isNothing(nothing, false), isNothing(nothing, true)], [true, false]);
});

test("progress counts those that settled, and names the others", () => {
  const states = new Map<string, State>([
    ["web/0", "running"],
    ["web/1", "stopping"],
  ]);
  assert.equal(progressLine({ verb: "restart", states, waited: 4900 }), "restarting: 1 of 2 done, 4 s: web/1 stopping");
  assert.equal(progressLine({ verb: "stop", states: new Map(), waited: 4900 }), "stopping: 4 s");
});

test("what stands after -- is apart from the operands", () => {
  assert.deepEqual(afterDashes(["app.js", "--port", "--"], ["start", "app.js", "-n", "x", "--", "--port", "--"]), {
    before: ["app.js"],
    after: ["--port", "--"],
  });
  assert.deepEqual(afterDashes(["app.js"], ["start", "app.js"]), { before: ["app.js"], after: undefined });
  assert.deepEqual(afterDashes(["redis"], ["start", "--", "redis"]), { before: [], after: ["redis"] });
  assert.deepEqual(afterDashes([], ["start", "--"]), { before: [], after: [] });
});

test("scale takes a number last, or one with each service", () => {
  const steps = (...words: string[]) => scaleSteps(words).map((step) => [step.selector, "instances" in step ? step.instances : undefined]);
  assert.deepEqual(steps("web", "3"), [["web", 3]]);
  assert.deepEqual(steps("web", "api", "0"), [
    ["web", 0],
    ["api", 0],
  ]);
  assert.deepEqual(steps("web=3", "a=b=2"), [
    ["web", 3],
    ["a=b", 2],
  ]);
  for (const words of [["3"], ["web", "-1"], ["web", "1.5"], ["=3"], ["web="]])
    assert.throws(() => scaleSteps(words), { exitCode: 64 }, words.join(" "));
});

test("a signal stands first, or last where the first word is none, or in its flag", () => {
  const meant = (words: string[], flag?: string) => signalAndSelectors(signalCommand, words, flag);
  assert.deepEqual(meant(["HUP", "web", "api"]), { signal: "SIGHUP", selectors: ["web", "api"] });
  assert.deepEqual(meant(["web", "api", "sigusr1"]), { signal: "SIGUSR1", selectors: ["web", "api"] });
  assert.deepEqual(meant(["term", "term"]), { signal: "SIGTERM", selectors: ["term"] });
  assert.deepEqual(meant(["web", "hup"], "9"), { signal: "SIGKILL", selectors: ["web", "hup"] });
  assert.deepEqual(meant(["HUP"]), { signal: "SIGHUP", selectors: [] });
  assert.throws(() => meant(["HUPP", "web"]), /did you mean SIGHUP/);
});

test("--watch takes the first word that is a time for its interval", () => {
  assert.deepEqual(intervalAndSelectors(["web", "1s", "2s"]), { interval: 1000, selectors: ["web", "2s"] });
  assert.deepEqual(intervalAndSelectors(["0.5"]), { interval: 500, selectors: [] });
  assert.deepEqual(intervalAndSelectors(["web"]), { interval: 2000, selectors: ["web"] });
});

test("without a selector, the message names what there is", () => {
  assert.equal(nothingNamed(undefined), "no service is named, and no supervisor runs");
  assert.equal(nothingNamed([]), "no service is named, and there is none yet");
  assert.equal(nothingNamed(["web"]), 'no service is named: there is web; "all" stands for every one');
  assert.equal(nothingNamed(["a", "b", "c"]), 'no service is named: there are a, b and c; "all" stands for every one');
  assert.match(nothingNamed([..."abcdefghij"]), /there are a, b, c, d, e, f, g, h and 2 more;/);
});

test("selectors that overlap are taken apart, so that nothing is done twice", () => {
  const services = [service("web", ["running", "running"]), service("api", ["running"])];
  assert.deepEqual(disjoint(["web", "api"], services), ["web", "api"]);
  assert.deepEqual(disjoint(["web/0", "web/1"], services), ["web/0", "web/1"]);
  assert.deepEqual(disjoint(["web", "web/0", "api"], services), ["web", "api"]);
  assert.deepEqual(disjoint(["all", "web"], services), ["web", "api"]);
  assert.deepEqual(disjoint(["web/*", "web/0"], services), ["web/0", "web/1"]);
  assert.throws(() => disjoint(["web", "nosuch"], services), { code: "ERR_NO_SUCH_SERVICE", exitCode: 69 });
});

test("an instance is selected by its name, its service, a pattern, and all", () => {
  const by = (...selectors: string[]) => isSelected("web/1", selectors);
  assert.deepEqual(
    [by("web"), by("web/1"), by("w*"), by("all"), by("web/0"), by("api"), by("api", "web"), by()],
    [true, true, true, true, false, false, true, false],
  );
  assert.deepEqual(
    byInstance([{ name: "a" }, { name: "b" }, { name: "a" }]).map(({ name }) => name),
    ["a", "b"],
  );
  assert.equal(byOf({ name: "stop" }, ["web", "api-*"]), "stop web api-*");
});

const events: readonly [EventContent, RegExp][] = [
  [
    { type: "state", instance: "web/0", from: "running", to: "failed", reason: "exit status 3" },
    /web\/0 {2}running → failed: exit status 3$/,
  ],
  [
    { type: "exit", instance: "web/0", attempt: 1, pid: 9, status: { signal: "SIGKILL" }, usage: null },
    /web\/0 {2}process 9 ended: killed by SIGKILL$/,
  ],
  [
    { type: "service", service: "web", what: "changed", keys: ["env.A"], by: "alice, by start web" },
    /web {2}changed: env\.A \(alice, by start web\)$/,
  ],
  [{ type: "supervisor", what: "started", detail: "" }, /supervisor {2}started$/],
  [{ type: "problem", subject: "web/0", message: "no\u001b[31m memory limit" }, /web\/0 {2}problem: no memory limit$/],
  [{ type: "recovered", subject: "state", message: "saved again" }, /state {2}recovered: saved again$/],
];
for (const [event, text] of events) {
  test(`an event of type ${event.type} is one line`, () =>
    assert.match(eventLine({ seq: 1, at: 0, ...event }, { now: 0, paint: plain }), text));
}

test("the table of status: one line an instance, a sum, and what is degraded", () => {
  const services = [
    service("web", ["running", "failed"], { lastExit: { status: { code: 3 }, pid: 1, at: 0, usage: null } }),
    service("日本", ["running"], { cpu: 0.034, memory: 47_185_920, statusText: "\u001b[2Jbusy", degraded: ["runs without its limit"] }),
    { ...service("cron", ["waiting"]), schedule: { cron: "@daily", timeZone: null, next: null } },
  ];
  const text = statusLines({ supervisor: supervisor(["no disk"]), services, now: 60_000, paint: plain });
  assert.deepEqual(text, [
    "NAME   STATE    READY  PID  UPTIME  RESTARTS    CPU  MEMORY  NOTE",
    "web/0  running  yes      7    1min         0      -       -",
    "web/1  failed   -        -       -         0      -       -  exit status 3",
    "日本   running  yes      7    1min         0  3.4 %  45 MiB  busy",
    "cron   waiting  -        -       -         0      -       -  never again",
    "",
    "3 services, 4 instances: 1 waiting, 2 running, 1 failed",
    "degraded: no disk",
    "degraded: 日本/0 runs without its limit",
  ]);
  const wide = service("a-name-that-is-quite-long-and-goes-on-and-on-for-sixty-columns", ["completed"], { statusText: "x".repeat(200) });
  for (const width of [60, 80, 120]) {
    const cutLines = statusLines({ supervisor: supervisor([]), services: [...services, wide], now: 60_000, paint: plain, width });
    assert.deepEqual(
      cutLines.slice(0, 6).filter((line) => line.length > Math.max(width, 70)),
      [],
    );
  }
  assert.match(statusLines({ supervisor: supervisor([]), services: [], now: 0, paint: plain }).join("\n"), /^there are no services yet/);
});

test("all that is wanted is up, or it isn't; what is named counts in any case", () => {
  const up = (state: State, change: Partial<InstanceStatus> = {}, named = false) => isUp([service("web", [state], change)], named);
  assert.deepEqual(
    (["running", "reloading", "completed", "starting", "backoff", "failed", "waiting"] as const).map((state) => up(state)),
    [true, true, true, false, false, false, false],
  );
  assert.deepEqual([up("stopped", { wanted: false }), up("stopped", { wanted: false }, true), up("stopped")], [true, false, false]);
  assert.ok(isUp([{ ...service("cron", ["waiting"]), schedule: { cron: "@daily", timeZone: null, next: 1 } }], true));
});

function service(name: string, states: readonly State[], last: Partial<InstanceStatus> = {}): ServiceStatus {
  const instances = states.map((state, index): InstanceStatus => {
    const runs = state === "running";
    return {
      ...{ name: `${name}/${index}`, state, ready: runs, wanted: true, pid: runs ? 7 : null, since: 0, startedAt: runs ? 0 : null },
      ...{ restarts: 0, attempt: 1, why: "", statusText: null, lastExit: null, cpu: null, memory: null, adopted: false },
      ...{ log: "/l", errorLog: null, degraded: [], ...(index === states.length - 1 ? last : {}) },
    };
  });
  return { name, wanted: true, instances, schedule: null };
}

function supervisor(degraded: readonly string[]): SupervisorStatus {
  return {
    ...{
      version: "1",
      pid: 1,
      startedAt: 0,
      init: { pid: 1, supervisors: 1 },
      mode: "daemon" as const,
      services: 1,
      instances: 1,
      running: 1,
    },
    ...{ directories: { run: "/", state: "/", log: "/", config: "/" }, memory: 1, degraded },
  };
}
