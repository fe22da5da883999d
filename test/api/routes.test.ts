import assert from "node:assert/strict";
import { userInfo } from "node:os";
import { test } from "node:test";
import { openApi } from "../../src/api/openapi.ts";
import { ROUTES } from "../../src/api/routes.ts";
import { DaemonError } from "../../src/launch/errors.ts";
import { ControlError } from "../../src/supervisor/control.ts";
import { until } from "../support/wait.ts";
import { ask, served } from "./apiFixture.ts";
import { misfitsIn } from "./openapiCheck.ts";

test("the client gets what the control answers", async (t) => {
  const { client, control } = await served(t);
  const { memory, ...about } = await client.about();
  assert.ok(memory > 0);
  assert.deepEqual(about, (({ memory: _, ...rest }) => rest)(control.about()));
  assert.deepEqual(await client.list(), control.list());
  assert.deepEqual(await client.list("db"), control.list("db"));
  assert.deepEqual(await client.why("web/0"), control.why("web/0"));
  assert.deepEqual(await client.openApi(), openApi("1.2.3"));
  assert.match(await client.metrics(), /^daemonitor_instance_up\{service="web",instance="web\/0"\} 1$/m);
});

test("a description hides secrets unless they are asked for", async (t) => {
  const { client } = await served(t);
  assert.deepEqual((await client.describe("web"))[0]?.spec.env, { TOKEN: "(hidden)" });
  assert.deepEqual((await client.describe("web", { secrets: true }))[0]?.spec.env, { TOKEN: "hunter2" });
});

test("each action reaches the control with all that was asked", async (t) => {
  const { client, control } = await served(t);
  const user = userInfo().username;
  await client.act({ action: "start", selector: "web", wait: 0, by: "start web" });
  await client.act({ action: "restart", selector: "web/0", wait: null });
  await client.act({ action: "reload", selector: "w*" });
  await client.act({ action: "stop", selector: "all", force: true });
  await client.act({ action: "signal", selector: "web", signalName: "hup", to: "all" });
  await client.act({ action: "scale", selector: "web", instances: 3 });
  await client.act({ action: "delete", selector: "db", force: true, wait: 1.5 });
  await client.shutdown({ force: true });
  const seen = control.requests.map(({ signal, ...request }: { signal?: AbortSignal } & object) => request);
  assert.deepEqual(seen.slice(0, 8), [
    { action: "start", selector: "web", wait: 0, by: `${user}, by start web` },
    { action: "restart", selector: "web/0", wait: null, by: user },
    { action: "reload", selector: "w*", by: user },
    { action: "stop", selector: "all", force: true, by: user },
    { action: "signal", selector: "web", signalName: "SIGHUP", to: "all", by: user },
    { action: "scale", selector: "web", instances: 3, by: user },
    { action: "delete", selector: "db", force: true, wait: 1.5, by: user },
    { by: user, force: true },
  ]);
});

