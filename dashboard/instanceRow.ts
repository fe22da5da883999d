/** A row of the table of services. */
import type { InstanceSample, InstanceStatus } from "../src/dashboard/wire.ts";
import { actionButton } from "./actions.ts";
import { arrange, element, setAttribute, setText } from "./dom.ts";
import { bytes, count, duration, moment, share } from "./format.ts";
import { Spark } from "./spark.ts";
import { SPARK } from "./store.ts";

/** A tenth of a core is the least that the height stands for, so that idling isn't a mountain. */
const SPARK_LEAST = 0.1;
const STOPPED: ReadonlySet<string> = new Set(["stopped", "completed", "failed"]);

export class InstanceRow {
  readonly #state = element("span", { class: "state" });
  readonly #why = element("span", { class: "why" });
  readonly #cpu = element("span", { class: "figure" });
  readonly #memory = element("td", { class: "figure", "data-label": "Memory" });
  readonly #restarts = element("td", { class: "figure", "data-label": "Restarts" });
  readonly #uptime = element("td", { class: "figure", "data-label": "Uptime" });
  readonly #actions = element("td", { class: "actions" });
  readonly #spark = new Spark();
  readonly #buttons;
  readonly node: HTMLTableRowElement;

  constructor(service: string, name: string) {
    this.#buttons = { start: actionButton("start", name), restart: actionButton("restart", name), stop: actionButton("stop", name) };
    const link = element("a", { href: `#/service/${encodeURIComponent(service)}` }, name);
    this.node = element(
      "tr",
      { "data-instance": name },
      element("th", { scope: "row" }, link),
      element("td", { class: "state-cell" }, this.#state, this.#why),
      element("td", { class: "cpu", "data-label": "CPU" }, this.#spark.node, this.#cpu),
      this.#memory,
      this.#restarts,
      this.#uptime,
      this.#actions,
    );
  }

  show(instance: InstanceStatus, next: number | null, sample: InstanceSample | undefined, spark: readonly (number | null)[]): void {
    const { state, ready, statusText, restarts, why } = instance;
    const isDown = STOPPED.has(state);
    setText(this.#state, state === "running" && !ready ? "running, not ready" : state);
    setAttribute(this.#state, "data-state", state);
    setAttribute(this.#state, "title", why);
    setText(
      this.#why,
      state === "waiting" && next !== null
        ? `next at ${moment(next)}`
        : (statusText ?? (state === "failed" || state === "backoff" ? why : "")),
    );
    const measured = isDown || sample?.pid === null ? undefined : sample;
    setText(this.#cpu, share(measured?.cpu));
    setText(this.#memory, bytes(measured?.memory));
    setText(this.#restarts, count(restarts));
    setText(this.#uptime, duration(measured?.uptime));
    this.#spark.show(spark, SPARK_LEAST, SPARK.length);
    const { start, restart, stop } = this.#buttons;
    arrange(this.#actions, isDown ? [start] : [restart, stop]);
  }
}
