/** The page in a real browser. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../support/wait.ts";
import { holds, needsBrowser, openPage } from "./browser.ts";
import { served, TOKEN } from "./dashboards.ts";

const REAL = { timeout: 300_000, skip: needsBrowser };
const EVIL = "<img src=x onerror=alert(1)>";
const LIVELY =
  "const e = () => { const until = Date.now() + 60; while (Date.now() < until); }; setInterval(e, 500); setInterval(() => console.log(JSON.stringify({ level: 'info', msg: 'request served', ms: 12 })), 300)";

test("the token in the address signs in and is gone; a wrong one doesn't", REAL, async (t) => {
  const { dashboard } = await served(t);
  const origin = `http://127.0.0.1:${dashboard.port}`;
  const { page, mishaps } = await openPage(t, origin);
  await page.goto(`${origin}/#token=wrong-token-for-tests`);
  await page.waitForSelector("#token");
  assert.match((await page.textContent("#token-problem")) ?? "", /token is missing or wrong/);
  assert.doesNotMatch(page.url(), /token=/);
  await page.fill("#token", "still wrong");
  await page.click("form button");
  await holds(page, "document.querySelector('#token-problem').textContent !== ''");
  await page.fill("#token", TOKEN);
  await page.click("form button");
  await page.waitForSelector(".tile strong");
  await page.reload();
  await page.waitForSelector("table.services", { state: "attached" });
  assert.equal(await page.evaluate("document.cookie"), "");
  await page.click("text=Sign out");
  await page.waitForSelector("#token");
  await page.goto(dashboard.url);
  await page.waitForSelector("table.services", { state: "attached" });
  assert.doesNotMatch(page.url(), /token=/);
  assert.deepEqual(mishaps, []);
});

test("services live, by name, with actions after a confirmation", REAL, async (t) => {
  const { dashboard, apply, status } = await served(t);
  await apply(
    {
      web: { command: [process.execPath, "-e", LIVELY], instances: 2 },
      database: { command: ["sleep", "1000"] },
      [EVIL]: { command: ["sh", "-c", `while :; do echo '<script>alert(2)</script>${EVIL}'; sleep 0.5; done`] },
      flaky: { command: ["sh", "-c", "echo can not go on >&2; exit 3"], restart: { limit: 1 } },
    },
    { wait: 0 },
  );
  const { page, mishaps } = await openPage(t, `http://127.0.0.1:${dashboard.port}`);
  await page.goto(dashboard.url);
  await page.waitForSelector("tr[data-instance='web/1'] [data-state=running]");
  await page.waitForSelector("tr[data-instance='flaky/0'] [data-state=failed]");
  assert.match((await page.textContent(".alerts")) ?? "", /flaky\/0 failed/);
  const row = (await page.textContent(`tr[data-instance="${EVIL}/0"]`)) ?? "";
  assert.ok(row.includes(EVIL), row);
  assert.equal(await page.evaluate("document.querySelectorAll('main img, main script').length"), 0);
  await holds(page, "/\\d/.test(document.querySelector(\"tr[data-instance='web/0'] .cpu .figure\").textContent)");
  const before = await page.textContent("tr[data-instance='web/0'] td[data-label=Uptime]");
  await holds(page, `document.querySelector("tr[data-instance='web/0'] td[data-label=Uptime]").textContent !== ${JSON.stringify(before)}`);

  await page.press("body", "/");
  await page.fill("input[type=search]", "data");
  await holds(page, "document.querySelectorAll('tbody tr').length === 1");
  await page.fill("input[type=search]", "");

  await page.click("tr[data-instance='database/0'] button.stop");
  await page.waitForSelector("dialog[open]");
  await page.press("dialog", "Escape");
  await page.waitForSelector("dialog", { state: "detached" });
  assert.equal((await status("database/0")).state, "running");
  await page.click("tr[data-instance='database/0'] button.stop");
  await page.click("dialog button.primary");
  await page.waitForSelector("tr[data-instance='database/0'] [data-state=stopped]");
  assert.equal((await status("database/0")).state, "stopped");
  await page.click("tr[data-instance='database/0'] button.start");
  await page.click("dialog button.primary");
  await page.waitForSelector("tr[data-instance='database/0'] [data-state=running]");
  const { pid } = await status("database/0");
  await page.click("tr[data-instance='database/0'] button.restart");
  await page.click("dialog button.primary");
  await until("another process", async () => (await status("database/0")).pid !== pid, { timeout: 30_000 });

  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 390, height: 844 });
  assert.equal(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), true);
  assert.deepEqual(mishaps, []);
});

test("one service: charts, its log as it is written and filtered, what happened, and why", REAL, async (t) => {
  const { dashboard, apply } = await served(t);
  await apply({
    web: { command: [process.execPath, "-e", LIVELY] },
    [EVIL]: { command: ["sh", "-c", `while :; do echo '<script>alert(2)</script>${EVIL}'; echo plain; sleep 0.3; done`] },
  });
  const { page, mishaps } = await openPage(t, `http://127.0.0.1:${dashboard.port}`);
  await page.goto(dashboard.url);
  await page.click("tr[data-instance='web/0'] a");
  await page.waitForSelector(".log > div");
  await holds(page, "Number(document.querySelector('[data-loaded]')?.dataset.loaded) > 1");
  await page.waitForSelector("path.line-0[d*=L]", { state: "attached" });
  const lines = "document.querySelectorAll('.log > div').length";
  const first = Number(await page.evaluate(lines));
  await holds(page, `${lines} > ${first}`);
  await page.click("text=6h");
  await page.waitForSelector("button[data-value='6h'][aria-pressed=true]");
  await page.click("button[data-value='1h']");
  assert.match((await page.textContent("[aria-label=Why]")) ?? "", /web\/0 runs since/);
  assert.match((await page.textContent("[aria-label=Events]")) ?? "", /starting → running/);

  await page.goto(`${page.url().replace(/#.*/, "")}#/service/${encodeURIComponent(EVIL)}`);
  await holds(page, "document.querySelector('h1')?.textContent.startsWith('<img')");
  await holds(page, "[...document.querySelectorAll('.log .text')].some((line) => line.textContent.includes('<script>alert(2)'))");
  await page.fill("[aria-label=Log] input", "plain");
  await holds(
    page,
    "document.querySelectorAll('.log > div').length > 2 && [...document.querySelectorAll('.log .text')].every((line) => line.textContent === 'plain')",
  );
  assert.equal(await page.evaluate("document.querySelectorAll('main img, main script').length"), 0);
  assert.deepEqual(mishaps, []);
});

