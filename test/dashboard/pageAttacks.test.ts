/** What somebody may try who can name a service, write a line into a log, or have a page of their own looked at. */
import assert from "node:assert/strict";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { until } from "../support/wait.ts";
import { holds, needsBrowser, openPage } from "./browser.ts";
import { served } from "./dashboards.ts";
import { EVIL, lively } from "./lively.ts";

const REAL = { timeout: 300_000, skip: needsBrowser };

test("names, log lines, reasons, paths and alerts stay text in every view", REAL, async (t) => {
  const { dashboard, apply } = await lively(t);
  await apply({ [`by ${EVIL}`]: { command: ["sh", "-c", `echo '${EVIL}'; exit 3`], restart: { limit: 0 } } }, { wait: 0, by: EVIL });
  const { page, mishaps } = await openPage(t, `http://127.0.0.1:${dashboard.port}`);
  await page.goto(dashboard.url);
  const within = (selector: string) =>
    `[...document.querySelectorAll(${JSON.stringify(selector)})].some((each) => each.textContent.includes(${JSON.stringify(EVIL)}))`;
  const views = [
    ["#/", [within("tbody th"), within(".alerts")]],
    [`#/service/${encodeURIComponent(EVIL)}`, [within("h1"), within(".log .text"), within("[aria-label=Specification]")]],
    [`#/service/${encodeURIComponent(`by ${EVIL}`)}`, [within("[aria-label=Why] pre"), within("[aria-label=Events]")]],
    ["#/disk", [within("[aria-label=Directories] th"), within(".choice button:last-child")]],
    ["#/checks", [within("[aria-label=Checks] th"), within("[aria-label=Alerts]"), within("[aria-label='Problems and recoveries']")]],
    ["#/events", [within(".events")]],
    [`#/service/${encodeURIComponent(`${EVIL}<script>`)}`, [within(".problem")]],
  ] as const;
  for (const [hash, all] of views) {
    await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
    for (const is of all) await holds(page, is);
    assert.equal(await page.evaluate("document.querySelectorAll('body img, body script, body iframe').length"), 0, hash);
  }
  // One that does not exist is answered with 404, which Chromium calls an error.
  assert.deepEqual(
    mishaps.filter((mishap) => !/404/.test(mishap)),
    [],
  );
});

test("a page of another server on this machine, to which the cookie goes along, can change, read and frame nothing", REAL, async (t) => {
  const { dashboard, apply, status } = await served(t);
  await apply({ web: { command: ["sleep", "1000"] } });
  const target = `http://127.0.0.1:${dashboard.port}`;
  const foreign = await foreignPage(t, target);
  const { page } = await openPage(t, target);
  await page.goto(dashboard.url);
  await page.waitForSelector("tr[data-instance='web/0'] [data-state=running]");
  const { pid } = await status("web/0");
  const other = await page.context().newPage();
  await other.goto(foreign.url);
  await until("all to be tried", () => foreign.outcomes.size === 4, { timeout: 60_000 });
  assert.deepEqual(Object.fromEntries(foreign.outcomes), {
    "post with the header": "refused",
    "post without": "refused",
    read: "refused",
    frame: "empty",
  });
  assert.deepEqual([(await status("web/0")).state, (await status("web/0")).pid], ["running", pid]);
  // The same from the page itself is done: it was not for another reason that nothing happened.
  await page.click("tr[data-instance='web/0'] button.stop");
  await page.click("dialog button.primary");
  await page.waitForSelector("tr[data-instance='web/0'] [data-state=stopped]");
});

test("no line of a script from elsewhere runs in the page, whoever writes it there", REAL, async (t) => {
  const { dashboard } = await served(t);
  const { page, mishaps } = await openPage(t, `http://127.0.0.1:${dashboard.port}`);
  await page.goto(dashboard.url);
  await page.waitForSelector("table.services", { state: "attached" });
  const tries = [
    "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=alert(1)>')",
    "document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.pwned = true' }))",
    "eval('window.pwned = true')",
    "document.body.append(Object.assign(document.createElement('script'), { src: 'http://127.0.0.1:9/x.js' }))",
  ];
  // By a timer: the policy does not hold for what the developer tools run.
  const tried = tries.map((code) => `setTimeout(() => { try { ${code} } catch { window.thrown = true } })`);
  await page.evaluate(`new Promise((resolve) => { ${tried.join("; ")}; setTimeout(resolve, 500); })`);
  assert.equal(await page.evaluate("window.thrown"), true);
  assert.equal(await page.evaluate("window.pwned === undefined"), true);
  assert.deepEqual(
    mishaps.filter((mishap) => /^(dialog|request)/.test(mishap)),
    [],
  );
  assert.ok(mishaps.length >= 1, "the policy complains of each");
});

/** A server whose page tries to stop a service, and tells itself how that went. */
async function foreignPage(t: TestContext, target: string) {
  const outcomes = new Map<string, string>();
  const script = `
    const tell = (what, how) => fetch("/told", { method: "POST", body: what + "=" + how });
    const body = JSON.stringify({ action: "stop", selector: "web" });
    const post = { method: "POST", credentials: "include", body };
    const named = { "X-Daemonitor-Dashboard": "1", "Content-Type": "application/json" };
    const refused = () => "refused";
    const how = (response) => (response.type === "opaque" ? "opaque" : String(response.status));
    fetch("${target}/api/act", { ...post, headers: named }).then(how, refused).then((it) => tell("post with the header", it));
    fetch("${target}/api/act", { ...post, mode: "no-cors" }).then(how, refused).then((it) => tell("post without", it));
    fetch("${target}/api/events", { credentials: "include" }).then(how, refused).then((it) => tell("read", it));
    const frame = document.createElement("iframe");
    frame.src = "${target}/";
    frame.addEventListener("load", () => tell("frame", frame.contentDocument === null ? "empty" : "open"));
    document.body.append(frame);
  `;
  const server = createServer((request, response) => {
    if (request.url === "/told") {
      void textOf(request).then((text) => outcomes.set(text.split("=")[0] ?? "", text.split("=")[1] ?? ""));
      return void response.end();
    }
    response.setHeader("Content-Type", "text/html");
    response.end(`<!doctype html><body><script>${script}</script>`);
  });
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, outcomes };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return text;
}
