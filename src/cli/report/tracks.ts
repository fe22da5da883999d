/** What was measured over time, from the history of a dashboard and from the supervisor's last hour, as one. Pure. */

/** A stretch of the past as either has it: a column for each figure, a row for each moment. */
export interface Stretch {
  /** "web/0", "host", "disk:/var", "directory:/var/log" */
  readonly name: string;
  /** Milliseconds that a row stands for; undefined where that is told by the next one. */
  readonly step?: number;
  readonly at: readonly number[];
  readonly values: Readonly<Record<string, readonly (number | null)[] | undefined>>;
}

export interface Point {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Milliseconds that it stands for. */
  readonly span: number;
  readonly values: Readonly<Record<string, number | null>>;
}

/** By the names of the series; points in order of time, no two about the same moment. */
export type Tracks = ReadonlyMap<string, readonly Point[]>;

/** Milliseconds of the supervisor's rows, and the longest time between two of its samples: what is longer was not measured. */
const USUAL = 5000;
const LONGEST = 35_000;

/**
 * @param stretches what is told for a time by one with longer steps is not told again by a shorter one
 * @example
 * tracksOf([{ name: "web/0", step: 60_000, at: [0, 60_000], values: { cpu: [0.1, 0.2] } }], { since: 0, until: 120_000 });
 */
export function tracksOf(stretches: readonly Stretch[], { since, until }: { readonly since: number; readonly until: number }): Tracks {
  const tracks = new Map<string, Point[]>();
  const told = new Map<string, Map<number, Set<number>>>();
  for (const stretch of [...stretches].sort((one, other) => (other.step ?? 0) - (one.step ?? 0))) {
    const { name, step = USUAL } = stretch;
    const points = tracks.get(name) ?? [];
    const before = told.get(name) ?? new Map<number, Set<number>>();
    const isTold = (at: number) => [...before].some(([size, slots]) => slots.has(Math.floor(at / size)));
    const fresh = pointsOf(stretch).filter(({ at }) => at >= since - step && at <= until && !isTold(at));
    for (const { at } of fresh) before.set(step, (before.get(step) ?? new Set()).add(Math.floor(at / step)));
    points.push(...fresh);
    tracks.set(name, points);
    told.set(name, before);
  }
  for (const points of tracks.values()) points.sort((one, other) => one.at - other.at);
  return tracks;
}

/** Rows without any value are holes. */
function pointsOf({ at, step, values }: Stretch): readonly Point[] {
  const columns = Object.entries(values);
  return at.flatMap((moment, index) => {
    const row = Object.fromEntries(columns.map(([name, column]) => [name, column?.[index] ?? null]));
    if (Object.values(row).every((value) => value === null)) return [];
    const next = at[index + 1];
    const span = step ?? (next === undefined || next - moment > LONGEST ? USUAL : next - moment);
    return [{ at: moment, span, values: row }];
  });
}

export interface Sum {
  /** Each value times the seconds that it stands for. */
  readonly total: number;
  /** Total over the time that was measured. */
  readonly mean: number;
  /** The greatest; of rows that are means, the greatest that is in them. */
  readonly peak: number;
  readonly peakAt: number;
  /** Milliseconds that were measured. */
  readonly measured: number;
}

/** Null where nothing was measured. */
export function sumOf(points: readonly Point[], column: string): Sum | null {
  let total = 0;
  let measured = 0;
  let peak = Number.NEGATIVE_INFINITY;
  let peakAt = 0;
  for (const { at, span, values } of points) {
    const value = values[column] ?? null;
    if (value === null) continue;
    total += (value * span) / 1000;
    measured += span;
    const most = Math.max(value, values[`${column}Peak`] ?? value);
    if (most > peak) [peak, peakAt] = [most, at];
  }
  return measured === 0 ? null : { total, mean: (total * 1000) / measured, peak, peakAt, measured };
}
