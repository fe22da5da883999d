/** All events. */
import type { LiveMessage, SupervisorEvent } from "../src/dashboard/wire.ts";
import { element } from "./dom.ts";
import { EventList } from "./eventList.ts";
import { get } from "./request.ts";
import type { Store } from "./store.ts";
import type { View } from "./view.ts";

export class EventsView implements View {
  readonly title = "Events";
  readonly #store: Store;
  readonly #events = new EventList();
  readonly node: HTMLElement;

  constructor(store: Store) {
    this.#store = store;
    this.node = element("div", {}, element("h1", { class: "unseen" }, "Events"), this.#events.node);
    get<{ readonly events: readonly SupervisorEvent[] }>("/api/events").then(
      ({ events }) => this.#events.add(events),
      () => {},
    );
  }

  update(what: ReadonlySet<LiveMessage>): void {
    if (what.has("event")) this.#events.add(this.#store.events);
  }
}
