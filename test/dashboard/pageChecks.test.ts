/** Checks, alerts and growth on the page, in a real browser. */
import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { doing } from "../fixtures/checks/written.ts";
import { until } from "../support/wait.ts";
import { holds, needsBrowser, openPage } from "./browser.ts";
import { served } from "./dashboards.ts";

const REAL = { timeout: 300_000, skip: needsBrowser };

test("a check that fires is on every view at once, with what was measured and who was told, and goes when it recovers", REAL, async (t) => {
  const { dashboard, apply, dir } = await served(t);
  const flag = join(dir, "flag");
  const told = join(dir, "told");
  await apply(
    {
      web: {
        command: [process.execPath, "-e", "setInterval(() => { kept.push(Buffer.alloc(200_000, 1)) }, 500); const kept = []"],
        checks: [doing({ metric: "memory", above: "1GiB", for: "2 of 3" }, "alert")],
      },
    },
    {
      monitor: {
        disk: [doing({ path: flag, exists: false }, "alert")],
        alerts: [
          { exec: ["sh", "-c", 'cat >"$0"', told], name: "a file" },
          { webhook: "http://127.0.0.1:1/", name: "nobody" },
        ],
      },
    },
  );
  const { page, mishaps } = await openPage(t, `http://127.0.0.1:${dashboard.port}`);
  await page.goto(dashboard.url);
  await page.press("body", "c");
  await holds(page, "document.querySelectorAll('[aria-label=Checks] [data-state=ok]').length === 2");
  assert.match((await page.textContent("[aria-label=Alerts]")) ?? "", /Nobody was told of anything yet/);
  assert.match((await page.textContent("[aria-label='Who is told']")) ?? "", /a file.*nobody/s);
  const checks = (await page.textContent("[aria-label=Checks]")) ?? "";
  assert.match(checks, /web\/0memory above 1\.0 GiB 2.of.3ok.*MiB/s);
  writeFileSync(flag, "");
  await page.waitForSelector("[aria-label=Checks] [data-state=firing]");
  await holds(page, "document.querySelector('[aria-label=Checks] tbody th').textContent.endsWith('/flag')");
  await page.waitForSelector("[aria-label=Alerts] [data-state=failing]");
  await holds(page, "document.querySelector('#top nav').textContent.includes('Checks (1)')");
  await holds(page, "/a file1, last at/.test(document.querySelector(\"[aria-label='Who is told']\").textContent)");
  await holds(page, "/nobody01, again at .*ECONNREFUSED/.test(document.querySelector(\"[aria-label='Who is told']\").textContent)");
  await holds(page, "[...document.querySelectorAll('.events .bad')].some((each) => each.textContent.includes('flag'))");
  // What has the focus keeps it while values change.
  await page.focus("[aria-label=Checks] a");
  const table = "document.querySelector('[aria-label=Checks]').textContent";
  const before = await page.evaluate(table);
  await holds(page, `${table} !== ${JSON.stringify(before)}`);
  assert.equal(await page.evaluate("document.activeElement.textContent"), "web/0");
  await page.press("body", "s");
  await holds(page, "document.querySelector('.alerts').textContent.includes('flag: exists')");
  rmSync(flag);
  await holds(page, "document.querySelector('.alerts').hidden || !document.querySelector('.alerts').textContent.includes('exists')");
  await page.press("body", "c");
  await page.waitForSelector("[aria-label=Alerts] [data-state=recovered]");
  await holds(page, "!document.querySelector('#top nav').textContent.includes('(')");
  await page.click("[aria-label=Checks] a");
  await holds(page, "document.querySelector('h1').textContent === 'web'");
  await page.waitForSelector("[aria-label=Checks] [data-state=ok]");
  assert.doesNotMatch((await page.textContent("[aria-label=Checks]")) ?? "", /flag/);
  assert.deepEqual(mishaps, []);
});

test("the past of a directory is drawn beside that of the file systems", REAL, async (t) => {
  const { dashboard, apply, dir } = await served(t);
  const grows = join(dir, "grows");
  mkdirSync(grows);
  writeFileSync(join(grows, "file"), Buffer.alloc(3 * 2 ** 20, 1));
  await apply({}, { monitor: { disk: [doing({ path: grows, size: { above: "1GiB" } }, "alert")], alerts: [] } });
  const { page, mishaps } = await openPage(t, `http://127.0.0.1:${dashboard.port}`);
  await page.goto(`${dashboard.url}`);
  await page.waitForSelector("table.services", { state: "attached" });
  await page.press("body", "d");
  await page.waitForSelector(".choice [data-value^='disk:/']");
  await page.click(`.choice [data-value='directory:${grows}']`);
  const section = `document.querySelector("[aria-label='Charts of directory:${grows}']")`;
  await until(
    "its size to be drawn",
    async () => {
      await page.click(`[aria-label='Charts of directory:${grows}'] [data-value='1h']`);
      return (await page.evaluate(`${section}.querySelector(".reading").textContent`)) === "3.00 MiB";
    },
    { timeout: 90_000 },
  );
  await holds(page, `${section}.querySelector(".outlook").textContent.startsWith("did not grow")`);
  await holds(
    page,
    `${section}.querySelectorAll("figure")[1].textContent.startsWith("Files") && ${section}.querySelector("path.line-0[d^=M]")`,
  );
  await page.click(".choice [data-value^='disk:/']");
  await holds(page, "document.querySelector(\"[aria-label^='Charts of disk:'] .chart .limit\") !== null");
  assert.deepEqual(mishaps, []);
});

test("a supervisor that is killed and comes back is told, and the page goes on", REAL, async (t) => {
  const { dashboard, apply, about } = await served(t);
  await apply({ web: { command: ["sleep", "1000"] } });
  const { page, mishaps } = await openPage(t, `http://127.0.0.1:${dashboard.port}`);
  await page.goto(dashboard.url);
  await page.waitForSelector("tr[data-instance='web/0'] [data-state=running]");
  process.kill((await about()).pid, "SIGKILL");
  await apply({ later: { command: ["sleep", "1000"] } });
  await page.waitForSelector("tr[data-instance='later/0'] [data-state=running]");
  await holds(page, "document.querySelector('.link').dataset.up === 'true'");
  const uptime = "document.querySelector(\"tr[data-instance='later/0'] td[data-label=Uptime]\").textContent";
  const before = await page.evaluate(uptime);
  await holds(page, `${uptime} !== ${JSON.stringify(before)}`);
  assert.deepEqual(mishaps, []);
});