test("who asks is shown as text: no control characters, no more than 200 letters", async (t) => {
  const { client, control, socket } = await served(t);
  await client.act({ action: "start", selector: "web", by: `évil\r\nX: y\u001b[2J ${"a".repeat(500)}` });
  await ask(socket, "POST", "/v1/services/web/start", { headers: { "X-Daemonitor-Command": "100% of it" } });
  const [first, second] = control.requests.map(({ by }) => by.replace(`${userInfo().username}, by `, ""));
  assert.match(first ?? "", /^évil X: y \[2J a{170,200}$/);
  assert.equal(second, "100% of it");
});

test("services are applied as they are", async (t) => {
  const { client, control, specs } = await served(t);
  const web = { ...specs.web, nice: 5 };
  const dry = await client.apply({ services: [web], dryRun: true, prune: true });
  assert.deepEqual(dry, {
    plan: { added: [], changed: [{ name: "web", keys: ["nice"], restart: true }], removed: ["db"], unchanged: [] },
    dryRun: true,
    instances: [],
  });
  assert.equal(control.list().length, 2);
  await client.apply({ services: [web], prune: true, start: true, wait: 100, by: "apply" });
  assert.deepEqual(
    control.describe("all", { secrets: true }).map(({ spec }) => spec),
    [web],
  );
});

test("the one who waits and goes away is told by the signal, and what was begun goes on", async (t) => {
  const { client, control } = await served(t);
  let aborted = false;
  let release = () => {};
  control.before = async (request) => {
    const { signal } = request as { signal?: AbortSignal };
    signal?.addEventListener("abort", () => {
      aborted = true;
    });
    await new Promise<void>((resolve) => {
      release = resolve;
    });
  };
  const leaving = new AbortController();
  const waiting = client.act({ action: "stop", selector: "web", signal: leaving.signal });
  await until("the request to arrive", () => control.requests.length === 1);
  leaving.abort();
  await assert.rejects(waiting, { code: "ERR_CLOSED" });
  await until("the control to know", () => aborted);
  release();
  await until("the service to be stopped", () => control.list("web")[0]?.instances[0]?.state === "stopped");
  assert.ok((await client.list()).length > 0);
});

for (const [what, method, path, body, status, message] of [
  ["an unknown path", "GET", "/v1/service", undefined, 404, /no "\/v1\/service" here.*did you mean \/v1\/services\?/],
  ["a misspelt action", "POST", "/v1/services/web/strat", "{}", 404, /did you mean \/v1\/services\/web\/start\?/],
  ["an instance as two segments", "GET", "/v1/services/web/0", undefined, 404, /an instance is one segment: web%2F0/],
  ["the root", "GET", "/", undefined, 404, /see \/v1\/openapi.json/],
  ["an absolute address", "GET", "http://x/v1", undefined, 404, /there is no/],
  ["an empty selector", "GET", "/v1/services//why", undefined, 404, /there is no/],
  ["a wrong method", "POST", "/v1/services", "{}", 405, /can't be asked with POST.*use GET/],
  ["a strange method", "PROPFIND", "/v1/services/web", "{}", 405, /use GET, DELETE/],
  ["an unknown service", "GET", "/v1/services/wbe", undefined, 404, /there is no service "wbe".*did you mean web\?/],
  ["an unknown instance", "POST", "/v1/services/web%2F7/start", undefined, 404, /no instance "web\/7".*web has web\/0/],
  ["a selector that isn't encoded", "GET", "/v1/services/%zz", undefined, 400, /not percent-encoded.*web%2F0/],
  ["an unknown key of a query", "GET", "/v1/services/web?secret=1", undefined, 400, /unknown key "secret".*did you mean secrets\?/],
  ["a wrong value in a query", "GET", "/v1/services/web?secrets=yes", undefined, 400, /secrets is "yes".*give "0" or "1"/],
  ["a key twice", "GET", "/v1/events?after=1&after=2", undefined, 400, /after twice/],
  ["a strange number of an event", "GET", "/v1/events?after=-1", undefined, 400, /after is "-1".*number of an event/],
  ["no JSON", "POST", "/v1/services/web/stop", "{force:", 400, /no JSON/],
  ["no UTF-8", "POST", "/v1/services/web/stop", Buffer.from([0x22, 0xff, 0x22]), 400, /no UTF-8/],
  ["no object", "POST", "/v1/services/web/stop", "[1]", 400, /the body is an array, not an object/],
  ["JSON's own prototype", "POST", "/v1/services/web/stop", '{"__proto__":1}', 400, /unknown key "__proto__"/],
  ["a wrong type", "POST", "/v1/services/web/stop", '{"force":"yes"}', 400, /force is "yes".*give true or false/],
  ["a negative time", "POST", "/v1/services/web/stop", '{"wait":-1}', 400, /wait is -1.*milliseconds/],
  ["a misspelt key", "POST", "/v1/services/web/stop", '{"forse":true}', 400, /unknown key "forse".*did you mean force\?/],
  ["a key that isn't there", "POST", "/v1/services/web/scale", "{}", 400, /instances is missing.*whole number/],
  ["half an instance", "POST", "/v1/services/web/scale", '{"instances":1.5}', 400, /instances is 1.5/],
  ["too many instances", "POST", "/v1/services/web/scale", '{"instances":1e9}', 400, /from 0 to 10000/],
  ["an unknown signal", "POST", "/v1/services/web/signal", '{"signalName":"SIGHUB"}', 400, /SIGHUB.*did you mean SIGHUP\?/],
  ["services that aren't", "POST", "/v1/apply", '{"services":[{"name":"x"}]}', 400, /services\[0\]\.command: is missing/],
  ["no services", "POST", "/v1/apply", "{}", 400, /services is missing.*a list/],
] as const) {
  test(`${what} is answered with ${status} and what to do`, async (t) => {
    const { socket, mistakes } = await served(t);
    const answer = await ask(socket, method, path, body === undefined ? {} : { body: body as string | Buffer });
    const { error } = answer.json() as { error: { code: string; message: string; hint: string | null } };
    assert.equal(answer.status, status, answer.text);
    assert.match(`${error.message}: ${error.hint}`, message);
    assert.deepEqual(misfitsIn(answer.json(), "Error"), []);
    assert.deepEqual(mistakes, []);
    if (status === 405) assert.ok(answer.headers.allow);
  });
}

test("names that can't be and names twice are refused", async (t) => {
  const { socket, specs } = await served(t);
  const apply = (services: unknown) => ask(socket, "POST", "/v1/apply", { body: JSON.stringify({ services }) });
  assert.match((await apply([{ ...specs.db, name: "../../etc" }])).text, /services\[0\]\.name: the name .* has a \\"\/\\"/);
  assert.match((await apply([specs.db, specs.db])).text, /services\[1\]\.name: there are two services \\"db\\"/);
  assert.match((await apply([{ ...specs.db, umask: "022" }])).text, /services\[0\]\.umask: is no whole number/);
});

test("errors of the control reach the client as what they are", async (t) => {
  const { client, control, mistakes } = await served(t);
  const failWith = (error: unknown) => {
    control.before = () => {
      throw error;
    };
    return client.act({ action: "stop", selector: "web" });
  };
  await assert.rejects(client.act({ action: "stop", selector: "wbe" }), (error) => {
    assert.ok(error instanceof DaemonError);
    assert.deepEqual([error.step, error.code, error.exitCode, error.hint], ["supervisor", "ERR_NO_SUCH_SERVICE", 69, "did you mean web?"]);
    assert.equal(error.message, 'supervisor: there is no service "wbe"; did you mean web?');
    return true;
  });
  await assert.rejects(client.act({ action: "signal", selector: "web", signalName: "NIX" }), { code: "ERR_BAD_REQUEST", exitCode: 64 });
  await assert.rejects(failWith(new ControlError("ERR_REFUSED", "web is a oneshot", "wait")), { code: "ERR_REFUSED", exitCode: 75 });
  await assert.rejects(failWith(new ControlError("ERR_SHUTTING_DOWN", "it ends")), { code: "ERR_SHUTTING_DOWN", exitCode: 75 });
  await assert.rejects(failWith(DaemonError.fromErrno("save", 28, "/s/services.json", "make room")), {
    ...{ step: "save", subject: "/s/services.json", code: "ENOSPC", errno: 28, hint: "make room", exitCode: 71 },
    message: "save /s/services.json: No space left on device (ENOSPC); make room",
  });
  assert.deepEqual(mistakes, []);
  const mistake = new TypeError("secret details");
  await assert.rejects(
    failWith(mistake),
    (error) => error instanceof DaemonError && error.code === "ERR_INTERNAL" && error.exitCode === 70 && !error.message.includes("secret"),
  );
  assert.deepEqual(mistakes, [mistake]);
});

test("a closed client rejects what is under way, and what comes after", async (t) => {
  const { client, control } = await served(t);
  control.before = () => new Promise(() => {});
  const waiting = client.act({ action: "stop", selector: "web" });
  await until("the request to arrive", () => control.requests.length === 1);
  client.close();
  await assert.rejects(waiting, { code: "ERR_CLOSED" });
  await assert.rejects(client.list(), { code: "ERR_CLOSED" });
});

test("each route is in the OpenAPI document, and the other way round", () => {
  const { paths } = openApi("1") as { paths: Record<string, Record<string, unknown>> };
  const documented = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path.replaceAll("{selector}", ":selector")}`),
  );
  assert.deepEqual(documented.sort(), ROUTES.map(({ method, path }) => `${method} ${path}`).sort());
});
