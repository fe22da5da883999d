/** The table of instances. Pure. */
import type { State } from "./answers.ts";
import { bytes, percent, span } from "./figures.ts";
import type { Line, Role, Span } from "./line.ts";
import { type Model, outage, type Sort } from "./model.ts";
import { type Row, rowsOf } from "./rows.ts";
import { sparkline, type Trail } from "./trail.ts";
import type { Wording } from "./wording.ts";

interface Column {
  readonly title: string;
  readonly width: number;
  readonly align: "left" | "right";
  /** The order in which it is the one that is marked. */
  readonly sort?: Sort;
  readonly cell: (row: Row, context: Context) => Span;
}

interface Context {
  readonly now: number;
  readonly trail: Trail;
  readonly width: number;
}

const STATE_ROLES: Readonly<Record<State, Role>> = {
  ...{ stopped: "dim", waiting: "accent", starting: "warn", running: "good", reloading: "warn" },
  ...{ stopping: "warn", backoff: "warn", completed: "good", failed: "bad" },
};

const TREND = "TREND";
/** A share of a processor that fills the line's height: what uses next to nothing stays low. */
const LEAST_PEAK = 0.1;
const LEAST_NAME = 10;
const LONGEST_TREND = 60;
const MARK = 2;

const STATE: Column = {
  ...{ title: "STATE", width: 9, align: "left", sort: "state" },
  cell: ({ status: { state } }) => ({ text: state, role: STATE_ROLES[state] }),
};

/** What comes first is left out last. */
const COLUMNS: readonly Column[] = [
  { title: "CPU", width: 6, align: "right", sort: "cpu", cell: ({ sample }) => ({ text: percent(sample?.cpu) }) },
  {
    ...{ title: "MEMORY", width: 6, align: "right", sort: "memory" },
    cell: ({ sample }) => ({ text: sample === undefined || sample.pid === null ? "-" : bytes(sample.memory) }),
  },
  {
    ...{ title: "RESTARTS", width: 8, align: "right", sort: "restarts" },
    cell: ({ status: { restarts } }) => ({ text: String(restarts), role: restarts > 0 ? "warn" : "text" }),
  },
  {
    ...{ title: TREND, width: 8, align: "right" },
    cell: (_, { trail, now, width }) => ({ text: sparkline(trail, now, width, LEAST_PEAK), role: "accent" }),
  },
  { title: "READ", width: 5, align: "right", sort: "read", cell: ({ sample }) => ({ text: bytes(sample?.readRate) }) },
  { title: "WRITE", width: 5, align: "right", sort: "write", cell: ({ sample }) => ({ text: bytes(sample?.writeRate) }) },
  {
    ...{ title: "UPTIME", width: 8, align: "right" },
    cell: ({ status: { pid, startedAt } }, { now }) => ({ text: pid === null || startedAt === null ? "-" : shortSpan(now - startedAt) }),
  },
  { title: "PID", width: 7, align: "right", cell: ({ status: { pid } }) => ({ text: pid === null ? "-" : String(pid) }) },
];

/** The titles, then `height` lines with the selected one among them. */
export function tableLines(model: Model, height: number, wording: Wording): readonly Line[] {
  const rows = rowsOf(model);
  const columns = fit(model.size.columns, rows, wording);
  const old = outage(model) !== undefined;
  const selected = Math.max(
    0,
    rows.findIndex(({ status }) => status.name === model.selected),
  );
  const top = Math.max(0, Math.min(selected - Math.floor(height / 2), rows.length - height));
  const lines = rows
    .slice(top, top + height)
    .map((row, index) => rowLine(row, columns, model, { selected: top + index === selected, old, wording }));
  return [
    titles(columns, model, rows.length, top, height),
    ...(lines.length === 0 && height > 0 ? [[{ text: nothing(model), role: "dim" } as const]] : lines),
  ];
}

function nothing({ survey, filter }: Model): string {
  if (survey === null) return "asking the supervisor …";
  if (survey.services.length === 0) return 'there are no services yet: "daemonitor start FILE" or "daemonitor apply" adds some';
  return `nothing matches ${JSON.stringify(filter)}; Esc shows all`;
}

interface Fitted {
  readonly column: Column;
  readonly width: number;
}

/** As many columns as there is room for; then names, then trends have what is left. */
function fit(columns: number, rows: readonly Row[], wording: Wording): readonly Fitted[] {
  const longest = Math.min(40, Math.max(LEAST_NAME, ...rows.map(({ status }) => wording.width(status.name))));
  let left = columns - MARK - LEAST_NAME;
  const chosen: Column[] = [];
  for (const column of [STATE, ...COLUMNS]) {
    if (column.width + 1 > left) break;
    chosen.push(column);
    left -= column.width + 1;
  }
  const name = Math.min(LEAST_NAME + Math.max(0, left), longest);
  const spare = LEAST_NAME + Math.max(0, left) - name;
  return [
    { column: NAME, width: Math.min(name, Math.max(0, columns - MARK)) },
    ...chosen.map((column) => ({ column, width: column.title === TREND ? Math.min(LONGEST_TREND, column.width + spare) : column.width })),
  ];
}

const NAME: Column = {
  ...{ title: "NAME", width: LEAST_NAME, align: "left", sort: "name" },
  cell: ({ status: { name, ready, state } }) => ({ text: name, role: state === "running" && !ready ? "warn" : "text" }),
};

function titles(columns: readonly Fitted[], { sort, filter }: Model, count: number, top: number, height: number): Line {
  const cells = columns.map(({ column, width }) => {
    const text = column.sort === sort ? `${column.title.slice(0, width - 1)}▼` : column.title;
    return column.align === "right" ? text.padStart(width) : text.padEnd(width);
  });
  const place = count > height ? ` ${top + 1}-${Math.min(count, top + height)} of ${count}` : "";
  return [
    { text: `  ${cells.join(" ")}`, role: "title" },
    { text: `${filter === "" ? "" : ` /${filter}`}${place}`, role: "accent" },
  ];
}

interface RowOptions {
  readonly selected: boolean;
  /** What is shown may no longer be so. */
  readonly old: boolean;
  readonly wording: Wording;
}

function rowLine(row: Row, columns: readonly Fitted[], { now, trails }: Model, { selected, old, wording }: RowOptions): Line {
  const trail = trails.get(row.status.name) ?? [];
  const cells = columns.flatMap(({ column, width }): readonly Span[] => {
    const { text, role = "text" } = column.cell(row, { now, trail, width });
    const clean = wording.cut(wording.harmless(text), width);
    const space = " ".repeat(Math.max(0, width - wording.width(clean)));
    const placed = column.align === "right" ? `${space}${clean}` : `${clean}${space}`;
    return [{ text: " " }, { text: placed, role: old ? "dim" : role }];
  });
  // The mark is for terminals that can't reverse.
  return [{ text: selected ? "▸" : " " }, ...cells].map((span) => (selected ? { ...span, reverse: true } : span));
}

/** In 8 columns: the larger unit alone where both don't fit. */
function shortSpan(ms: number): string {
  const text = span(Math.floor(ms / 1000) * 1000);
  return text.length <= 8 ? text : (/^\d+[a-z]+/.exec(text)?.[0] ?? text);
}
