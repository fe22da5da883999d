/** Where the chart of a file system or a directory leads: its rate over the stretch that is shown. Pure. */
import { forecast } from "../monitor/forecast.ts";
import type { MonitorSample } from "./apiTypes.ts";
import type { PastChart } from "./historyChart.ts";
import { kindOf } from "./historyTiers.ts";
import type { Outlook } from "./wire.ts";

/** Rows that the latest one may lag behind: the coarser ones are made when their time is over. */
const LAG = 3;

/** Null where the past is too short, is no past of a disk, or ended before now. */
export function outlookOf(chart: PastChart, sample: MonitorSample | undefined): Outlook | null {
  const kind = kindOf(chart.name);
  const last = chart.at.at(-1);
  if (sample === undefined || last === undefined || last < sample.at - LAG * chart.step) return null;
  if (kind === "directory") {
    // It is counted now and then, so its past is a stair: no step of it is a jump.
    const endless = Number.POSITIVE_INFINITY;
    const found = forecast(measured(chart, "size"), { available: endless, size: endless, now: last });
    return found === null ? null : { forecast: found, limit: null };
  }
  const fileSystem = kind === "disk" ? sample.fileSystems.find(({ path }) => chart.name === `disk:${path}`) : undefined;
  if (fileSystem === undefined) return null;
  const { available, size } = fileSystem;
  const found = forecast(measured(chart, "used"), { available, size, now: sample.at });
  return found === null ? null : { forecast: found, limit: size };
}

function measured({ at, values }: PastChart, column: string) {
  const used = values[column] ?? [];
  const known = at.flatMap((time, index) => {
    const value = used[index] ?? null;
    return value === null ? [] : [[time, value] as const];
  });
  return { at: known.map(([time]) => time), used: known.map(([, value]) => value) };
}
