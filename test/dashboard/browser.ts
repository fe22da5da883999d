/** A headless Chromium, where there is one, and playwright-core, which is no dependency: a test without them is skipped. */
import { createRequire } from "node:module";
import type { TestContext } from "node:test";
import { track } from "../support/cleanup.ts";
import { findProgram } from "../support/needs.ts";

/** As much of playwright-core as the tests use. */
export interface Page {
  goto(url: string): Promise<unknown>;
  url(): string;
  reload(): Promise<unknown>;
  click(selector: string): Promise<void>;
  fill(selector: string, text: string): Promise<void>;
  press(selector: string, key: string): Promise<void>;
  waitForSelector(selector: string, options?: { readonly state?: "attached" | "detached" | "visible" | "hidden" }): Promise<unknown>;
  evaluate(code: string): Promise<unknown>;
  textContent(selector: string): Promise<string | null>;
  screenshot(options: { readonly path: string; readonly fullPage?: boolean }): Promise<unknown>;
  setViewportSize(size: { readonly width: number; readonly height: number }): Promise<void>;
  emulateMedia(media: { readonly colorScheme: "light" | "dark" }): Promise<void>;
  setDefaultTimeout(milliseconds: number): void;
  on(event: "dialog" | "pageerror" | "console" | "request", listener: (what: unknown) => void): void;
}

interface Browser {
  newPage(options: object): Promise<Page>;
  close(): Promise<void>;
}

interface Playwright {
  readonly chromium: { launch(options: object): Promise<Browser> };
}

const chromium = ["chromium", "chromium-browser", "google-chrome"].map(findProgram).find((path) => path !== undefined);
const playwright = load();

/** For node:test's `skip`. */
export const needsBrowser: string | false =
  chromium === undefined ? "no Chromium is installed" : playwright === undefined ? "playwright-core is not installed" : false;

/** Where it was put by hand is named by PLAYWRIGHT_CORE. */
function load(): Playwright | undefined {
  try {
    return createRequire(import.meta.url)(process.env.PLAYWRIGHT_CORE ?? "playwright-core") as Playwright;
  } catch {
    return undefined;
  }
}

export interface Opened {
  readonly page: Page;
  /** What went wrong in it: errors, refusals by its policy, dialogs that a script opened, requests to elsewhere. */
  readonly mishaps: string[];
}

export async function openPage(t: TestContext, origin: string): Promise<Opened> {
  if (playwright === undefined || chromium === undefined) throw new Error("there is no browser");
  const browser = await playwright.chromium.launch({
    executablePath: chromium,
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
  });
  track(t).defer(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: "light" });
  page.setDefaultTimeout(60_000);
  const mishaps: string[] = [];
  page.on("dialog", (dialog) => mishaps.push(`dialog: ${(dialog as { message(): string }).message()}`));
  page.on("pageerror", (error) => mishaps.push(`error: ${String(error)}`));
  page.on("console", (message) => {
    const { type, text } = message as { type(): string; text(): string };
    const [kind, what] = [type.call(message), text.call(message)];
    // A refused token is answered with 401, which Chromium calls an error.
    if (kind === "error" && !/401/.test(what)) mishaps.push(`console: ${what}`);
  });
  page.on("request", (request) => {
    const url = (request as { url(): string }).url();
    if (!url.startsWith(origin)) mishaps.push(`request: ${url}`);
  });
  return { page, mishaps };
}
