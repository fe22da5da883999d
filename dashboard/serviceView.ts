/** One service: how it is and why, its charts, its log, what happened to it. */
import type { Explanation, InstanceStatus, LiveMessage, ServiceDetail } from "../src/dashboard/wire.ts";
import { actionButton } from "./actions.ts";
import { Charts, CPU, MEMORY, TABLES, TRANSFER } from "./charts.ts";
import { checksTable } from "./checksTable.ts";
import { arrange, choice, element, setAttribute, setText } from "./dom.ts";
import { EventList } from "./eventList.ts";
import { exitWords } from "./eventText.ts";
import { duration, moment } from "./format.ts";
import { LogView } from "./logView.ts";
import { get } from "./request.ts";
import type { Store } from "./store.ts";
import { Tables } from "./table.ts";
import type { View } from "./view.ts";

export class ServiceView implements View {
  readonly title: string;
  readonly #name: string;
  readonly #store: Store;
  readonly #states = element("div", { class: "states" });
  readonly #actions = element("div", { class: "buttons" });
  readonly #buttons;
  readonly #why = element("section", { class: "panel", "aria-label": "Why" });
  readonly #checks = new Tables();
  readonly #facts = element("section", { class: "panel", "aria-label": "Specification" });
  readonly #events = new EventList();
  readonly #problem = element("p", { class: "problem", role: "alert" });
  readonly #body = element("div");
  readonly node: HTMLElement;
  #charts: Charts | undefined;
  #log: LogView | undefined;

  constructor(store: Store, name: string) {
    this.#store = store;
    this.#name = name;
    this.title = name;
    this.#buttons = {
      start: actionButton("start", name),
      restart: actionButton("restart", name),
      reload: actionButton("reload", name),
      stop: actionButton("stop", name),
    };
    this.node = element(
      "div",
      {},
      element(
        "div",
        { class: "title" },
        element("a", { href: "#/", "aria-label": "All services" }, "←"),
        element("h1", {}, name),
        this.#states,
        this.#actions,
      ),
      this.#problem,
      this.#body,
    );
    void this.#load(true);
  }

  update(what: ReadonlySet<LiveMessage>): void {
    if (what.has("services") || what.has("changed") || what.has("checks")) {
      this.#showStates();
      void this.#load(false);
    }
    if (what.has("event")) this.#events.add(this.#store.events.filter((event) => this.#isOwn(event)));
    if (what.has("sample")) this.#charts?.refresh();
  }

  close(): void {
    this.#charts?.close();
    this.#log?.close();
  }

  #isOwn(event: Store["events"][number]): boolean {
    if ("instance" in event) return event.instance.startsWith(`${this.#name}/`);
    return "service" in event && event.service === this.#name;
  }

  async #load(isFirst: boolean): Promise<void> {
    try {
      const { description, why, events, checks } = await get<ServiceDetail>("/api/service", { name: this.#name });
      setText(this.#problem, "");
      if (isFirst) this.#build(description.instances);
      this.#showWhy(why);
      this.#checks.show(checks.length === 0 ? [] : [checksTable(checks, () => false)]);
      this.#showFacts(description);
      this.#events.add(events);
      this.#showStates();
    } catch (error) {
      setText(this.#problem, error instanceof Error ? error.message : "");
    }
  }

  #build(instances: readonly InstanceStatus[]): void {
    const names = instances.map(({ name }) => name);
    const charts = new Charts(names[0] ?? `${this.#name}/0`, [CPU, MEMORY, TRANSFER, TABLES]);
    const chosen = choice(
      "Instance",
      names.map((name) => [name, name]),
      names[0],
      (name) => {
        chosen.show(name);
        charts.change(name);
      },
    );
    this.#charts = charts;
    this.#log = new LogView(this.#name, names.length > 1);
    this.#body.replaceChildren(
      ...(names.length > 1 ? [chosen.node] : []),
      charts.node,
      this.#log.node,
      element("div", { class: "columns" }, this.#why, this.#events.node),
      this.#checks.node,
      this.#facts,
    );
    this.#showStates();
  }

  #showStates(): void {
    const instances = this.#store.services.get(this.#name)?.instances ?? [];
    const chips = instances.map(({ name, state, ready, why }) => {
      const chip = element(
        "span",
        { class: "state", "data-state": state, title: why },
        state === "running" && !ready ? "running, not ready" : state,
      );
      return instances.length === 1 ? chip : element("span", {}, `${name.slice(name.lastIndexOf("/") + 1)} `, chip);
    });
    this.#states.replaceChildren(...chips);
    const isDown = instances.every(({ state }) => state === "stopped" || state === "completed" || state === "failed");
    const { start, restart, reload, stop } = this.#buttons;
    arrange(this.#actions, isDown ? [start] : [restart, reload, stop]);
    setAttribute(this.node, "data-down", String(isDown));
  }

  #showWhy(why: readonly Explanation[]): void {
    const parts = why.flatMap(({ sentence, history, lastExit, lastOutput }) => [
      element("p", { class: "sentence" }, sentence),
      lastExit === null ? null : element("p", {}, `Its last process ended at ${moment(lastExit.at)}: ${exitWords(lastExit.status)}.`),
      element(
        "ol",
        { class: "events", tabindex: "0", "aria-label": "History" },
        ...[...history]
          .reverse()
          .slice(0, 8)
          .map(({ wall, from, to, reason }) =>
            element("li", {}, element("time", {}, moment(wall)), element("span", {}, `${from} → ${to}: ${reason}`)),
          ),
      ),
      lastOutput.length === 0 ? null : element("pre", { tabindex: "0", "aria-label": "Its last lines" }, lastOutput.join("\n")),
    ]);
    this.#why.replaceChildren(element("h2", {}, "Why"), ...parts.filter((part) => part !== null));
  }

  #showFacts({ spec, dependsOn, sockets }: ServiceDetail["description"]): void {
    const { command, cwd, user, restart, stop, resources, env } = spec;
    const facts: readonly (readonly [string, string])[] = [
      ["Command", command.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(" ")],
      ["Working directory", cwd],
      ["User", user === null ? "the supervisor's" : String(user)],
      ["Restart", restart.when],
      ["Stop", `${stop.signal}, SIGKILL after ${stop.timeout === null ? "no time" : duration(stop.timeout)}`],
      ...(resources.memory === null ? [] : [["Memory limit", `${resources.memory} bytes`] as const]),
      ["Variables", Object.keys(env).join(", ") || "none of its own"],
      ...(dependsOn.length === 0
        ? []
        : [
            ["Depends on", dependsOn.map(({ service, until, met }) => `${service} ${until}${met ? "" : " (not yet)"}`).join(", ")] as const,
          ]),
      ...sockets.map(({ name, address, open }) => [`Socket ${name}`, `${address}${open ? "" : " (closed)"}`] as const),
    ];
    this.#facts.replaceChildren(
      element("h2", {}, "Specification"),
      element("dl", {}, ...facts.flatMap(([key, value]) => [element("dt", {}, key), element("dd", {}, value)])),
    );
  }
}
