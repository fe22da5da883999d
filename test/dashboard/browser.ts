/** A page in a headless Chromium, for a test. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { TestContext } from "node:test";
import type { Page } from "playwright-core";
import { track } from "../support/cleanup.ts";
import { until } from "../support/wait.ts";
import { launchBrowser } from "./chromium.ts";

export type { Page } from "playwright-core";
export { needsBrowser } from "./chromium.ts";

export interface Opened {
  readonly page: Page;
  /** What went wrong in it: errors, refusals by its policy, dialogs that a script opened, requests to elsewhere. */
  readonly mishaps: string[];
}

/** @param origin what may be asked for requests */
export async function openPage(t: TestContext, origin: string): Promise<Opened> {
  const browser = await launchBrowser();
  track(t).defer(() => browser.close());
  // A context of its own may have further pages.
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: "light" });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const mishaps: string[] = [];
  page.on("dialog", (dialog) => {
    mishaps.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("pageerror", (error) => mishaps.push(`error: ${error}`));
  page.on("console", (message) => {
    // A refused token is answered with 401, which Chromium calls an error.
    if (message.type() === "error" && !message.text().includes("401")) mishaps.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(origin)) mishaps.push(`request: ${request.url()}`);
  });
  return { page, mishaps };
}

/** The page's policy forbids what Playwright's own waiting does. */
export async function holds(page: Page, code: string): Promise<void> {
  await until(code, async () => (await page.evaluate(`Boolean(${code})`)) === true, { timeout: 60_000 });
}

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** What axe finds wrong, by WCAG 2.2 A and AA and its own best practices: "color-contrast: .why …". */
export async function axeFinds(page: Page): Promise<readonly string[]> {
  await page.evaluate(`if (window.axe === undefined) { ${readFileSync(axe, "utf8")} }`);
  const { passed, found } = (await page.evaluate(
    `axe.run().then(({ passes, violations }) => ({
      passed: passes.length,
      found: violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ": " + target.join(" ") + ": " + failureSummary)),
    }))`,
  )) as { readonly passed: number; readonly found: readonly string[] };
  if (passed < 5) throw new Error(`axe looked at next to nothing: ${passed} of its rules passed`);
  return found;
}
