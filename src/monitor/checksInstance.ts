/** The checks of a service, for each of its instances: what they measure, and whether that is bad. Pure. */
import type { CheckAction } from "../values/checkActions.ts";
import type { Check, CheckLook } from "./checks.ts";
import { formatAmount, type Unit } from "./checksAmount.ts";
import type { InstanceSample } from "./sample.ts";

/** What a specification calls METRICS; here with how each is read. cpu is in percent of one processor. */
const METRICS = {
  cpu: ["percent", ({ cpu }) => (cpu === null ? null : cpu * 100)],
  memory: ["bytes", ({ memory }) => memory],
  swap: ["bytes", ({ swap }) => swap],
  threads: ["count", ({ threads }) => threads],
  processes: ["count", ({ processes }) => processes],
  descriptors: ["count", ({ descriptors }) => descriptors],
  readRate: ["bytes a second", ({ readRate }) => readRate],
  writeRate: ["bytes a second", ({ writeRate }) => writeRate],
  contextSwitches: ["count a second", ({ contextSwitches }) => contextSwitches],
  restarts: ["count", ({ restarts }) => restarts],
  uptime: ["milliseconds", ({ uptime }) => uptime],
} as const satisfies Record<string, readonly [Unit, (sample: InstanceSample) => number | null]>;

export type CheckMetric = keyof typeof METRICS;

/** As a specification has it. */
export interface InstanceCheck {
  readonly metric: CheckMetric;
  readonly when: "above" | "below";
  readonly threshold: number;
  readonly for: { readonly times: number; readonly of: number };
  readonly then: readonly CheckAction[];
}

/** What is known of the instance besides what was measured. */
export interface CheckedInstance {
  /** "web/0" */
  readonly name: string;
  readonly service: string;
  /** Names its process. */
  readonly run: string;
  /** `serves`: it is ready, so all counts; `rests`: it is meant to be up and isn't; else it is on its way, or not wanted. */
  readonly condition: "serves" | "rests" | "other";
  /** Services that its own one depends on, directly or not. */
  readonly needs: readonly string[];
  readonly checks: readonly InstanceCheck[];
}

/** What can be told of an instance that doesn't run. */
const AT_REST: ReadonlySet<CheckMetric> = new Set<CheckMetric>(["processes", "restarts"]);

/**
 * An instance that is starting or stopping is not judged: neither is what it will be like. Nor is one that somebody stopped.
 *
 * @param sample undefined where nothing was measured
 */
export function lookAtInstance(instance: CheckedInstance, sample: InstanceSample | undefined): readonly CheckLook[] {
  const seen = new Map<string, number>();
  return instance.checks.map((one) => {
    const plain = checkOf(instance, one);
    const count = (seen.get(plain.id) ?? 0) + 1;
    seen.set(plain.id, count);
    const check = count === 1 ? plain : { ...plain, id: `${plain.id} #${count}` };
    const amount = sample === undefined ? null : amountOf(instance, one, sample);
    return {
      check,
      bad: amount === null ? null : one.when === "above" ? amount > one.threshold : amount < one.threshold,
      value: amount === null ? null : formatAmount(METRICS[one.metric][0], amount),
      run: instance.run,
      needs: instance.needs,
    };
  });
}

function checkOf({ name, service }: CheckedInstance, { metric, when, threshold, for: often, then: actions }: InstanceCheck): Check {
  const text = `${metric} ${when} ${formatAmount(METRICS[metric][0], threshold)}`;
  return { id: `${name}: ${text}`, subject: name, service, text, for: often, actions };
}

function amountOf({ condition }: CheckedInstance, { metric }: InstanceCheck, sample: InstanceSample): number | null {
  if (condition === "serves" ? sample.pid === null : condition === "other" || !AT_REST.has(metric)) return null;
  return METRICS[metric][1](sample);
}
