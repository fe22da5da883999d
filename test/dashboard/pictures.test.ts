/**
 * Takes the pictures of the documentation anew:
 *
 *   DAEMONITOR_SCREENSHOTS=docs/images node --test test/dashboard/pictures.test.ts
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { doing } from "../fixtures/checks/written.ts";
import { needsAll } from "../support/needs.ts";
import { holds, needsBrowser, openPage, type Page } from "./browser.ts";
import { served } from "./dashboards.ts";

const folder = process.env.DAEMONITOR_SCREENSHOTS;
const isWanted = folder === undefined ? "DAEMONITOR_SCREENSHOTS names no directory for the pictures" : false;
/** Values of 5 s: so many make a line. */
const VALUES = 50;

const SERVER = `
  let busy = 20;
  setInterval(() => {
    busy = Math.min(160, Math.max(10, busy + 30 * (Math.random() - 0.5)));
    for (const until = Date.now() + busy; Date.now() < until; );
  }, 500);
  const kept = [];
  setInterval(() => { kept.push(Buffer.alloc(400_000, 1)); if (kept.length > 60) kept.length = 0; }, 900);
  let served = 0;
  const paths = ["/", "/basket", "/search?q=lamp", "/pay"];
  setInterval(() => {
    const slow = ++served % 13 === 0;
    const line = { level: slow ? "warn" : "info", msg: slow ? "slow answer" : "answered", path: paths[served % 4], ms: slow ? 812 : 4 + (served % 9) };
    console.log(JSON.stringify(line));
  }, 700);
`;
const BACKUP = "while :; do head -c 300000 /dev/zero >> backups/today; sleep 1; done";

async function picture(page: Page, name: string): Promise<void> {
  // Only what fits on a screen is worth a look.
  await page.screenshot({ path: join(resolve(folder ?? ""), `dashboard-${name}.png`) });
}

test("pictures for the documentation", { timeout: 900_000, skip: needsAll(isWanted, needsBrowser) }, async (t) => {
  const { dashboard, apply, dir } = await served(t);
  writeFileSync(join(dir, "server.js"), SERVER);
  for (const name of ["backups", "uploads"]) mkdirSync(join(dir, name));
  writeFileSync(join(dir, "uploads/picture"), Buffer.alloc(7 * 2 ** 20, 1));
  await apply(
    {
      shop: {
        command: ["node", "server.js"],
        instances: 2,
        checks: [doing({ metric: "memory", above: "300MiB", for: "3 of 5" }, "alert", "restart")],
      },
      queue: { command: ["sh", "-c", "sleep 100000"], checks: [doing({ metric: "descriptors", above: 500 }, "alert")] },
      backup: { command: ["sh", "-c", BACKUP] },
      nightly: { command: ["true"], schedule: "0 3 * * *" },
      mail: { command: ["sh", "-c", "echo 'no mail server at 192.0.2.25:25' >&2; exit 3"], restart: { limit: 2 } },
    },
    {
      wait: 0,
      monitor: {
        disk: [
          doing({ path: join(dir, "backups"), size: { above: "20MiB" } }, "alert"),
          doing({ path: join(dir, "uploads"), size: { above: "1GiB" } }, "alert"),
          doing({ path: "/", free: { below: "5%" } }, "alert", "prune-logs"),
        ],
        alerts: [{ exec: ["true"], name: "pager" }],
      },
    },
  );
  const { page } = await openPage(t, `http://127.0.0.1:${dashboard.port}`);
  await page.setViewportSize({ width: 1180, height: 760 });
  await page.goto(dashboard.url);
  await page.evaluate("location.hash = '#/service/shop'");
  await page.click("[data-value='15min']");
  for (let values = 0; values < VALUES; ) {
    await new Promise((resolve) => setTimeout(resolve, 5000));
    values = Number(await page.evaluate("document.querySelector('[data-loaded]')?.dataset.loaded ?? 0"));
  }
  await picture(page, "service");
  await page.evaluate("location.hash = '#/'");
  await holds(page, "document.querySelector('.spark-line')?.getAttribute('d').length > 300");
  await picture(page, "overview");
  await page.emulateMedia({ colorScheme: "dark" });
  await picture(page, "dark");
  await page.emulateMedia({ colorScheme: "light" });
  await page.evaluate("location.hash = '#/checks'");
  await page.waitForSelector("[aria-label=Alerts] [data-state=failing]");
  await picture(page, "checks");
  await page.evaluate("location.hash = '#/disk'");
  await page.click(`.choice [data-value='directory:${join(dir, "backups")}']`);
  await page.click("[data-value='15min']");
  await holds(page, "document.querySelector('.outlook').textContent.includes('confidence')");
  await page.evaluate(
    "[...document.querySelectorAll('h2')].find((each) => each.textContent === 'Growth').scrollIntoView({ block: 'center' })",
  );
  await picture(page, "disk");
  await page.setViewportSize({ width: 390, height: 844 });
  await page.evaluate("location.hash = '#/'");
  await page.waitForSelector(".alerts li");
  await page.evaluate("scrollTo(0, 0)");
  await picture(page, "phone");
});
