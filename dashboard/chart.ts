/** A chart over time: lines with axes, a reading under the pointer or by the arrow keys, and a zoom by dragging. */
import type { ChartAnswer } from "../src/dashboard/wire.ts";
import { type Ahead, aheadOf } from "./ahead.ts";
import { drawing, element, setAttribute, setText } from "./dom.ts";
import { moment, NOTHING, tick } from "./format.ts";
import { nearestIndex, niceTop, ticks } from "./scale.ts";

export interface ChartLine {
  /** Of {@link ChartAnswer.values}. */
  readonly column: string;
  readonly label: string;
  /** Of the finest values, each is its own peak: then it isn't drawn. */
  readonly isPeak?: boolean;
}

export interface ChartOptions {
  readonly title: string;
  readonly lines: readonly ChartLine[];
  readonly format: (value: number | null | undefined) => string;
  readonly base: 2 | 10;
  /** What the height stands for at the least. */
  readonly least: number;
  /** The first line goes on to where the chart's outlook leads. */
  readonly hasOutlook?: boolean;
  /** A stretch was chosen by dragging. */
  readonly onZoom: (since: number, until: number) => void;
}

const HEIGHT = 170;
/** Milliseconds between the finest values. */
const FINEST = 5000;
const MARGIN = { top: 8, right: 8, bottom: 20, left: 62 };

