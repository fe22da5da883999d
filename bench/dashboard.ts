/** The web page, in a headless Chromium. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { root } from "../scripts/root.ts";
import { launchBrowser, needsBrowser } from "../test/dashboard/chromium.ts";
import { freePort } from "../test/dashboard/freePort.ts";
import type { Benchmark, Context, Outcome } from "./benchmark.ts";
import { inTurn, stats } from "./harness.ts";
import { newStamps, stampServices, type Tree, withTree } from "./supervisorTree.ts";

const SERVICES = 100;
const FLOOR = "Chromium, until an empty page of the same server is loaded";
const OURS = `from navigation until all ${SERVICES} rows are there and can be clicked`;
/** Nobody waits that long for a page. */
const PATIENCE = 30_000;
/** Milliseconds from which on a task is a long one, by the Long Tasks specification. */
const LONG = 50;

export const dashboard: Benchmark = {
  name: "dashboard",
  title: "`daemonitor dashboard`, the web page",
  method: `Headless Chromium and the built dashboard on the same machine, with an empty cache, from the address with the token: signing in counts. By the browser's own clock, from the start of the navigation to the frame after the one in which the last row was written. Then the page is left open for 30 s (10 s with --quick) with a sample each second: the longest task of its thread by PerformanceObserver, and frames that came more than ${LONG} ms after the one before.`,
  async run(context) {
    if (needsBrowser !== false) return { rows: [], verdicts: [], notes: [`skipped: ${needsBrowser}`] };
    return withTree(context, (tree) => measured(context, tree));
  },
};

async function measured(context: Context, tree: Tree): Promise<Outcome> {
  const stamps = newStamps(tree.directory, SERVICES);
  await tree.apply(stampServices(context, tree.directory, { count: SERVICES, stamps }));
  stamps.close();
  const { url, end } = await serve(tree);
  const browser = await launchBrowser();
  try {
    const transferred: number[] = [];
    const worked: number[] = [];
    const empty = new URL("/assets/icon.svg", url).href;
    const times = await inTurn(
      {
        [FLOOR]: () => inPage(browser, empty, (page) => page.evaluate<number>("performance.now()")),
        [OURS]: () =>
          inPage(browser, url, async (page, workOf) => {
            const took = await page.evaluate<number>("window.interactive");
            worked.push(await workOf());
            transferred.push(await page.evaluate<number>(TRANSFERRED));
            return took;
          }),
      },
      { rounds: context.rounds(20) },
    );
    const seconds = context.quick ? 10 : 30;
    const { longest, late } = await inPage(browser, url, (page) => watched(page, seconds));
    const kilobytes = Math.max(...transferred) / 1000;
    return {
      rows: [
        ...Object.entries(times).map(([what, each]) => ({ what, unit: "ms", stats: each }) as const),
        { what: "of that, work of the page's thread, whatever else the machine does", unit: "ms", stats: stats(worked) },
        { what: "over the wire for that, answers of the API included", unit: "KB", stats: stats(transferred.map((each) => each / 1000)) },
        { what: `longest task of more than ${LONG} ms, updating each second; 0 where there was none`, unit: "ms", stats: stats([longest]) },
        { what: `frames that came more than ${LONG} ms after the one before`, unit: "%", stats: stats([late]) },
      ],
      verdicts: [
        {
          claim: `the page of ${SERVICES} services is interactive`,
          measured: times[OURS]?.median ?? 0,
          target: { atMost: 500 },
          unit: "ms",
        },
        { claim: "first load over the wire", measured: kilobytes, target: { atMost: 150 }, unit: "KB" },
        { claim: `longest task at 1 s with ${SERVICES} services`, measured: longest, target: { atMost: LONG }, unit: "ms" },
      ],
      notes: [`updates over ${seconds} s`],
    };
  } finally {
    await browser.close();
    await end();
  }
}

/** Everything but the stream of events, which has no end: its first messages are in the size of what it holds. */
const TRANSFERRED = `performance.getEntries().reduce((sum, { transferSize = 0 }) => sum + transferSize, 0)`;

/** Runs before any script of the page. The second frame comes when the first one is on the screen. */
const WATCH = `
  window.longest = 0;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
  }).observe({ type: "longtask" });
  window.interactive = new Promise((resolve) => {
    const look = () => {
      if (document.querySelectorAll("tr[data-instance] button").length >= ${SERVICES}) requestAnimationFrame(() => resolve(performance.now()));
      else requestAnimationFrame(look);
    };
    look();
  });
`;

/** In a context of its own: nothing is in its cache, and nobody signed in. `workOf`: milliseconds that its thread has run. */
async function inPage<T>(browser: Browser, url: string, use: (page: Page, workOf: () => Promise<number>) => Promise<T>): Promise<T> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  try {
    context.setDefaultTimeout(PATIENCE);
    await context.addInitScript(WATCH);
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    const workOf = async () => {
      const { metrics } = await session.send("Performance.getMetrics");
      return 1000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN);
    };
    await page.goto(url);
    return await use(page, workOf);
  } finally {
    await context.close();
  }
}

async function watched(page: Page, seconds: number): Promise<{ readonly longest: number; readonly late: number }> {
  await page.evaluate("window.interactive");
  // What belongs to the start is over then.
  await sleep(2000);
  return page.evaluate<{ longest: number; late: number }>(`new Promise((resolve) => {
    window.longest = 0;
    const end = performance.now() + ${seconds * 1000};
    let [frames, late, before] = [0, 0, performance.now()];
    const frame = (now) => {
      frames += 1;
      if (now - before > ${LONG}) late += 1;
      before = now;
      if (now < end) requestAnimationFrame(frame);
      else resolve({ longest: window.longest, late: (100 * late) / frames });
    };
    requestAnimationFrame(frame);
  })`);
}

/** The dashboard as a process of its own, on a free port. */
async function serve(tree: Tree): Promise<{ readonly url: string; end(): Promise<void> }> {
  const address = `127.0.0.1:${await freePort()}`;
  const child: ChildProcess = spawn(process.execPath, [join(root, "bin/daemonitor.cjs"), "dashboard", "--listen", address], {
    env: { ...process.env, DAEMONITOR_HOME: join(tree.directory, "home") },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.setEncoding("utf8").on("data", (text: string) => resolve(text.trim()));
    child.once("error", reject);
    child.once("close", () => reject(new Error("the dashboard ended")));
  });
  return {
    url,
    async end() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
