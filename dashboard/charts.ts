/** The charts of one series that share a stretch of time, and the buttons that choose it. */
import type { ChartAnswer } from "../src/dashboard/wire.ts";
import { outlookText } from "./ahead.ts";
import { Chart, type ChartLine, type ChartOptions } from "./chart.ts";
import { choice, element, setAttribute, setText } from "./dom.ts";
import { bytes, count, moment, rate, share } from "./format.ts";
import { get } from "./request.ts";

const HOUR = 3_600_000;
const RANGES = { "15min": HOUR / 4, "1h": HOUR, "6h": 6 * HOUR, "1d": 24 * HOUR, "7d": 7 * 24 * HOUR, "30d": 30 * 24 * HOUR } as const;
type Range = keyof typeof RANGES;
const SHORTEST = 60_000;

type Plan = Omit<ChartOptions, "onZoom">;

export const CPU: Plan = { title: "CPU", lines: lines("cpu", "mean", "cpuPeak", "peak"), format: share, base: 10, least: 0.05 };
export const MEMORY: Plan = {
  title: "Memory",
  lines: lines("memory", "mean", "memoryPeak", "peak"),
  format: bytes,
  base: 2,
  least: 1024 * 1024,
};
export const TRANSFER: Plan = {
  title: "Disk",
  lines: lines("readRate", "read", "writeRate", "written"),
  format: rate,
  base: 2,
  least: 1024,
};
export const TABLES: Plan = {
  title: "In use",
  lines: lines("descriptors", "descriptors", "threads", "threads"),
  format: count,
  base: 10,
  least: 10,
};
/** Of a file system, or of a directory: whichever the series is of, the other one's column is not there. */
export const SPACE: Plan = {
  title: "Space",
  lines: lines("used", "used", "size", "size"),
  format: bytes,
  base: 2,
  least: 1024 * 1024,
  hasOutlook: true,
};
export const ENTRIES: Plan = {
  title: "Files",
  lines: lines("inodesUsed", "inodes used", "files", "files"),
  format: count,
  base: 10,
  least: 10,
};
export const HOST_CPU: Plan = { ...CPU, title: "CPU of the machine" };
export const HOST_MEMORY: Plan = {
  ...MEMORY,
  title: "Memory of the machine",
  lines: lines("memoryUsed", "mean", "memoryUsedPeak", "peak"),
};

function lines(...words: readonly string[]): readonly ChartLine[] {
  const found: ChartLine[] = [];
  for (let at = 0; at < words.length; at += 2)
    found.push({ column: words[at] ?? "", label: words[at + 1] ?? "", isPeak: words[at]?.endsWith("Peak") === true });
  return found;
}

export class Charts {
  readonly node: HTMLElement;
  readonly #charts: readonly Chart[];
  readonly #problem = element("p", { class: "problem", role: "status" });
  readonly #span = element("span", { class: "summary" });
  readonly #outlook = element("span", { class: "outlook" });
  readonly #back = element("button", { type: "button", class: "quiet", hidden: true }, "Back to now");
  readonly #ranges;
  #name: string;
  #range: Range = "1h";
  #zoom: { readonly since: number; readonly until: number } | undefined;
  #loadedAt = 0;
  #loading = 0;

  /** @param name of the series: "web/0", "host", "disk:/var" */
  constructor(name: string, plans: readonly Plan[]) {
    this.#name = name;
    this.#charts = plans.map((plan) => new Chart({ ...plan, onZoom: (since, until) => this.#zoomTo(since, until) }));
    this.#ranges = choice(
      "Range",
      Object.keys(RANGES).map((range) => [range as Range, range]),
      this.#range,
      (range) => {
        this.#range = range;
        this.#zoomTo();
      },
    );
    this.#back.addEventListener("click", () => this.#zoomTo());
    this.node = element(
      "section",
      { "aria-label": `Charts of ${name}` },
      element("div", { class: "bar" }, this.#ranges.node, this.#back, this.#span, this.#outlook, this.#problem),
      element("div", { class: "charts" }, ...this.#charts.map(({ node }) => node)),
    );
    void this.#load();
  }

  change(name: string): void {
    this.#name = name;
    setAttribute(this.node, "aria-label", `Charts of ${name}`);
    void this.#load();
  }

  /** Loads again what has gone on since, as often as there can be something new. */
  refresh(): void {
    const every = RANGES[this.#range] <= HOUR ? 5000 : 60_000;
    if (this.#zoom === undefined && Date.now() - this.#loadedAt >= every && !document.hidden) void this.#load();
  }

  close(): void {
    for (const chart of this.#charts) chart.close();
  }

  #zoomTo(since?: number, until?: number): void {
    this.#zoom =
      since === undefined || until === undefined
        ? undefined
        : { since: Math.floor(since), until: Math.ceil(Math.max(until, since + SHORTEST)) };
    this.#back.hidden = this.#zoom === undefined;
    this.#ranges.show(this.#zoom === undefined ? this.#range : undefined);
    void this.#load();
  }

  async #load(): Promise<void> {
    const now = Date.now();
    this.#loadedAt = now;
    const turn = ++this.#loading;
    const { since, until } = this.#zoom ?? { since: now - RANGES[this.#range], until: now };
    try {
      const chart = await get<ChartAnswer>("/api/chart", { name: this.#name, since, until });
      if (turn !== this.#loading) return;
      for (const each of this.#charts) each.show(chart);
      const column = SPACE.lines.find((line) => line.column in chart.values)?.column;
      setText(this.#outlook, outlookText(chart, column));
      setText(this.#span, `${moment(since)} – ${moment(until)}`);
      setAttribute(this.node, "data-loaded", String(chart.at.length));
      setText(this.#problem, "");
    } catch (error) {
      if (turn === this.#loading) setText(this.#problem, error instanceof Error ? error.message : "");
    }
  }
}
