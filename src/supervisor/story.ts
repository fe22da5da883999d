/** Why an instance is as it is, in a sentence. */
import type { Instance } from "./instance.ts";
import type { State } from "./states.ts";

const VERBS: Readonly<Record<State, string>> = {
  stopped: "stopped at",
  waiting: "waits since",
  starting: "starts since",
  running: "runs since",
  reloading: "reloads since",
  stopping: "is being stopped since",
  backoff: "backs off since",
  completed: "completed at",
  failed: "failed at",
};

/**
 * In the local time zone; `wall` is now, ms since 1970.
 *
 * @example
 * why(instance, Date.now()); // "web/1 failed at 10:02:11: exit status 3, the sixth in 5 min (limit 5)"
 */
export function why({ name, state, since, history }: Instance, wall: number): string {
  const entered = history.findLast((note) => note.to === state && note.from !== state) ?? history.at(-1);
  if (entered === undefined) return `${name} was never started`;
  return `${name} ${VERBS[state]} ${clock(since.wall, wall)}: ${entered.reason}`;
}

/** "10:02:11", with the date where that isn't today's. */
export function clock(moment: number, wall: number): string {
  const date = new Date(moment);
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(":");
  if (date.toDateString() === new Date(wall).toDateString()) return time;
  return `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())} ${time}`;
}

function twoDigits(n: number): string {
  return String(n).padStart(2, "0");
}