export class Chart {
  readonly #options: ChartOptions;
  readonly #grid = drawing("g", { class: "grid" });
  readonly #lines = drawing("g");
  readonly #ahead = drawing("g", { class: "ahead" });
  readonly #cursor = drawing("line", { class: "cursor", y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom });
  readonly #chosen = drawing("rect", { class: "chosen", y: MARGIN.top, height: HEIGHT - MARGIN.top - MARGIN.bottom });
  readonly #svg = drawing(
    "svg",
    { class: "chart", height: HEIGHT, role: "img", tabindex: "0" },
    this.#grid,
    this.#lines,
    this.#ahead,
    this.#chosen,
    this.#cursor,
  );
  readonly #keys: readonly HTMLElement[];
  readonly #reading = element("span", { class: "reading" });
  readonly node: HTMLElement;
  #chart: ChartAnswer | undefined;
  /** Where the axis ends: what is to come may be on it as well. */
  #until = 1;
  #width = 0;
  #index: number | undefined;
  #dragFrom: number | undefined;
  readonly #resize: ResizeObserver;

  constructor(options: ChartOptions) {
    this.#options = options;
    this.#keys = options.lines.map(({ label }, index) => element("span", { class: `key line-${index}` }, label));
    this.node = element(
      "figure",
      { class: "panel chart-panel" },
      element("figcaption", {}, element("strong", {}, options.title), ...this.#keys, this.#reading),
      this.#svg,
    );
    this.#resize = new ResizeObserver(([entry]) => {
      this.#width = Math.floor(entry?.contentRect.width ?? 0);
      this.#draw();
    });
    this.#resize.observe(this.#svg);
    this.#listen();
  }

  show(chart: ChartAnswer): void {
    this.#chart = chart;
    this.#draw();
  }

  close(): void {
    this.#resize.disconnect();
  }

  #draw(): void {
    const chart = this.#chart;
    const width = this.#width;
    if (chart === undefined || width < MARGIN.left + 40) return;
    const { format, base, least, title, hasOutlook } = this.#options;
    const lines = this.#shownLines();
    const columns = lines.map(({ column }) => chart.values[column] ?? []);
    const ahead = hasOutlook ? aheadOf(chart, lines[0]?.column) : undefined;
    this.#until = ahead?.until ?? chart.until;
    let most = Math.max(least, ahead?.limit ?? ahead?.to[1] ?? 0);
    for (const column of columns) for (const value of column) if (value !== null && value > most) most = value;
    const top = niceTop(most, base);
    const y = (value: number) => HEIGHT - MARGIN.bottom - (value / top) * (HEIGHT - MARGIN.top - MARGIN.bottom);
    const rows = [0, top / 2, top].map((value) =>
      drawing(
        "g",
        {},
        drawing("line", { x1: MARGIN.left, x2: width - MARGIN.right, y1: y(value), y2: y(value) }),
        drawing("text", { x: MARGIN.left - 6, y: y(value) + 4, "text-anchor": "end" }, format(value)),
      ),
    );
    const span = this.#until - chart.since;
    const times = ticks(chart.since, this.#until, Math.max(2, Math.floor((width - MARGIN.left) / 90))).map((at) =>
      drawing("text", { x: this.#x(at), y: HEIGHT - 5, "text-anchor": "middle" }, tick(at, span)),
    );
    this.#grid.replaceChildren(...rows, ...times);
    this.#lines.replaceChildren(
      ...columns.map((values, index) => drawing("path", { class: `line line-${index}`, d: this.#path(chart.at, values, y) })),
    );
    this.#ahead.replaceChildren(...(ahead === undefined ? [] : this.#aheadParts(ahead, y)));
    setAttribute(this.#svg, "viewBox", `0 0 ${width} ${HEIGHT}`);
    const latest = lines.map(({ label }, index) => `${label} ${format(columns[index]?.at(-1))}`);
    setAttribute(
      this.#svg,
      "aria-label",
      `${title}, ${moment(chart.since)} to ${moment(chart.until)}; latest: ${latest.join(", ")}. Arrow keys read values.`,
    );
    this.#read();
  }

  #path(at: readonly number[], values: readonly (number | null)[], y: (value: number) => number): string {
    let path = "";
    let pen = "M";
    for (const [index, value] of values.entries()) {
      if (value === null) {
        pen = "M";
        continue;
      }
      path += `${pen}${this.#x(at[index] ?? 0).toFixed(1)} ${y(value).toFixed(1)}`;
      // One alone is a point: a line without a length, with its round ends.
      if (pen === "M" && (values[index + 1] ?? null) === null) path += "h0";
      pen = "L";
    }
    return path;
  }

  #aheadParts({ from, to, limit, until }: Ahead, y: (value: number) => number): readonly SVGElement[] {
    const [now, right] = [this.#x(from[0]), this.#x(until)];
    const points = [from, to].map(([at, value]) => `${this.#x(at).toFixed(1)} ${y(value).toFixed(1)}`);
    const parts: SVGElement[] = [
      drawing("line", { x1: now, x2: now, y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom }),
      drawing("path", { d: `M${points.join("L")}` }),
    ];
    if (limit !== null) parts.push(drawing("line", { class: "limit", x1: MARGIN.left, x2: right, y1: y(limit), y2: y(limit) }));
    return parts;
  }

  #shownLines(): readonly ChartLine[] {
    const isFinest = (this.#chart?.step ?? 0) <= FINEST;
    const values = this.#chart?.values ?? {};
    const isEmpty = Object.keys(values).length === 0;
    const shown = this.#options.lines.filter(({ isPeak, column }) => !(isPeak && isFinest) && (isEmpty || column in values));
    for (const [index, key] of this.#keys.entries()) key.hidden = shown.length === 1 || index >= shown.length;
    return shown;
  }

  #x(at: number): number {
    const since = this.#chart?.since ?? 0;
    return MARGIN.left + ((at - since) / (this.#until - since)) * (this.#width - MARGIN.left - MARGIN.right);
  }

  #timeAt(event: PointerEvent): number {
    const { since, until } = this.#chart ?? { since: 0, until: 1 };
    const x = event.clientX - this.#svg.getBoundingClientRect().left;
    const part = (x - MARGIN.left) / (this.#width - MARGIN.left - MARGIN.right);
    return Math.min(until, since + Math.min(1, Math.max(0, part)) * (this.#until - since));
  }

  /** What is under the cursor; without one, the latest. */
  #read(): void {
    const chart = this.#chart;
    if (chart === undefined) return;
    const index = this.#index ?? chart.at.length - 1;
    const at = chart.at[index];
    const { format } = this.#options;
    const lines = this.#shownLines();
    const values = lines.map(({ column, label }) => `${lines.length > 1 ? `${label} ` : ""}${format(chart.values[column]?.[index])}`);
    setText(this.#reading, at === undefined ? NOTHING : `${this.#index === undefined ? "" : `${moment(at)}  `}${values.join(" · ")}`);
    const x = this.#index === undefined || at === undefined ? -10 : this.#x(at);
    setAttribute(this.#cursor, "x1", x);
    setAttribute(this.#cursor, "x2", x);
  }

  #listen(): void {
    const svg = this.#svg;
    const point = (index: number | undefined) => {
      this.#index = index;
      this.#read();
    };
    svg.addEventListener("pointermove", (event) => {
      const at = this.#timeAt(event);
      point(nearestIndex(this.#chart?.at ?? [], at));
      if (this.#dragFrom !== undefined) this.#mark(this.#dragFrom, at);
    });
    svg.addEventListener("pointerleave", () => point(undefined));
    svg.addEventListener("pointerdown", (event) => {
      // A finger scrolls the page.
      if (event.pointerType !== "mouse" || event.button !== 0) return;
      this.#dragFrom = this.#timeAt(event);
      svg.setPointerCapture(event.pointerId);
    });
    svg.addEventListener("pointerup", (event) => {
      const from = this.#dragFrom;
      if (from === undefined) return;
      const to = this.#timeAt(event);
      this.#dragFrom = undefined;
      this.#mark(0, 0);
      if (Math.abs(this.#x(to) - this.#x(from)) > 8) this.#options.onZoom(Math.min(from, to), Math.max(from, to));
    });
    svg.addEventListener("keydown", (event) => {
      const last = (this.#chart?.at.length ?? 0) - 1;
      const move = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
      if (event.key === "Escape") point(undefined);
      if (move === undefined || last < 0) return;
      event.preventDefault();
      point(Math.min(last, Math.max(0, (this.#index ?? last) + move)));
    });
    svg.addEventListener("blur", () => point(undefined));
  }

  #mark(from: number, to: number): void {
    const [left, right] = from < to ? [this.#x(from), this.#x(to)] : [this.#x(to), this.#x(from)];
    setAttribute(this.#chosen, "x", from === to ? -10 : left);
    setAttribute(this.#chosen, "width", from === to ? 0 : right - left);
  }
}
