/** A headless Chromium, driven by playwright-core; where none is installed, a test is skipped. */
import { type Browser, chromium as playwright } from "playwright-core";
import { findProgram } from "../support/needs.ts";

const chromium = ["chromium", "chromium-browser", "google-chrome"].map(findProgram).find((path) => path !== undefined);

/** For node:test's `skip`. */
export const needsBrowser: string | false = chromium === undefined ? "no Chromium is installed" : false;

/** @throws Error where there is none */
export function launchBrowser(): Promise<Browser> {
  if (chromium === undefined) throw new Error("no Chromium is installed");
  return playwright.launch({ executablePath: chromium, args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"] });
}
