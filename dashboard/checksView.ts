/** What is checked, who is told of it, and what was told. */
import type { AlertsReport, ChecksReport, LiveMessage, SupervisorEvent } from "../src/dashboard/wire.ts";
import { checksTable, stateMark } from "./checksTable.ts";
import { element, setText } from "./dom.ts";
import { EventList } from "./eventList.ts";
import { count, moment, NOTHING } from "./format.ts";
import { get } from "./request.ts";
import type { Store } from "./store.ts";
import { Tables, table } from "./table.ts";
import type { View } from "./view.ts";

/** Milliseconds: values of checks come with the samples. */
const AGAIN = 5000;
const PATIENCE = 500;

export class ChecksView implements View {
  readonly title = "Checks";
  readonly #store: Store;
  readonly #tables = new Tables();
  readonly #events = new EventList("Problems and recoveries", "Nothing went wrong as far back as events are kept.");
  readonly #problem = element("p", { class: "problem", role: "status" });
  readonly node: HTMLElement;
  #loadedAt = 0;
  #loading = false;

  constructor(store: Store) {
    this.#store = store;
    this.node = element(
      "div",
      {},
      element("h1", { class: "unseen" }, "Checks and alerts"),
      this.#problem,
      this.#tables.node,
      this.#events.node,
    );
    get<{ readonly events: readonly SupervisorEvent[] }>("/api/events").then(
      ({ events }) => this.#addEvents(events),
      () => {},
    );
  }

  update(what: ReadonlySet<LiveMessage>): void {
    if (what.has("event")) this.#addEvents(this.#store.events);
    const patience = what.has("checks") || what.has("event") ? PATIENCE : AGAIN;
    if (!this.#loading && !document.hidden && Date.now() - this.#loadedAt >= patience) void this.#load();
  }

  #addEvents(events: readonly SupervisorEvent[]): void {
    this.#events.add(events.filter(({ type }) => type === "problem" || type === "recovered"));
  }

  async #load(): Promise<void> {
    this.#loading = true;
    try {
      const [{ checks, mistakes }, alerts] = await Promise.all([get<ChecksReport>("/api/checks"), get<AlertsReport>("/api/alerts")]);
      const isService = (name: string) => this.#store.services.has(name);
      this.#tables.show([
        ...(mistakes.length === 0 ? [] : [mistakesPanel(mistakes)]),
        checksTable(checks, isService, "Nothing is checked: give a service checks, or the configuration disk."),
        toldTable(alerts),
        routesTable(alerts),
      ]);
      setText(this.#problem, "");
    } catch (error) {
      setText(this.#problem, error instanceof Error ? error.message : "");
    } finally {
      this.#loading = false;
      this.#loadedAt = Date.now();
    }
  }
}

function mistakesPanel(mistakes: readonly string[]): HTMLElement {
  return element(
    "section",
    { class: "panel", "aria-label": "Mistakes in the configuration" },
    element("h2", {}, "Mistakes in the configuration"),
    element("ul", {}, ...mistakes.map((mistake) => element("li", {}, mistake))),
  );
}

function toldTable({ recent }: AlertsReport): HTMLElement {
  return table(
    "Alerts",
    ["At", "Kind", "Of", "What"],
    [...recent]
      .reverse()
      .map(({ at, kind, subject, title, message, count: times }) => [
        moment(at),
        stateMark(kind),
        subject,
        element("span", {}, `${title}${times > 1 ? ` (${times} times)` : ""}`, element("small", { class: "message" }, message)),
      ]),
    "Nobody was told of anything yet.",
  );
}

function routesTable({ routes }: AlertsReport): HTMLElement {
  return table(
    "Who is told",
    ["Route", "Told", "Waiting", "State"],
    routes.map(({ name, sent, lastSentAt, waiting, nextAt, lastError, dropped }) => [
      name,
      `${count(sent)}${lastSentAt === null ? "" : `, last at ${moment(lastSentAt)}`}`,
      waiting.length === 0 ? NOTHING : `${waiting.length}${nextAt === null ? "" : `, again at ${moment(nextAt)}`}`,
      element(
        "span",
        { class: lastError === null ? undefined : "problem" },
        `${lastError ?? "well"}${dropped > 0 ? `; ${count(dropped)} given up` : ""}`,
      ),
    ]),
    "Alerts go nowhere but to this page: the configuration has no alerts.",
  );
}
