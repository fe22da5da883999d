/**
 * Feeds events to the machine, one after the other: step, journal, actions, in that order. What an action brings about at
 * once is an event of its own that comes after it.
 */
import { monotonicMs } from "../../values/clock.ts";
import type { Action } from "../actions.ts";
import type { Event } from "../events.ts";
import { faultPoint } from "../faultPoint.ts";
import { step } from "../machine.ts";
import type { Journal } from "../state/journal.ts";
import type { Unit } from "./unit.ts";
import { unlessRefused } from "./unlessRefused.ts";

export interface DispatcherHandlers {
  perform(unit: Unit, action: Action): void;
  /** After an instance became another one, and its actions were done. */
  changed(unit: Unit): void;
}

interface Entry {
  readonly unit: Unit;
  readonly event: Event;
  readonly after: (() => void) | undefined;
}

export class Dispatcher {
  readonly #journal: Journal;
  #handlers: DispatcherHandlers | undefined;
  #queue: Entry[] = [];
  #draining = false;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Before the first event. */
  attach(handlers: DispatcherHandlers): void {
    this.#handlers = handlers;
  }

  /** `after`: when it was journalled and its actions were begun. */
  dispatch(unit: Unit, event: Event, after?: () => void): void {
    this.#queue.push({ unit, event, after });
    if (this.#draining) return;
    this.#draining = true;
    try {
      for (let next = 0; next < this.#queue.length; next++) {
        const entry = this.#queue[next];
        if (entry !== undefined) this.#take(entry);
      }
    } finally {
      this.#queue = [];
      this.#draining = false;
    }
  }

  #take({ unit, event, after }: Entry): void {
    const handlers = this.#handlers;
    if (handlers === undefined) throw new Error("events before the dispatcher was attached");
    if (!unit.isForgotten) {
      const before = unit.instance;
      const { instance, actions } = step(unit.machine, before, event, { at: monotonicMs(), wall: Date.now(), random: Math.random() });
      unit.instance = instance;
      if (instance !== before) this.#write(unit);
      for (const action of actions) handlers.perform(unit, action);
      if (instance !== before) handlers.changed(unit);
    }
    after?.();
  }

  /** A disk that takes nothing is reported by the journal itself, and is no reason not to go on: it keeps what it was told. */
  #write(unit: Unit): void {
    faultPoint("before journal");
    unlessRefused(() => this.#journal.put(unit.instance));
    faultPoint("after journal");
  }
}
