/** Which cells of the machine's table were visited, and how often. */
import type { EventType } from "../../src/supervisor/events.ts";
import { STATES, type State } from "../../src/supervisor/states.ts";
import { none, TRANSITIONS } from "../../src/supervisor/transitions.ts";

const EVENT_TYPES = Object.keys(TRANSITIONS) as (keyof typeof TRANSITIONS)[];

export class Coverage {
  readonly #counts = new Map<string, number>();

  count(state: State, type: EventType): void {
    const cell = `${state} × ${type}`;
    this.#counts.set(cell, (this.#counts.get(cell) ?? 0) + 1);
  }

  /** Cells visited, of all and of those that do something. */
  summary(): {
    readonly hit: number;
    readonly all: number;
    readonly acting: number;
    readonly actingHit: number;
    readonly missed: readonly string[];
  } {
    const cells = EVENT_TYPES.flatMap((type) =>
      STATES.map((state, index) => ({ cell: `${state} × ${type}`, acts: (TRANSITIONS[type][index] as unknown) !== none })),
    );
    const acting = cells.filter(({ acts }) => acts);
    const missed = acting.filter(({ cell }) => !this.#counts.has(cell)).map(({ cell }) => cell);
    const hit = cells.filter(({ cell }) => this.#counts.has(cell)).length;
    return { hit, all: cells.length, acting: acting.length, actingHit: acting.length - missed.length, missed };
  }
}
