/** The instances that are shown, in their order. Pure. */
import type { InstanceSample, InstanceStatus, ServiceStatus } from "./answers.ts";
import type { Model, Sort } from "./model.ts";

export interface Row {
  readonly service: ServiceStatus;
  readonly status: InstanceStatus;
  /** Undefined before the first sample that has it. */
  readonly sample: InstanceSample | undefined;
}

/** Those whose name or state has the filter in it. What uses most comes first, except by name and in the order of adding. */
export function rowsOf({ survey, sample, filter, sort }: Pick<Model, "survey" | "sample" | "filter" | "sort">): readonly Row[] {
  const samples = new Map(sample?.instances.map((one) => [one.name, one]));
  const wanted = filter.toLowerCase();
  const rows = (survey?.services ?? []).flatMap((service) =>
    service.instances
      .filter(({ name, state }) => name.toLowerCase().includes(wanted) || state.includes(wanted))
      .map((status) => ({ service, status, sample: samples.get(status.name) })),
  );
  const order = ORDERS[sort];
  return order === undefined ? rows : rows.toSorted(order);
}

const ORDERS: Readonly<Record<Sort, ((one: Row, other: Row) => number) | undefined>> = {
  added: undefined,
  name: (one, other) => one.status.name.localeCompare(other.status.name, "en", { numeric: true }),
  // What needs somebody is at the top.
  state: (one, other) => URGENCY.indexOf(one.status.state) - URGENCY.indexOf(other.status.state),
  cpu: falling(({ sample }) => sample?.cpu),
  memory: falling(({ sample }) => sample?.memory),
  read: falling(({ sample }) => sample?.readRate),
  write: falling(({ sample }) => sample?.writeRate),
  restarts: falling(({ status }) => status.restarts),
};

const URGENCY: readonly InstanceStatus["state"][] = [
  ...(["failed", "backoff", "stopping", "starting", "reloading", "waiting", "stopped", "running", "completed"] as const),
];

function falling(value: (row: Row) => number | null | undefined): (one: Row, other: Row) => number {
  return (one, other) => (value(other) ?? -1) - (value(one) ?? -1);
}

/** Of the log that is shown for the selected instance: its errors, where they are asked for and have a file of their own. */
export function logOf({ survey, selected, errors }: Pick<Model, "survey" | "selected" | "errors">) {
  const instances = survey?.services.find(({ name }) => name === serviceOf(selected ?? ""))?.instances;
  const status = instances?.find(({ name }) => name === selected);
  if (status === undefined) return undefined;
  return errors && status.errorLog !== null
    ? ({ kind: "errors", path: status.errorLog } as const)
    : ({ kind: "log", path: status.log } as const);
}

/** "web" of "web/0". */
export function serviceOf(instance: string): string {
  return instance.slice(0, instance.lastIndexOf("/"));
}
