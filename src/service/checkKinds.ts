/** Kinds of `checks`: a metric, a threshold in the metric's own unit, how often, and what to do then. */
import { CHECK_ACTIONS, type CheckAction } from "../values/checkActions.ts";
import { parseDuration } from "../values/duration.ts";
import { parseSize } from "../values/size.ts";
import { given, ValueError } from "../values/valueError.ts";
import { command } from "./commandKinds.ts";
import { attempt, type Kind, leaf } from "./kind.ts";
import type { Place } from "./place.ts";
import { oneOf } from "./scalars.ts";
import { isPlainObject, listOf } from "./structures.ts";

type Unit = "percent" | "bytes" | "bytes a second" | "count" | "count a second" | "milliseconds";

/** What an instance is measured by, its children included. Rates are per second. */
export const METRICS = {
  cpu: "percent",
  memory: "bytes",
  swap: "bytes",
  threads: "count",
  processes: "count",
  descriptors: "count",
  readRate: "bytes a second",
  writeRate: "bytes a second",
  contextSwitches: "count a second",
  restarts: "count",
  uptime: "milliseconds",
} as const satisfies Record<string, Unit>;

export type Metric = keyof typeof METRICS;

export const metric: Kind<Metric> = oneOf(...(Object.keys(METRICS) as Metric[]));

/** Text or number, in the unit of a metric that isn't known yet: see {@link threshold}. */
export const amount: Kind<string | number> = leaf({
  label: "number, size, percentage or duration",
  meant: "an amount",
  schema: { type: ["string", "number"] },
  parse: (value) => {
    if (typeof value === "string" || (typeof value === "number" && value >= 0)) return value;
    throw new ValueError(`${given(value)} is not an amount such as 100, "512MiB", "80%" or "1h"`);
  },
});

/** The amount in the metric's unit. cpu is in percent of one processor. */
export function threshold(of: Metric, written: string | number, at: Place): number | undefined {
  const unit: Unit = METRICS[of];
  const filled = at.written.has(String(written));
  return attempt(`what ${of} is measured in (${unit})`, filled ? at.written.get(String(written)) : written, filled, at, () =>
    inUnit(unit, of, written),
  );
}

export interface Often {
  /** So many … */
  readonly times: number;
  /** … of the last so many samples. */
  readonly of: number;
}

export const often: Kind<Often> = leaf({
  label: '"N of M"',
  meant: 'a text such as "3 of 5"',
  schema: { type: "string", pattern: "^\\d+ of \\d+$|\\$\\{" },
  parse: (value) => {
    const [, times, of] = (typeof value === "string" && /^\s*(\d{1,4})\s+of\s+(\d{1,4})\s*$/.exec(value)) || [];
    const read = { times: Number(times), of: Number(of) };
    if (read.times >= 1 && read.times <= read.of) return read;
    throw new ValueError(`${given(value)} is not a text such as "3 of 5"`);
  },
});

const named = oneOf(...CHECK_ACTIONS);

const action: Kind<CheckAction> = {
  label: "action",
  meant: `${named.meant} or { exec: command }`,
  choices: CHECK_ACTIONS,
  schema: {
    anyOf: [named.schema, { type: "object", properties: { exec: command.schema }, required: ["exec"], additionalProperties: false }],
  },
  read(value, at) {
    if (!isPlainObject(value)) return named.read(value, at);
    const others = Object.keys(value).filter((key) => key !== "exec");
    for (const key of others) at.at(key).error('there is no such key: the only one here is "exec"', { nearest: "exec" });
    if (others.length === 0 && value.exec === undefined) return at.error('it has no key "exec"');
    const exec = value.exec === undefined ? undefined : command.read(value.exec, at.at("exec"));
    return exec === undefined ? undefined : { exec };
  },
};

export const actions: Kind<readonly CheckAction[]> = listOf(action, { alone: true });

function inUnit(unit: Unit, of: Metric, written: string | number): number {
  const text = String(written).trim();
  switch (unit) {
    case "percent":
      return count(text.replace(/\s*%$/, ""), `${of} is measured in percent of a processor, as in "80%", and ${given(written)} is none`);
    case "bytes":
      return parseSize(written);
    case "bytes a second":
      return parseSize(typeof written === "number" ? written : text.replace(/\/s$/, ""));
    case "count":
    case "count a second":
      return count(text, `${of} is a number, and ${given(written)} is none`);
    case "milliseconds":
      return parseDuration(written);
  }
}

function count(digits: string, wrong: string): number {
  if (/^\d+(?:\.\d+)?$/.test(digits)) return Number(digits);
  throw new ValueError(wrong);
}
