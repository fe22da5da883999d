/** What the monitor can be asked for. */
import { type HistoryRequest, HOST_SERIES, type HostSeries, INSTANCE_SERIES, type InstanceSeries } from "../monitor/sample.ts";
import type { Control } from "../supervisor/control.ts";
import { type Field, FLAG, TEXT } from "./requestFields.ts";

const SECOND = 1000;
const LONGEST_INTERVAL = 3600;
const NAMES: readonly string[] = [...new Set<string>([...INSTANCE_SERIES, ...HOST_SERIES])];

const TIME: Field<string> = {
  meant: "milliseconds since 1970",
  read: (value) => (typeof value === "string" && /^\d{1,15}$/.test(value) ? { value } : undefined),
};

const INTERVAL: Field<string> = {
  meant: `whole seconds, 1 to ${LONGEST_INTERVAL}`,
  read: (value) =>
    typeof value === "string" && /^\d{1,4}$/.test(value) && Number(value) >= 1 && Number(value) <= LONGEST_INTERVAL ? { value } : undefined,
};

const COUNT: Field<string> = {
  meant: "a number of samples, 1 or more",
  read: (value) => (typeof value === "string" && /^[1-9]\d{0,8}$/.test(value) ? { value } : undefined),
};

const SERIES: Field<string> = {
  meant: `some of ${NAMES.join(", ")}, with commas between`,
  read: (value) => (typeof value === "string" && value.split(",").every((name) => NAMES.includes(name)) ? { value } : undefined),
};

interface Asked {
  readonly control: Pick<Control, "monitor">;
  /** Checked by the queries below. */
  readonly query: Readonly<Record<string, string>>;
}

export const HISTORY_QUERY = { instance: TEXT, series: SERIES, since: TIME, fine: FLAG };
export const STREAM_QUERY = { interval: INTERVAL, count: COUNT };

export function sample({ control }: Asked): { readonly json: unknown } {
  return { json: control.monitor.sample() };
}

/** An instance that never ran has none, and neither has one that doesn't exist. */
export function history({ control, query }: Asked): { readonly json: unknown } {
  const { instance, series, since, fine } = query;
  const request: HistoryRequest = {
    ...(instance === undefined ? {} : { instance }),
    ...(series === undefined ? {} : { series: series.split(",") as (InstanceSeries | HostSeries)[] }),
    ...(since === undefined ? {} : { since: Number(since) }),
    fine: fine === "1",
  };
  return { json: { series: control.monitor.history(request) } };
}

export function stream({ query }: Asked): { readonly samples: { readonly interval: number; readonly count: number } } {
  return { samples: { interval: Number(query.interval ?? 1) * SECOND, count: Number(query.count ?? Number.POSITIVE_INFINITY) } };
}
