/** The log of a service as it is written, filtered by the server. */
import type { LogLine } from "../src/dashboard/wire.ts";
import { choice, element, setText } from "./dom.ts";
import { moment } from "./format.ts";

const MOST_LINES = 2000;
const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
/** Milliseconds after the last key until the server is asked. */
const PATIENCE = 250;
/** Pixels from the end within which the view goes along with it. */
const NEAR_END = 40;

export class LogView {
  readonly #selector: string;
  readonly #withNames: boolean;
  readonly #lines = element("div", { class: "log", role: "log", "aria-live": "off", "aria-label": "Log", tabindex: "0" });
  readonly #filter = element("input", { type: "search", placeholder: "Find text, or field=value", "aria-label": "Find in the log" });
  readonly #level = element("select", { "aria-label": "Least level" });
  readonly #status = element("span", { class: "summary", role: "status" });
  readonly node: HTMLElement;
  #stream: "both" | "stdout" | "stderr" = "both";
  #source: EventSource | undefined;
  #waiting: LogLine[] = [];
  #isPaused = false;
  #frame = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(selector: string, withNames: boolean) {
    this.#selector = selector;
    this.#withNames = withNames;
    this.#level.append(
      element("option", { value: "" }, "all levels"),
      ...LEVELS.map((level) => element("option", { value: level }, `${level} or worse`)),
    );
    const pause = element("button", { type: "button", class: "quiet", "aria-pressed": "false" }, "Pause");
    pause.addEventListener("click", () => {
      this.#isPaused = !this.#isPaused;
      pause.setAttribute("aria-pressed", String(this.#isPaused));
      this.#draw();
    });
    const streams = choice(
      "Stream",
      [
        ["both", "both"],
        ["stdout", "stdout"],
        ["stderr", "stderr"],
      ],
      this.#stream,
      (stream) => {
        this.#stream = stream;
        streams.show(stream);
        this.#open();
      },
    );
    this.#filter.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#open(), PATIENCE);
    });
    this.#level.addEventListener("change", () => this.#open());
    this.node = element(
      "section",
      { class: "panel", "aria-label": "Log" },
      element("div", { class: "bar" }, element("h2", {}, "Log"), this.#filter, this.#level, streams.node, pause, this.#status),
      this.#lines,
    );
    this.#open();
  }

  close(): void {
    this.#source?.close();
    clearTimeout(this.#timer);
    cancelAnimationFrame(this.#frame);
  }

  #open(): void {
    this.#source?.close();
    const query = new URLSearchParams({ name: this.#selector, grep: this.#filter.value, level: this.#level.value, stream: this.#stream });
    const source = new EventSource(`/api/logs?${query}`);
    this.#source = source;
    // After a cut the server begins again with the last lines.
    source.addEventListener("open", () => {
      this.#waiting = [];
      this.#lines.replaceChildren();
      setText(this.#status, "");
    });
    source.addEventListener("line", ({ data }: MessageEvent<string>) => {
      this.#waiting.push(JSON.parse(data) as LogLine);
      if (this.#waiting.length > MOST_LINES) this.#waiting.splice(0, this.#waiting.length - MOST_LINES);
      if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw());
    });
    source.addEventListener("problem", ({ data }: MessageEvent<string>) => {
      setText(this.#status, (JSON.parse(data) as { readonly message: string }).message);
      source.close();
    });
    source.addEventListener("error", () => setText(this.#status, "connecting again"));
  }

  #draw(): void {
    this.#frame = 0;
    if (this.#isPaused) {
      setText(this.#status, `paused, ${this.#waiting.length} new`);
      return;
    }
    const lines = this.#lines;
    const isAtEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < NEAR_END;
    lines.append(...this.#waiting.map((line) => this.#lineNode(line)));
    this.#waiting = [];
    while (lines.childElementCount > MOST_LINES) lines.firstElementChild?.remove();
    if (isAtEnd) lines.scrollTop = lines.scrollHeight;
    setText(this.#status, "");
  }

  #lineNode({ instance, stream, time, line }: LogLine): HTMLElement {
    return element(
      "div",
      { class: stream === "stderr" ? "stderr" : undefined },
      element("time", { datetime: new Date(time).toISOString() }, moment(time)),
      this.#withNames ? element("span", { class: "name" }, instance) : null,
      element("span", { class: "text" }, line),
    );
  }
}
