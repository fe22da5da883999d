/** What an event does to the model, and what is to be done about it. Pure. */
import { HOST, type InstanceOutcome, type Sample, type Series, type SupervisorEvent, type Survey } from "./answers.ts";
import type { Update } from "./effects.ts";
import type { Key } from "./keys.ts";
import type { Size } from "./line.ts";
import type { ActionName, Message, Model } from "./model.ts";
import { press } from "./press.ts";
import { selecting } from "./selecting.ts";
import { extended, type Trail } from "./trail.ts";

export type ViewEvent =
  | { readonly type: "key"; readonly key: Key }
  | { readonly type: "size"; readonly size: Size }
  | { readonly type: "tick"; readonly now: number }
  | { readonly type: "survey"; readonly survey: Survey }
  | { readonly type: "sample"; readonly sample: Sample }
  | { readonly type: "history"; readonly series: readonly Series[] }
  | { readonly type: "events"; readonly events: readonly SupervisorEvent[] }
  | { readonly type: "log"; readonly instance: string; readonly lines: readonly string[]; readonly note: string | null }
  | { readonly type: "details"; readonly instance: string; readonly lines: readonly string[] }
  | { readonly type: "acted"; readonly action: ActionName; readonly selector: string; readonly outcomes: readonly InstanceOutcome[] }
  | { readonly type: "refused"; readonly message: string }
  | { readonly type: "problem"; readonly message: string };

/** More than fit on any screen; the rest is for `daemonitor events` and `logs`. */
const KEPT_EVENTS = 2000;
const MESSAGE_STAYS = 8000;

/** @example update(model, { type: "key", key: { key: "q" } }).effects; // [{ effect: "quit" }] */
export function update(model: Model, event: ViewEvent): Update {
  if (event.type === "key") return press(model, event.key);
  const next = learned(model, event);
  // Its lines are as long as the screen is wide, and as old as what was known.
  const outdated = next.mode.is === "details" && (event.type === "size" || event.type === "survey");
  return { model: next, effects: outdated ? [{ effect: "details", instance: next.mode.instance }] : [] };
}

function learned(model: Model, event: Exclude<ViewEvent, { readonly type: "key" }>): Model {
  switch (event.type) {
    case "size":
      return { ...model, size: event.size };
    case "tick":
      return { ...model, now: event.now, message: model.message !== null && event.now >= model.message.until ? null : model.message };
    case "survey":
      return selecting({ ...heard(model), survey: event.survey });
    case "sample":
      return { ...heard(model), sample: event.sample, trails: withSample(model.trails, event.sample) };
    case "history":
      return { ...model, trails: withHistory(model.trails, event.series) };
    case "events":
      return { ...model, events: [...model.events, ...event.events].slice(-KEPT_EVENTS) };
    case "log":
      return event.instance === model.selected ? { ...model, log: event } : model;
    case "details":
      return model.mode.is === "details" && model.mode.instance === event.instance ? { ...model, details: event } : model;
    case "acted":
      return { ...model, message: messageOf(model.now, event) };
    case "refused":
      return { ...model, message: { text: event.message, role: "bad", until: model.now + MESSAGE_STAYS } };
    case "problem":
      return { ...model, problem: event.message };
  }
}

function heard(model: Model): Model {
  return { ...model, heardAt: model.now, problem: null };
}

function withSample(trails: Model["trails"], { at, host, instances }: Sample): Model["trails"] {
  const next = new Map<string, Trail>([[HOST, extended(trails.get(HOST) ?? [], at, host.cpu)]]);
  // Those that are gone are forgotten.
  for (const { name, cpu } of instances) next.set(name, extended(trails.get(name) ?? [], at, cpu));
  return next;
}

/** What was before the first sample. */
function withHistory(trails: Model["trails"], series: readonly Series[]): Model["trails"] {
  const next = new Map(trails);
  for (const { name, at, values } of series) {
    const past = at.reduce<Trail>((trail, moment, index) => extended(trail, moment, values.cpu?.[index] ?? null), []);
    const known = trails.get(name) ?? [];
    const first = known[0]?.[0] ?? Number.POSITIVE_INFINITY;
    next.set(name, [...past.filter(([step]) => step < first), ...known]);
  }
  return next;
}

const DONE: Readonly<Record<ActionName, string>> = { start: "started", stop: "stopped", restart: "restarted", reload: "reloaded" };

function messageOf(
  now: number,
  { action, selector, outcomes }: { readonly action: ActionName; readonly selector: string; readonly outcomes: readonly InstanceOutcome[] },
): Message {
  const bad = outcomes.find(({ outcome }) => outcome !== "done");
  const text = bad === undefined ? `${DONE[action]} ${selector}` : `${action} ${selector}: ${bad.why}`;
  return { text, role: bad === undefined ? "good" : "bad", until: now + MESSAGE_STAYS };
}
