/** A line over time as SVG: no script, no colours of its own. Pure. */
import { clock } from "../../supervisor/story.ts";
import type { Chart } from "./blocks.ts";
import { escapeHtml } from "./escape.ts";
import type { Point } from "./tracks.ts";

const WIDTH = 1000;
const HEIGHT = 100;
/** As many as can be told apart. */
const MOST_POINTS = 500;

/** Holes stay holes: no line is drawn across a time that nobody measured. */
export function chartSvg({ title, points, column, since, until, top, shown }: Chart): string {
  const values = points.flatMap(({ values }) => values[column] ?? []);
  if (values.length === 0) return "";
  const greatest = values.reduce((one, other) => Math.max(one, other), 0);
  const height = Math.max(top ?? greatest, Number.MIN_VALUE);
  const x = (at: number) => round(((at - since) / (until - since)) * WIDTH);
  const y = (value: number) => round(HEIGHT - (Math.min(value, height) / height) * HEIGHT);
  const lines = piecesOf(thin(points, column), column).map((piece) => {
    const [first] = piece;
    // A single moment is a short line.
    const drawn = piece.length === 1 && first !== undefined ? [first, { ...first, at: first.at + first.span }] : piece;
    return `<polyline points="${drawn.map(({ at, values: row }) => `${x(at)},${y(row[column] ?? 0)}`).join(" ")}"/>`;
  });
  const caption = `${title}: ${clock(since, until)} to ${clock(until, until)}; the height is ${shown(height)}, the greatest value ${shown(greatest)}`;
  const label = escapeHtml(caption);
  return `<figure><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${label}">${lines.join("")}</svg><figcaption>${label}</figcaption></figure>`;
}

/** Of neighbours the greatest, so that no peak is lost. */
function thin(points: readonly Point[], column: string): readonly Point[] {
  const group = Math.ceil(points.length / MOST_POINTS);
  if (group <= 1) return points;
  return points.flatMap((_, index) => {
    if (index % group !== 0) return [];
    const some = points.slice(index, index + group);
    const [first] = some;
    const most = some.reduce((one, other) => ((other.values[column] ?? -1) > (one.values[column] ?? -1) ? other : one));
    const span = some.reduce((sum, one) => sum + one.span, 0);
    return first === undefined ? [] : [{ at: first.at, span, values: most.values }];
  });
}

function piecesOf(points: readonly Point[], column: string): readonly (readonly Point[])[] {
  const pieces: Point[][] = [];
  let before: Point | undefined;
  for (const point of points) {
    if ((point.values[column] ?? null) === null) continue;
    const isNext = before !== undefined && point.at - (before.at + before.span) <= 2 * Math.max(before.span, point.span);
    if (isNext) pieces.at(-1)?.push(point);
    else pieces.push([point]);
    before = point;
  }
  return pieces;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
