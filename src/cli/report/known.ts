/** What a report can't know, in sentences: nobody should take a quiet page for a quiet day. Pure. */
import type { SupervisorEvent } from "../../supervisor/control.ts";
import { clock } from "../../supervisor/story.ts";
import { formatDuration } from "../../values/duration.ts";
import type { Facts } from "./facts.ts";
import type { Point, Tracks } from "./tracks.ts";

export interface Known {
  /** Since when each is known, milliseconds since 1970; null where nothing is. */
  readonly events: number | null;
  readonly figures: number | null;
  readonly disks: number | null;
  readonly alerts: number;
  /** Times of 5 min and more in which nothing was measured. */
  readonly gaps: readonly { readonly from: number; readonly until: number }[];
  /** What of it a reader has to know. */
  readonly notes: readonly string[];
}

/** Milliseconds that may be missing at the beginning, or in between, and nobody is told. */
const SLACK = 5 * 60_000;

export function knownOf(facts: Facts, tracks: Tracks): Known {
  const { events, since, now, supervisor, past, alerts } = facts;
  const [oldest] = events;
  const host = tracks.get("host") ?? [];
  const firstDisk = Math.min(
    ...[...tracks].flatMap(([name, [first]]) => (name.startsWith("disk:") && first !== undefined ? [first.at] : [])),
  );
  const figures = host[0]?.at ?? null;
  const gaps = gapsOf(host, now);
  const disks = Number.isFinite(firstDisk) ? Math.max(since, firstDisk) : null;
  const told = (moment: number) => clock(moment, now);
  const missing = gaps.reduce((sum, { from, until }) => sum + (until - from), 0);
  const notes = [
    ...eventsNote(oldest, since, told),
    ...(figures === null
      ? ["Nothing was measured yet."]
      : figures > since + SLACK
        ? [`Processor, memory and disk I/O are known since ${told(figures)}${past.found ? "" : "; the supervisor keeps an hour"}.`]
        : []),
    ...(gaps.length === 0
      ? []
      : [`For ${formatDuration(missing)} altogether nothing was measured, or nobody wrote it down: figures are those of the other times.`]),
    ...(past.problem === null ? [] : [`The history of the dashboard can't be read: ${past.problem}.`]),
    ...(past.found || past.problem !== null
      ? []
      : ["There is no history of a dashboard, so how disks grew isn't known, only the rate of the last hour."]),
    ...(disks !== null && disks > since + SLACK ? [`The growth of disks is known since ${told(disks)}.`] : []),
    ...(supervisor.startedAt > since ? [`Alerts are known since ${told(supervisor.startedAt)}, when the supervisor was started.`] : []),
    ...(alerts !== null && alerts.recent.length >= MOST_ALERTS ? [`Of alerts, only the last ${MOST_ALERTS} are known.`] : []),
  ];
  return { events: oldest?.at ?? null, figures, disks, alerts: supervisor.startedAt, gaps, notes };
}

/** As many as a supervisor remembers. */
const MOST_ALERTS = 50;

function eventsNote(oldest: SupervisorEvent | undefined, since: number, told: (moment: number) => string): readonly string[] {
  if (oldest === undefined) return ["No events are known."];
  if (oldest.at <= since) return [];
  return oldest.seq === 1
    ? [`The supervisor began at ${told(oldest.at)}: of what was before, nothing is known.`]
    : [`Events are known since ${told(oldest.at)}: older ones are not kept.`];
}

function gapsOf(points: readonly Point[], now: number): Known["gaps"] {
  return points.flatMap(({ at, span }, index) => {
    const from = at + span;
    const until = points[index + 1]?.at ?? now;
    return until - from > SLACK ? [{ from, until }] : [];
  });
}
