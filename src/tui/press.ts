/** What a key does, in each mode. Pure. */
import type { Effect, Update } from "./effects.ts";
import { HELP } from "./help.ts";
import type { Key } from "./keys.ts";
import { layoutOf } from "./layout.ts";
import { ACTIONS, type ActionName, type Model, PANES, SORTS } from "./model.ts";
import { rowsOf, serviceOf } from "./rows.ts";
import { selecting } from "./selecting.ts";

const PENDING: Readonly<Record<ActionName, string>> = { start: "starting", stop: "stopping", restart: "restarting", reload: "reloading" };
const LONGEST_FILTER = 100;

export function press(model: Model, { key, pasted }: Key): Update {
  if (key === "ctrl-c") return done(model, { effect: "quit" });
  if (key === "ctrl-z") return done(model, { effect: "suspend" });
  if (key === "ctrl-l") return done(model, { effect: "redraw" });
  switch (model.mode.is) {
    case "filter":
      return typed(model, model.mode.before, key, pasted);
    case "confirm":
      return confirmed(model, model.mode, key);
    case "help":
      return closes(key) || key === "?"
        ? table(model)
        : done({ ...model, mode: { is: "help", scroll: moved(model.mode.scroll, key, model, HELP.length) } });
    case "details":
      return inDetails(model, model.mode, key);
    case "table":
      return inTable(model, key);
  }
}

function inTable(model: Model, key: string): Update {
  const action = Object.entries(ACTIONS).find(([letter]) => letter === key)?.[1];
  if (action !== undefined) return asked(model, action);
  switch (key) {
    case "q":
      return done(model, { effect: "quit" });
    case "?":
    case "h":
      return done({ ...model, mode: { is: "help", scroll: 0 } });
    case "/":
      return done({ ...model, focus: "services", mode: { is: "filter", before: model.filter } });
    case "escape":
      return done(selecting({ ...model, filter: "", focus: "services" }));
    case "o":
      return done({ ...model, sort: after(SORTS, model.sort, 1) });
    case "e":
      return done({ ...model, errors: !model.errors, log: null, scroll: { ...model.scroll, log: 0 } });
    case "tab":
      return done({ ...model, focus: after(PANES, model.focus, 1) });
    case "backtab":
      return done({ ...model, focus: after(PANES, model.focus, -1) });
    case "enter":
      if (model.selected === null) return done(model);
      return done(
        { ...model, details: null, mode: { is: "details", instance: model.selected, scroll: 0 } },
        { effect: "details", instance: model.selected },
      );
    default:
      return done(model.focus === "services" ? select(model, key) : scrolled(model, model.focus, key));
  }
}

/** How far a key goes; undefined where it goes nowhere. */
function distance(key: string, page: number): number | undefined {
  const rows: Readonly<Record<string, number>> = {
    ...{ up: -1, k: -1, down: 1, j: 1, pageup: -page, "ctrl-b": -page, pagedown: page, "ctrl-f": page, " ": page },
    ...{ home: Number.NEGATIVE_INFINITY, g: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY, G: Number.POSITIVE_INFINITY },
  };
  return Object.hasOwn(rows, key) ? rows[key] : undefined;
}

function select(model: Model, key: string): Model {
  const rows = rowsOf(model);
  const by = distance(key, Math.max(1, pageOf(model).table));
  if (by === undefined || rows.length === 0) return model;
  const at = rows.findIndex(({ status }) => status.name === model.selected);
  const selected = rows[within(at + by, rows.length - 1)]?.status.name ?? null;
  return selected === model.selected ? model : { ...model, selected, log: null, scroll: { log: 0, events: 0 } };
}

/** Panes show their end; up is back in time. What is above the first line is cut off by the view. */
function scrolled(model: Model, pane: "log" | "events", key: string): Model {
  const by = distance(key, Math.max(1, pageOf(model).panes - 1));
  if (by === undefined) return model;
  const most = Math.max(0, (pane === "log" ? (model.log?.lines.length ?? 0) : model.events.length) - 1);
  return { ...model, scroll: { ...model.scroll, [pane]: within(model.scroll[pane] - by, most) } };
}

function pageOf({ size, survey, sample }: Model) {
  const instances = (survey?.services ?? []).reduce((sum, service) => sum + service.instances.length, 0);
  return layoutOf(size, instances, sample?.fileSystems.length ?? 0);
}

function asked(model: Model, action: ActionName): Update {
  const instance = model.selected;
  if (instance === null) return done(model);
  const service = serviceOf(instance);
  const instances = model.survey?.services.find(({ name }) => name === service)?.instances.length ?? 1;
  return done({ ...model, message: null, mode: { is: "confirm", action, service, instance, instances } });
}

function confirmed(model: Model, { action, service, instance, instances }: Extract<Model["mode"], { is: "confirm" }>, key: string): Update {
  const selector = key === "y" || key === "Y" ? service : key === "i" && instances > 1 ? instance : undefined;
  if (selector !== undefined) {
    const text = `${PENDING[action]} ${selector} …`;
    return done(
      { ...model, mode: { is: "table" }, message: { text, role: "warn", until: Number.POSITIVE_INFINITY } },
      { effect: "act", action, selector },
    );
  }
  return key === "n" || key === "N" || closes(key) ? table(model) : done(model);
}

function inDetails(model: Model, { instance, scroll }: Extract<Model["mode"], { is: "details" }>, key: string): Update {
  if (closes(key)) return table(model);
  const action = Object.entries(ACTIONS).find(([letter]) => letter === key)?.[1];
  if (action !== undefined) return asked({ ...model, selected: instance }, action);
  const lines = model.details?.lines.length ?? 0;
  return done({ ...model, mode: { is: "details", instance, scroll: moved(scroll, key, model, lines) } });
}

/** A scroll position of so many lines that fill the screen but for title and footer. */
function moved(scroll: number, key: string, { size }: Model, lines: number): number {
  const page = Math.max(1, size.rows - 2);
  return within(scroll + (distance(key, page) ?? 0), Math.max(0, lines - page));
}

function typed(model: Model, before: string, key: string, pasted: string | undefined): Update {
  const filtered = (filter: string) => done(selecting({ ...model, filter: filter.slice(0, LONGEST_FILTER) }));
  switch (key) {
    case "enter":
      return table(model);
    case "escape":
      return table(selecting({ ...model, filter: before }));
    case "backspace":
      return model.filter === "" ? table(model) : filtered([...model.filter].slice(0, -1).join(""));
    case "ctrl-u":
      return filtered("");
    case "paste":
      return filtered(model.filter + (pasted ?? "").replaceAll(/\p{Cc}/gu, ""));
    default:
      if (distance(key, 1) !== undefined && key.length > 1) return done(select(model, key));
      return [...key].length === 1 ? filtered(model.filter + key) : done(model);
  }
}

function closes(key: string): boolean {
  return key === "q" || key === "escape" || key === "enter";
}

function table(model: Model): Update {
  return done({ ...model, details: null, mode: { is: "table" } });
}

function done(model: Model, ...effects: readonly Effect[]): Update {
  return { model, effects };
}

function within(value: number, most: number): number {
  return Math.min(most, Math.max(0, value));
}

function after<T>(all: readonly T[], one: T, by: number): T {
  return all[(all.indexOf(one) + by + all.length) % all.length] ?? one;
}
