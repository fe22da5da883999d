/** What happened, the latest first. */
import type { SupervisorEvent } from "../src/dashboard/wire.ts";
import { element, setText } from "./dom.ts";
import { eventWords } from "./eventText.ts";
import { moment } from "./format.ts";

const MOST = 300;

export class EventList {
  readonly #list;
  readonly #empty;
  readonly #seen = new Set<number>();
  readonly node: HTMLElement;

  /** @param empty shown until there is one */
  constructor(title = "Events", empty = "Nothing happened yet.") {
    this.#list = element("ol", { class: "events", tabindex: "0", "aria-label": `${title}, the latest first` });
    this.#empty = element("p", { class: "empty" }, empty);
    this.node = element("section", { class: "panel", "aria-label": title }, element("h2", {}, title), this.#empty, this.#list);
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
    if (this.#seen.size > 0) setText(this.#empty, "");
  }
}
