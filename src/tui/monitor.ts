/** The full-screen view: ties the pure parts to the terminal, the supervisor and the clock. */
import type { Client } from "../api/client.ts";
import type { Effect } from "./effects.ts";
import { feed, sentenceOf } from "./feed.ts";
import { difference, type Grid, gridOf } from "./grid.ts";
import { LogTail } from "./logTail.ts";
import { type Model, newModel } from "./model.ts";
import { type Abilities, paletteOf } from "./palette.ts";
import { logOf } from "./rows.ts";
import { openTerminal, type Terminal } from "./terminal.ts";
import { update, type ViewEvent } from "./update.ts";
import { view } from "./view.ts";
import type { Wording } from "./wording.ts";
import { wrap } from "./wrap.ts";

export interface MonitorOptions {
  readonly client: Client;
  /** Whole seconds between samples. */
  readonly interval: number;
  readonly filter: string;
  readonly wording: Wording;
  readonly abilities: Abilities;
}

const TICK = 1000;
const LOG_EVERY = 500;
/** What comes together is drawn together. */
const DRAW_WITHIN = 20;

/**
 * Shows it until somebody ends it. Standard input and output have to be terminals, which are as before when it resolves or
 * rejects.
 *
 * @returns the exit code: 0 after q, 128 and the signal's number after a signal
 */
export function monitor(options: MonitorOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    new Monitor(options, { resolve, reject }).start();
  });
}

interface Ending {
  resolve(exitCode: number): void;
  reject(error: unknown): void;
}

class Monitor {
  readonly #options: MonitorOptions;
  readonly #ending: Ending;
  readonly #closing = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #palette: readonly string[];
  readonly #terminal: Terminal;
  #model: Model;
  #shown: Grid | undefined;
  #drawing: NodeJS.Timeout | undefined;
  #tail: { readonly instance: string; readonly path: string; readonly tail: LogTail } | undefined;
  #looking = false;

  constructor(options: MonitorOptions, ending: Ending) {
    this.#options = options;
    this.#ending = ending;
    this.#palette = paletteOf(options.abilities.depth);
    this.#terminal = openTerminal({
      onKey: (key) => this.#dispatch({ type: "key", key }),
      onResize: (size) => this.#dispatch({ type: "size", size }),
      onEnd: (exitCode) => this.#end(() => this.#ending.resolve(exitCode)),
      onRedraw: () => this.#redraw(),
    });
    this.#model = newModel({ size: this.#terminal.size(), now: Date.now(), filter: options.filter });
  }

  start(): void {
    this.#timers.push(
      setInterval(() => this.#dispatch({ type: "tick", now: Date.now() }), TICK),
      setInterval(() => void this.#lookAtLog(), LOG_EVERY),
    );
    this.#draw();
    const { client, interval } = this.#options;
    const dispatch = (event: ViewEvent) => this.#dispatch(event);
    feed({ client, interval, signal: this.#closing.signal, dispatch }).catch((error) => this.#fail(error));
  }

  #dispatch(event: ViewEvent): void {
    if (this.#closing.signal.aborted) return;
    try {
      const before = logOf(this.#model)?.path;
      const { model, effects } = update(this.#model, event);
      this.#model = model;
      for (const effect of effects) this.#perform(effect);
      if (logOf(model)?.path !== before) void this.#lookAtLog();
      this.#drawing ??= setTimeout(() => this.#draw(), event.type === "key" ? 0 : DRAW_WITHIN);
    } catch (error) {
      this.#fail(error);
    }
  }

  #perform(effect: Effect): void {
    switch (effect.effect) {
      case "quit":
        this.#end(() => this.#ending.resolve(0));
        break;
      case "suspend":
        this.#terminal.suspend();
        break;
      case "redraw":
        this.#redraw();
        break;
      case "act":
        void this.#act(effect);
        break;
      case "details":
        void this.#describe(effect.instance);
        break;
    }
  }

  async #act({ action, selector }: Extract<Effect, { effect: "act" }>): Promise<void> {
    try {
      const { instances } = await this.#options.client.act({ action, selector, by: `monitor, ${action} ${selector}` });
      this.#dispatch({ type: "acted", action, selector, outcomes: instances });
    } catch (error) {
      this.#dispatch({ type: "refused", message: sentenceOf(error) });
    }
  }

  async #describe(instance: string): Promise<void> {
    const { client, wording } = this.#options;
    try {
      const [services, explanations] = await Promise.all([client.describe(instance), client.why(instance)]);
      const now = Date.now();
      const lines = [
        ...explanations.flatMap((explanation) => [...wording.why(explanation, now), ""]),
        ...services.flatMap((service) => wording.describe(service, now)),
      ];
      const { columns } = this.#model.size;
      this.#dispatch({ type: "details", instance, lines: lines.flatMap((line) => wrap(line, columns, wording)) });
    } catch (error) {
      this.#dispatch({ type: "details", instance, lines: [sentenceOf(error)] });
    }
  }

  async #lookAtLog(): Promise<void> {
    const { selected } = this.#model;
    const path = logOf(this.#model)?.path;
    if (selected === null || path === undefined || this.#looking) return;
    if (this.#tail?.instance !== selected || this.#tail.path !== path || this.#model.log === null) {
      this.#tail = { instance: selected, path, tail: new LogTail(path) };
    }
    this.#looking = true;
    try {
      const seen = await this.#tail.tail.look();
      if (seen !== undefined) this.#dispatch({ type: "log", instance: selected, ...seen });
    } catch (error) {
      this.#dispatch({ type: "log", instance: selected, lines: [], note: sentenceOf(error) });
    } finally {
      this.#looking = false;
    }
  }

  #redraw(): void {
    this.#shown = undefined;
    this.#drawing ??= setTimeout(() => this.#draw(), 0);
  }

  #draw(): void {
    this.#drawing = undefined;
    if (this.#closing.signal.aborted) return;
    try {
      const { wording, abilities } = this.#options;
      const grid = gridOf(view(this.#model, wording), this.#model.size, { wording, unicode: abilities.unicode });
      const text = difference(this.#shown, grid, this.#palette);
      this.#shown = grid;
      if (text !== "") this.#terminal.write(text);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#end(() => this.#ending.reject(error));
  }

  #end(settle: () => void): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    clearTimeout(this.#drawing);
    for (const timer of this.#timers) clearInterval(timer);
    this.#terminal.close();
    this.#options.client.close();
    settle();
  }
}