test("disks and events have views of their own, which the keyboard reaches", REAL, async (t) => {
  const { dashboard, apply } = await served(t);
  await apply({ web: { command: ["sleep", "1000"] } });
  const { page, mishaps } = await openPage(t, `http://127.0.0.1:${dashboard.port}`);
  await page.goto(dashboard.url);
  await page.waitForSelector("tr[data-instance='web/0']");
  await page.press("body", "d");
  await page.waitForSelector("[aria-label='File systems'] tbody tr");
  await holds(page, "document.querySelectorAll('[data-loaded]').length === 2");
  await page.press("body", "e");
  await holds(page, "document.querySelector('.events')?.textContent.includes('web/0')");
  await page.press("body", "s");
  await page.waitForSelector("tr[data-instance='web/0']");
  assert.equal(await page.evaluate("document.title"), "Services · daemonitor");
  await page.click("text=Theme: auto");
  assert.equal(await page.evaluate("document.documentElement.dataset.theme"), "light");
  const nameless =
    "[...document.querySelectorAll('button, a, input, select, meter, svg[role=img]')].filter((each) => !(each.textContent || each.ariaLabel || each.getAttribute('aria-label'))).length";
  assert.equal(await page.evaluate(nameless), 0);
  assert.deepEqual(mishaps, []);
});
