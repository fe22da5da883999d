/** When a schedule fires. The library that reads cron patterns is loaded with the first schedule. */

import { nearest } from "../values/nearest.ts";
import { given, ValueError } from "../values/valueError.ts";
import type { ScheduleSpec } from "./specTypes.ts";

const NAMES = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

export interface Schedule {
  /** The first time after `now` (milliseconds since 1970), or null where there is none any more. */
  next(now: number): number | null;
}

/**
 * Opens a schedule. Times that a change of clocks skips or repeats run once.
 *
 * @throws ValueError for a pattern or time zone that is none
 * @example
 * const schedule = await openSchedule({ cron: "30 3 * * *", timeZone: "Europe/Berlin" });
 * schedule.next(Date.now());
 */
export async function openSchedule({ cron, timeZone }: ScheduleSpec): Promise<Schedule> {
  if (timeZone !== null) checkTimeZone(timeZone);
  if (!/^@\w+$/.test(cron) && cron.trim().split(/\s+/).length < 5) {
    throw new ValueError(`${given(cron)} is not five fields as in "30 3 * * *", six with seconds first, or a name such as "@daily"`);
  }
  if (cron.startsWith("@") && !NAMES.includes(cron.toLowerCase()) && !/^@reboot$/i.test(cron)) {
    const near = nearest(cron, NAMES);
    throw new ValueError(
      `${given(cron)} is no name of a schedule: ${near === undefined ? `there are ${NAMES.join(", ")}` : `did you mean ${given(near)}?`}`,
    );
  }
  if (/^@reboot$/i.test(cron)) throw new ValueError('"@reboot" is no time: a service without a schedule starts with the supervisor');
  // It stands for the moment at which the pattern is read, which is another one after each restart of the supervisor.
  if (cron.includes("?")) throw new ValueError(`${given(cron)} has a "?" in it: write "*"`);
  const { Cron } = await import("croner");
  try {
    const job = new Cron(cron, timeZone === null ? { paused: true } : { paused: true, timezone: timeZone });
    return { next: (now) => job.nextRun(new Date(now))?.getTime() ?? null };
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^Cron\w*: /, "") : String(error);
    throw new ValueError(`${given(cron)} is not a cron pattern: ${why}`, { cause: error });
  }
}

/** @throws ValueError for what is none */
export function checkTimeZone(name: string): void {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
  } catch (error) {
    throw new ValueError(`${given(name)} is not a time zone such as "Europe/Berlin" or "UTC"`, { cause: error });
  }
}
