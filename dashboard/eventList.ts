/** What happened, the latest first. */
import type { SupervisorEvent } from "../src/dashboard/wire.ts";
import { element } from "./dom.ts";
import { eventWords } from "./eventText.ts";
import { moment } from "./format.ts";

const MOST = 300;

export class EventList {
  readonly #list = element("ol", { class: "events", tabindex: "0", "aria-label": "Events, the latest first" });
  readonly #seen = new Set<number>();
  readonly node: HTMLElement;

  constructor() {
    this.node = element("section", { class: "panel", "aria-label": "Events" }, element("h2", {}, "Events"), this.#list);
  }

  /** Oldest first; those that are there already are left out. */
  add(events: readonly SupervisorEvent[]): void {
    for (const event of events) {
      if (this.#seen.has(event.seq)) continue;
      this.#seen.add(event.seq);
      const { subject, text, tone } = eventWords(event);
      this.#list.prepend(
        element(
          "li",
          { class: tone },
          element("time", { datetime: new Date(event.at).toISOString() }, moment(event.at)),
          element("strong", {}, subject),
          element("span", {}, text),
        ),
      );
    }
    while (this.#list.childElementCount > MOST) this.#list.lastElementChild?.remove();
  }
}
