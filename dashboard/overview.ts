/** All services, the machine, and what is wrong. */
import type { LiveMessage } from "../src/dashboard/wire.ts";
import { arrange, element, setText } from "./dom.ts";
import { InstanceRow } from "./instanceRow.ts";
import { get } from "./request.ts";
import { SPARK, type Store } from "./store.ts";
import { Tiles } from "./tiles.ts";
import type { View } from "./view.ts";

const HEADINGS = ["Service", "State", "CPU", "Memory", "Restarts", "Uptime", "Actions"] as const;

export class Overview implements View {
  readonly title = "Services";
  readonly #store: Store;
  readonly #tiles = new Tiles();
  readonly #alerts = element("ul", { class: "alerts", "aria-label": "What is wrong" });
  readonly #rows = new Map<string, InstanceRow>();
  readonly #body = element("tbody");
  readonly #empty = element("p", { class: "empty" });
  readonly #filter = element("input", {
    type: "search",
    placeholder: "Filter ( / )",
    "aria-label": "Filter services",
    "data-filter": true,
  });
  readonly #summary = element("span", { class: "summary", role: "status" });
  readonly node: HTMLElement;

  constructor(store: Store) {
    this.#store = store;
    this.#filter.addEventListener("input", () => this.#showRows());
    const table = element(
      "table",
      { class: "services" },
      element("caption", { class: "unseen" }, "Services and their instances"),
      element("thead", {}, element("tr", {}, ...HEADINGS.map((heading) => element("th", { scope: "col" }, heading)))),
      this.#body,
    );
    this.node = element(
      "div",
      {},
      element("h1", { class: "unseen" }, "Services"),
      this.#tiles.node,
      this.#alerts,
      element("div", { class: "bar" }, this.#filter, this.#summary),
      element("div", { class: "panel scroll" }, table, this.#empty),
    );
    this.#showRows();
    void this.#fillSparks();
  }

  update(what: ReadonlySet<LiveMessage>): void {
    if (what.has("sample")) this.#tiles.show(this.#store);
    if (what.has("services") || what.has("changed") || what.has("sample")) this.#showRows();
    if (what.has("checks") || what.has("changed") || what.has("services") || what.has("supervisor")) this.#showAlerts();
  }

  #showRows(): void {
    const word = this.#filter.value.trim().toLowerCase();
    const { services, sample, sparks } = this.#store;
    const samples = new Map(sample?.instances.map((each) => [each.name, each]));
    const shown: Element[] = [];
    const kept = new Set<string>();
    let running = 0;
    let all = 0;
    for (const service of services.values()) {
      for (const instance of service.instances) {
        const { name, state } = instance;
        all += 1;
        if (state === "running" || state === "reloading") running += 1;
        kept.add(name);
        const row = this.#rows.get(name) ?? new InstanceRow(service.name, name);
        this.#rows.set(name, row);
        if (word !== "" && !`${name} ${state}`.toLowerCase().includes(word)) continue;
        row.show(instance, service.schedule?.next ?? null, samples.get(name), sparks.get(name) ?? []);
        shown.push(row.node);
      }
    }
    for (const name of this.#rows.keys()) if (!kept.has(name)) this.#rows.delete(name);
    arrange(this.#body, shown);
    setText(this.#summary, `${running} of ${all} running`);
    setText(
      this.#empty,
      all === 0 ? "There are no services yet: daemonitor start server.js" : shown.length === 0 ? "No service is called that." : "",
    );
  }

  #showAlerts(): void {
    const { checks, supervisor, services } = this.#store;
    const instances = [...services.values()].flatMap((service) => service.instances);
    const lines = [
      ...checks.firing.map(({ subject, check, values }) => `${subject}: ${check}, now ${values.at(-1) ?? "not known"}`),
      ...instances.filter(({ state }) => state === "failed").map(({ why }) => why),
      // What fires is among them as well.
      ...(supervisor?.degraded ?? []).filter(
        (what) => !checks.firing.some(({ subject, check }) => what.startsWith(`${subject}: ${check}`)),
      ),
      ...checks.mistakes,
      ...instances.flatMap(({ name, degraded }) => degraded.map((what) => `${name}: ${what}`)),
    ];
    this.#alerts.hidden = lines.length === 0;
    if ([...this.#alerts.children].map((child) => child.textContent).join("\n") === lines.join("\n")) return;
    this.#alerts.replaceChildren(...lines.map((line) => element("li", {}, line)));
  }

  /** The past of the small lines; it comes from the supervisor, so there is one from the start. */
  async #fillSparks(): Promise<void> {
    const { series } = await get<{ readonly series: readonly { readonly name: string; readonly cpu: readonly (number | null)[] }[] }>(
      "/api/sparks",
    ).catch(() => ({ series: [] }));
    for (const { name, cpu } of series) {
      const known = this.#store.sparks.get(name) ?? [];
      if (known.length < SPARK.length)
        this.#store.sparks.set(name, [...cpu.slice(0, cpu.length - known.length + 1), ...known].slice(-SPARK.length));
    }
  }
}
