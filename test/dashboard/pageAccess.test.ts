/** The page for those who use no mouse, a small screen, or a program that reads it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { axeFinds, holds, needsBrowser, openPage, type Page } from "./browser.ts";
import { lively } from "./lively.ts";

const REAL = { timeout: 300_000, skip: needsBrowser };
const WEB = "tr[data-instance='web/0']";

/** Each view by its key or address, and what is there when all of it is. */
const VIEWS = {
  services: { hash: "#/", is: `document.querySelector("${WEB} [data-state=running]") && document.querySelector(".alerts li")` },
  service: { hash: "#/service/web", is: "document.querySelector('.log > div') && document.querySelector('.sentence')" },
  disk: { hash: "#/disk", is: "document.querySelectorAll('[data-loaded]').length === 2" },
  checks: { hash: "#/checks", is: "document.querySelector('[aria-label=Checks] [data-state=firing]')" },
  events: { hash: "#/events", is: "document.querySelectorAll('.events li').length > 2" },
} as const;

async function show(page: Page, { hash, is }: { readonly hash: string; readonly is: string }): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
  await holds(page, is);
}

test("axe finds nothing wrong with any view, light or dark, wide or narrow, nor with the dialog and the way in", REAL, async (t) => {
  const { dashboard } = await lively(t);
  const { page, mishaps } = await openPage(t, `http://127.0.0.1:${dashboard.port}`);
  const found: string[] = [];
  const look = async (what: string) => {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      for (const each of await axeFinds(page)) found.push(`${what}, ${colorScheme}: ${each}`);
    }
  };
  await page.goto(`http://127.0.0.1:${dashboard.port}/`);
  await page.waitForSelector("#token");
  await look("sign in");
  await page.goto(dashboard.url);
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 844 });
    for (const [name, view] of Object.entries(VIEWS)) {
      await show(page, view);
      await look(`${name} at ${width}`);
    }
  }
  await show(page, VIEWS.services);
  await page.click(`${WEB} button.stop`);
  await page.waitForSelector("dialog[open]");
  await look("dialog");
  assert.deepEqual(found, []);
  assert.deepEqual(mishaps, []);
});

test("no view is wider than a phone, whatever is in it", REAL, async (t) => {
  const { dashboard } = await lively(t);
  const { page } = await openPage(t, `http://127.0.0.1:${dashboard.port}`);
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto(dashboard.url);
  for (const [name, view] of Object.entries(VIEWS)) {
    await show(page, view);
    const wide = await page.evaluate(
      "[...document.querySelectorAll('body *')].filter((each) => each.getBoundingClientRect().right > innerWidth + 1).map((each) => each.outerHTML.slice(0, 80))",
    );
    const isWide = await page.evaluate("document.documentElement.scrollWidth > innerWidth");
    assert.ok(!isWide, `${name}: ${JSON.stringify(wide)}`);
  }
});

test("all is done by keyboard alone: views, a filter, a service stopped after a question, a chart read", REAL, async (t) => {
  const { dashboard, status } = await lively(t);
  const { page, mishaps } = await openPage(t, `http://127.0.0.1:${dashboard.port}`);
  await page.goto(dashboard.url);
  await holds(page, VIEWS.services.is);
  const { keyboard } = page;
  await keyboard.press("Tab");
  assert.equal(await page.evaluate("document.activeElement.id"), "skip");
  await keyboard.press("Enter");
  assert.equal(await page.evaluate("document.activeElement.id"), "main");
  await keyboard.press("/");
  await keyboard.type("database");
  await holds(page, "document.querySelectorAll('tbody tr').length === 1");
  await tabTo(page, "Stop database/0");
  await keyboard.press("Enter");
  await page.waitForSelector("dialog[open]");
  // The answer that changes nothing has the focus.
  await keyboard.press("Enter");
  await page.waitForSelector("dialog", { state: "detached" });
  assert.equal(await page.evaluate("document.activeElement.ariaLabel"), "Stop database/0");
  await keyboard.press("Enter");
  await page.waitForSelector("dialog[open]");
  await keyboard.press("Tab");
  await keyboard.press("Enter");
  await page.waitForSelector("tr[data-instance='database/0'] [data-state=stopped]");
  assert.equal((await status("database/0")).state, "stopped");
  for (const [key, title] of [
    ["d", "Disk"],
    ["c", "Checks"],
    ["e", "Events"],
    ["s", "Services"],
  ] as const) {
    await page.evaluate("document.activeElement.blur()");
    await keyboard.press(key);
    await holds(page, `document.title === "${title} · daemonitor"`);
  }
  await show(page, VIEWS.service);
  await holds(page, "Number(document.querySelector('[data-loaded]')?.dataset.loaded) > 1");
  await page.focus("svg.chart");
  const latest = await page.textContent(".reading");
  await keyboard.press("Home");
  assert.match((await page.textContent(".reading")) ?? "", /^.*\d\d:\d\d:\d\d {2}/);
  await keyboard.press("Escape");
  assert.doesNotMatch((await page.textContent(".reading")) ?? latest ?? "", /\d\d:\d\d:\d\d/);
  assert.deepEqual(mishaps, []);
});

/** Presses Tab until what has this name is reached, as somebody would who hears the names. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let press = 0; press < 40; press += 1) {
    await page.keyboard.press("Tab");
    if ((await page.evaluate("document.activeElement.ariaLabel")) === name) return;
  }
  assert.fail(`40 times Tab did not lead to "${name}"`);
}
