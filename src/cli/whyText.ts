/** The story of an instance, for people. */
import type { Explanation } from "../supervisor/control.ts";
import { clock } from "../supervisor/story.ts";
import { formatDuration } from "../values/duration.ts";
import { describeExit } from "../values/exitStatus.ts";
import { formatSize } from "../values/formatSize.ts";
import { harmless } from "../values/textWidth.ts";
import type { Paint } from "./paint.ts";

/** The sentence, what led there, how its last process ended, and what that said. */
export function whyLines(
  { sentence, state, history, lastExit, lastOutput }: Explanation,
  { now, paint }: { readonly now: number; readonly paint: Paint },
): readonly string[] {
  const notes = history.map(({ wall, from, to, reason }) => {
    const change = from === to ? to : `${from} → ${paint.state(to)(to)}`;
    return `  ${clock(wall, now)}  ${change}: ${harmless(reason)}`;
  });
  return [
    paint.state(state)(harmless(sentence)),
    ...(notes.length === 0 ? [] : ["", paint.bold("History:"), ...notes]),
    ...(lastExit === null ? [] : ["", `${paint.bold("Last exit:")} ${exitText(lastExit, now)}`]),
    ...(lastOutput.length === 0 ? [] : ["", paint.bold("Last output:"), ...lastOutput.map((line) => `  | ${harmless(line)}`)]),
  ];
}

/** "exit status 3 at 10:02:11, process 123, 1.2 s of processor, 45 MiB at the most" */
export function exitText({ status, pid, at, usage }: NonNullable<Explanation["lastExit"]>, now: number): string {
  const parts = [
    `${describeExit(status)} at ${clock(at, now)}`,
    ...(pid === null ? [] : [`process ${pid}`]),
    ...(usage === null
      ? []
      : [`${formatDuration(usage.userMs + usage.systemMs)} of processor time`, `${formatSize(usage.maxRssBytes)} of memory at the most`]),
  ];
  return parts.join(", ");
}
