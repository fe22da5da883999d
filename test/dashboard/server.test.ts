import assert from "node:assert/strict";
import { test } from "node:test";
import type { LiveMessages, ServiceDetail } from "../../src/dashboard/wire.ts";
import { until } from "../support/wait.ts";
import { ask, pageHeaders } from "./ask.ts";
import { served, TOKEN } from "./dashboards.ts";

const SLOW = { timeout: 120_000 };
const EVIL = "<img src=x onerror=alert(1)>";

test("nothing is told without the token, and everything with it", SLOW, async (t) => {
  const { dashboard, cookie } = await served(t);
  const { port } = dashboard;
  for (const path of [
    "/api/live",
    "/api/events",
    "/api/service?name=web",
    "/api/chart?name=host",
    "/api/logs?name=web",
    "/api/sparks",
    "/api/alerts",
    "/metrics",
  ]) {
    const { status, text } = await ask(port, path);
    assert.equal(status, 401, path);
    assert.match(text, /token is missing or wrong/);
    assert.equal((await ask(port, path, { headers: { Authorization: "Bearer wrong-token" } })).status, 401, path);
    assert.equal((await ask(port, path, { headers: { Cookie: "daemonitor_0=9999999999999.abc.def" } })).status, 401, path);
  }
  const { status, text } = await ask(port, "/metrics", { headers: { Authorization: `Bearer ${TOKEN}` } });
  assert.equal(status, 200);
  assert.match(text, /^# TYPE daemonitor_services gauge$/m);
  assert.equal((await ask(port, "/api/events", { headers: { Cookie: await cookie() } })).status, 200);
});

test("the token is exchanged for a strict cookie, and only the right one", SLOW, async (t) => {
  const { dashboard } = await served(t);
  const { port } = dashboard;
  const signIn = (token: unknown) => ask(port, "/api/session", { method: "POST", headers: pageHeaders(port), body: { token } });
  for (const wrong of ["", "wrong", `${TOKEN}x`, 5, null]) {
    const refused = await signIn(wrong);
    assert.equal(refused.status, 401);
    assert.equal(refused.headers["set-cookie"], undefined);
  }
  const { status, headers } = await signIn(TOKEN);
  assert.equal(status, 200);
  assert.match(String(headers["set-cookie"]), /^daemonitor_\d+=\d+\.[\w-]+\.[\w-]+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Strict$/);
  assert.ok(!String(headers["set-cookie"]).includes(TOKEN));
});

test("requests of other pages are refused, also with a session", SLOW, async (t) => {
  const { dashboard, cookie, apply, status } = await served(t);
  const { port } = dashboard;
  await apply({ web: { command: ["sleep", "1000"] } });
  const own: Readonly<Record<string, string>> = { ...pageHeaders(port), Cookie: await cookie() };
  const stop = (headers: Readonly<Record<string, string>>) =>
    ask(port, "/api/act", { method: "POST", headers, body: { action: "stop", selector: "web" } });
  const { Origin: _origin, ...withoutOrigin } = own;
  const { "X-Daemonitor-Dashboard": _header, ...withoutHeader } = own;
  for (const foreign of [
    withoutOrigin,
    withoutHeader,
    { ...own, Origin: "http://evil.example" },
    { ...own, "Sec-Fetch-Site": "cross-site" },
  ]) {
    assert.equal((await stop(foreign)).status, 403);
  }
  const { Cookie: _cookie, ...unknown } = own;
  assert.equal((await stop(unknown)).status, 401);
  assert.equal((await ask(port, "/api/act", { headers: own })).status, 404);
  assert.equal((await status("web/0")).state, "running");
  assert.equal((await stop(own)).status, 200);
  assert.equal((await status("web/0")).state, "stopped");
});

test("a name that was not allowed is refused whatever is asked, as DNS rebinding would ask", SLOW, async (t) => {
  const { dashboard } = await served(t);
  for (const path of ["/", "/assets/style.css", "/metrics", "/api/live"]) {
    const { status } = await ask(dashboard.port, path, {
      headers: { Host: `evil.example:${dashboard.port}`, Authorization: `Bearer ${TOKEN}` },
    });
    assert.equal(status, 421, path);
  }
});

test("every answer forbids inline scripts, frames and foreign sources", SLOW, async (t) => {
  const { dashboard } = await served(t);
  for (const path of ["/", "/assets/style.css", "/metrics", "/nothing"]) {
    const { headers } = await ask(dashboard.port, path);
    const policy = String(headers["content-security-policy"]);
    assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'/);
    assert.doesNotMatch(policy, /unsafe/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.equal(headers["x-content-type-options"], "nosniff");
  }
  const { text } = await ask(dashboard.port, "/");
  assert.doesNotMatch(text, /<script>|<style|\son\w+=|style=|https?:/);
});

test("files outside of the page can't be reached", SLOW, async (t) => {
  const { dashboard } = await served(t);
  for (const path of [
    "/assets/../package.json",
    "/assets/..%2fpackage.json",
    "/assets/tsconfig.json",
    "//etc/passwd",
    "/../../etc/passwd",
    "/api/__proto__",
  ]) {
    assert.ok([404, 401].includes((await ask(dashboard.port, path)).status), path);
  }
});

test("a page is told the services at once, then what changes and what is measured", SLOW, async (t) => {
  const { dashboard, cookie, apply, client } = await served(t);
  await apply({ web: { command: ["sleep", "1000"] } });
  const headers = { Cookie: await cookie() };
  await until("the dashboard to know of web", async () => (await ask(dashboard.port, "/api/events", { headers })).text.includes("web/0"));
  let asked = false;
  const { text } = await ask(dashboard.port, "/api/live", {
    headers,
    until: (sofar) => {
      const names = messages(sofar).map(({ event }) => event);
      if (!asked && names.includes("services") && names.includes("sample")) {
        asked = true;
        client.act({ action: "stop", selector: "web" }).catch(() => {});
      }
      const samples = names.filter((name) => name === "sample").length;
      return (
        samples > 1 && messages(sofar).some(({ event, data }) => event === "changed" && data.services[0]?.instances[0]?.state === "stopped")
      );
    },
  });
  const all = messages(text);
  assert.ok(all.some(({ event, data }) => event === "event" && "instance" in data && data.instance === "web/0"));
});

test("one service is described with its reasons, its events and a name that is only a name", SLOW, async (t) => {
  const { dashboard, cookie, apply } = await served(t);
  await apply({ [EVIL]: { command: ["sh", "-c", `echo '${EVIL}'; exec sleep 1000`], env: { PASSWORD: "hunter2" } } });
  const headers = { Cookie: await cookie() };
  const { text } = await ask(dashboard.port, `/api/service?name=${encodeURIComponent(EVIL)}`, { headers });
  const detail = JSON.parse(text) as ServiceDetail;
  assert.equal(detail.description.name, EVIL);
  assert.equal(detail.why[0]?.state, "running");
  assert.doesNotMatch(text, /hunter2/);
  const missing = await ask(dashboard.port, "/api/service?name=nothing", { headers });
  assert.deepEqual([missing.status, JSON.parse(missing.text).error.code], [404, "ERR_NO_SUCH_SERVICE"]);
});

test("a log is followed, and filtered where it is read", SLOW, async (t) => {
  const { dashboard, cookie, apply } = await served(t);
  await apply({ web: { command: ["sh", "-c", "while :; do echo wanted line; echo other line; sleep 0.2; done"] } });
  const headers = { Cookie: await cookie() };
  const count = (text: string) => text.split('"line":"wanted line"').length - 1;
  const { text } = await ask(dashboard.port, "/api/logs?name=web&grep=wanted", { headers, until: (sofar) => count(sofar) >= 3 });
  assert.doesNotMatch(text, /other line/);
});

test("actions name one service, and one of four things", SLOW, async (t) => {
  const { dashboard, cookie, apply, status, events } = await served(t);
  const { port } = dashboard;
  await apply({ web: { command: ["sleep", "1000"] }, other: { command: ["sleep", "1000"] } });
  const headers = { ...pageHeaders(port), Cookie: await cookie() };
  const act = (body: unknown) => ask(port, "/api/act", { method: "POST", headers, body });
  for (const wrong of [
    { action: "delete", selector: "web" },
    { action: "stop", selector: "all" },
    { action: "stop", selector: "*" },
    { action: "stop" },
    { action: "toString", selector: "web" },
    ["stop"],
    { action: "stop", selector: "x".repeat(20_000) },
  ]) {
    const { status: code } = await act(wrong);
    assert.ok(code === 400 || code === 413, JSON.stringify(wrong).slice(0, 60));
  }
  const before = (await status("web/0")).pid;
  assert.equal((await act({ action: "restart", selector: "web" })).status, 200);
  assert.notEqual((await status("web/0")).pid, before);
  assert.equal((await status("other/0")).state, "running");
  assert.match(JSON.stringify(await events()), /restart web on the dashboard/);
});

test("charts have what was measured", SLOW, async (t) => {
  const { dashboard, cookie, apply } = await served(t);
  await apply({ web: { command: ["sleep", "1000"] } });
  const headers = { Cookie: await cookie() };
  const chart = await until(
    "the memory of web/0 to be in the history",
    async () => {
      const answer = JSON.parse((await ask(dashboard.port, "/api/chart?name=web/0", { headers })).text);
      return (answer.values.memory ?? []).some((value: number | null) => (value ?? 0) > 100_000) && answer;
    },
    { timeout: 60_000 },
  );
  assert.equal(chart.step, 5000);
  for (const wrong of ["?name=", "?name=web/0&since=5&until=4", "?name=web/0&since=x", "?name=web/0&since=0&until=9999999999999"]) {
    assert.equal((await ask(dashboard.port, `/api/chart${wrong}`, { headers })).status, 400, wrong);
  }
});

type Message = { readonly [M in keyof LiveMessages]: { readonly event: M; readonly data: LiveMessages[M] } }[keyof LiveMessages];

function messages(text: string): readonly Message[] {
  const whole = text.slice(0, text.lastIndexOf("\n\n") + 1);
  return [...whole.matchAll(/^event: (\w+)\ndata: (.*)$/gm)].map(
    ([, event, data]) => ({ event, data: JSON.parse(data ?? "null") }) as Message,
  );
}
