/** Below the table: what the selected instance wrote, and what happened to it. Pure. */
import type { Layout } from "./layout.ts";
import type { Line, Span } from "./line.ts";
import type { Model } from "./model.ts";
import { logOf, serviceOf } from "./rows.ts";
import type { Wording } from "./wording.ts";

interface Pane {
  readonly title: string;
  readonly focused: boolean;
  readonly lines: readonly string[];
  readonly scroll: number;
}

/** `layout.panes` lines. */
export function paneLines(model: Model, { panes, arrangement }: Layout, wording: Wording): readonly Line[] {
  if (panes === 0) return [];
  const { columns } = model.size;
  const [log, events] = [logPane(model), eventsPane(model, wording)];
  if (arrangement === "one") return drawn(events.focused ? events : log, columns, panes, wording);
  if (arrangement === "above") {
    const upper = Math.ceil(panes / 2);
    return [...drawn(log, columns, upper, wording), ...drawn(events, columns, panes - upper, wording)];
  }
  const left = Math.floor(columns * 0.5);
  const right = drawn(events, columns - left - 1, panes, wording);
  return drawn(log, left, panes, wording).map((line, index) => [...line, { text: " " }, ...(right[index] ?? [])]);
}

function logPane(model: Model): Pane {
  const { log, selected, focus, scroll } = model;
  const kind = logOf(model)?.kind ?? "log";
  const title = selected === null ? kind : `${kind} of ${selected}`;
  const lines = log === null ? [] : log.lines.length === 0 ? [log.note ?? ""] : log.lines;
  return { title, focused: focus === "log", lines, scroll: scroll.log };
}

function eventsPane({ events, selected, focus, scroll, now }: Model, wording: Wording): Pane {
  const title = selected === null ? "events" : `events of ${selected}`;
  const lines = events.filter((event) => isAbout(wording.subject(event), selected)).map((event) => wording.event(event, now));
  return { title, focused: focus === "events", lines, scroll: scroll.events };
}

/** Those of the supervisor are about all. */
function isAbout(subject: string | undefined, selected: string | null): boolean {
  return subject === undefined || selected === null || subject === selected || subject === serviceOf(selected);
}

/** The title and `height - 1` lines, each `width` columns wide. */
function drawn({ title, focused, lines, scroll }: Pane, width: number, height: number, wording: Wording): readonly Line[] {
  const room = height - 1;
  const end = Math.max(Math.min(lines.length, room), lines.length - scroll);
  const shown = lines.slice(Math.max(0, end - room), end);
  const below = lines.length - end;
  const name = ` ${focused ? "▸ " : ""}${title}${below === 0 ? "" : `, ${below} more below`} `;
  const head: Span = { text: ruled(wording.cut(`─${wording.harmless(name)}`, width), width, wording), role: focused ? "title" : "dim" };
  const body = Array.from({ length: room }, (_, index): Line => [{ text: padded(shown[index] ?? "", width, wording) }]);
  return [[head], ...body];
}

function ruled(text: string, width: number, wording: Wording): string {
  return text + "─".repeat(Math.max(0, width - wording.width(text)));
}

function padded(text: string, width: number, wording: Wording): string {
  const clean = wording.cut(wording.harmless(text), width);
  return clean + " ".repeat(Math.max(0, width - wording.width(clean)));
}
