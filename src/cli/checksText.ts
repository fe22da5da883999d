/** Checks for people. */
import type { CheckState } from "../monitor/checks.ts";
import type { ChecksReport } from "../supervisor/control.ts";
import { clock } from "../supervisor/story.ts";
import { harmless } from "../values/textWidth.ts";
import type { Paint } from "./paint.ts";
import { type Cell, type Column, table } from "./table.ts";

export interface CheckView {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly paint: Paint;
  /** Columns of the terminal. Default: as many as it takes. */
  readonly width?: number | undefined;
}

const COLUMNS: readonly Column[] = [
  { title: "SUBJECT", least: 8 },
  { title: "CHECK", least: 12 },
  { title: "STATE" },
  { title: "BAD" },
  { title: "VALUES", least: 8 },
  { title: "LAST ACTION", least: 12, optional: true },
];

const SHOWN_VALUES = 3;

/** Lines without their ends. */
export function checkLines({ checks, mistakes }: ChecksReport, { now, paint, width }: CheckView): readonly string[] {
  const rows = checks.map((check) => row(check, now, paint));
  return [
    ...(rows.length === 0
      ? ['nothing is checked: "checks" of a service and "disk" in the configuration say what is']
      : table(COLUMNS, rows, { width, paintTitle: paint.bold })),
    ...mistakes.map((mistake) => `${paint.red("mistake:")} ${harmless(mistake)}`),
  ];
}

function row(
  { subject, check, state, bad, samples, for: often, values, firingSince, heldBy, lastAction }: CheckState,
  now: number,
  paint: Paint,
): readonly Cell[] {
  const [times, of] = often.split(" of ");
  const told = firingSince === null ? state : `firing since ${clock(firingSince, now)}`;
  return [
    { text: subject },
    { text: `${check}, ${often}` },
    { text: heldBy === null ? told : `because ${heldBy}`, ...(firingSince === null ? {} : { paint: paint.red }) },
    { text: `${bad} of ${samples === 0 ? of : samples} (${times})` },
    { text: values.slice(-SHOWN_VALUES).join(", ") },
    { text: lastAction === null ? "" : `${lastAction.text} at ${clock(lastAction.at, now)}` },
  ];
}
