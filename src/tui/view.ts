/** The model as the lines of a screen. Pure. */
import { HELP } from "./help.ts";
import { layoutOf } from "./layout.ts";
import type { Line, Span } from "./line.ts";
import { type Model, outage } from "./model.ts";
import { rowsOf } from "./rows.ts";
import { fileSystemLines, hostLine } from "./viewHost.ts";
import { paneLines } from "./viewPanes.ts";
import { tableLines } from "./viewTable.ts";
import type { Wording } from "./wording.ts";

/** Exactly as many lines as the screen has rows. What is too long is cut by the grid. */
export function view(model: Model, wording: Wording): readonly Line[] {
  const { rows } = model.size;
  const body = bodyOf(model, wording);
  return [...Array.from({ length: Math.max(0, rows - 1) }, (_, row) => body[row] ?? []), footer(model)].slice(-rows);
}

function bodyOf(model: Model, wording: Wording): readonly Line[] {
  const { mode, size, details } = model;
  switch (mode.is) {
    case "help":
      return page("daemonitor monitor", HELP, mode.scroll);
    case "details":
      return page(mode.instance, details?.lines ?? ["asking the supervisor …"], mode.scroll);
    case "table":
    case "filter":
    case "confirm": {
      const instances = rowsOf(model).length;
      const layout = layoutOf(size, instances, model.sample?.fileSystems.length ?? 0);
      return [
        top(model),
        ...fileSystemLines(model, layout.fileSystems),
        ...tableLines(model, layout.table, wording),
        ...paneLines(model, layout, wording),
      ];
    }
  }
}

function page(title: string, lines: readonly string[], scroll: number): readonly Line[] {
  return [[{ text: title, role: "title", reverse: true }], ...lines.slice(scroll).map((text) => [{ text }])];
}

/** The machine; or why nothing is known of it. */
function top(model: Model): Line {
  const why = outage(model);
  return why === undefined ? hostLine(model) : [{ text: why, role: "bad" }];
}

const KEYS = [
  ["Enter", "details"],
  ["s", "start"],
  ["x", "stop"],
  ["r", "restart"],
  ["l", "reload"],
  ["/", "filter"],
  ["o", "order"],
  ["Tab", "pane"],
  ["?", "help"],
  ["q", "quit"],
] as const;

function footer({ mode, message, filter, size }: Model): Line {
  switch (mode.is) {
    case "filter":
      return [
        { text: "/", role: "title" },
        { text: filter },
        { text: " ", reverse: true },
        { text: "  Enter keeps it, Esc does not", role: "dim" },
      ];
    case "confirm": {
      const { action, service, instance, instances } = mode;
      const one = instances > 1 ? `, i: only ${instance}` : "";
      const what = `${action} ${service} (${instances} instance${instances === 1 ? "" : "s"})? y/n${one}`;
      return [{ text: what, role: action === "start" ? "title" : "bad", reverse: true }];
    }
    case "details":
      return keys([
        ["↑↓", "scroll"],
        ["s x r l", "start, stop, restart, reload"],
        ["Esc", "back"],
      ]);
    case "help":
      return keys([
        ["↑↓", "scroll"],
        ["Esc", "back"],
      ]);
    case "table":
      if (message !== null) return [{ text: message.text, role: message.role }];
      return keys(fitting(KEYS, size.columns));
  }
}

type Pairs = readonly (readonly [key: string, does: string])[];

/** The last two are the way to the others and the way out: those before them are left out first. */
function fitting(pairs: Pairs, columns: number): Pairs {
  const width = pairs.reduce((sum, [key, does]) => sum + key.length + does.length + 3, -2);
  return width <= columns || pairs.length <= 2 ? pairs : fitting([...pairs.slice(0, -3), ...pairs.slice(-2)], columns);
}

function keys(pairs: Pairs): Line {
  return pairs.flatMap(([key, does], index): readonly Span[] => [
    ...(index === 0 ? [] : [{ text: " " }]),
    { text: key, role: "title" },
    { text: ` ${does} `, role: "dim" },
  ]);
}
