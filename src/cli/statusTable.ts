/** What `daemonitor status` shows: a table of the instances, a line that sums them up, and what doesn't work as it should. */
import type { InstanceStatus, ServiceStatus, SupervisorStatus } from "../supervisor/control.ts";
import { STATES } from "../supervisor/states.ts";
import { clock } from "../supervisor/story.ts";
import { formatDuration } from "../values/duration.ts";
import { describeExit } from "../values/exitStatus.ts";
import { formatSize } from "../values/formatSize.ts";
import { harmless } from "../values/textWidth.ts";
import type { Paint } from "./paint.ts";
import { type Cell, type Column, table } from "./table.ts";

export interface StatusView {
  readonly supervisor: SupervisorStatus;
  readonly services: readonly ServiceStatus[];
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly paint: Paint;
  /** Columns of the terminal. Default: as many as it takes. */
  readonly width?: number | undefined;
}

const COLUMNS: readonly Column[] = [
  { title: "NAME", least: 8 },
  { title: "STATE" },
  { title: "READY" },
  { title: "PID", align: "right" },
  { title: "UPTIME", align: "right" },
  { title: "RESTARTS", align: "right" },
  { title: "CPU", align: "right" },
  { title: "MEMORY", align: "right" },
  { title: "NOTE", least: 12, optional: true },
];

/** Lines without their ends. */
export function statusLines({ supervisor, services, now, paint, width }: StatusView): readonly string[] {
  const instances = services.flatMap((service) => service.instances.map((instance) => ({ service, instance })));
  const rows = instances.map(({ service, instance }) => row(service, instance, now, paint));
  const noted = rows.some((cells) => cells.at(-1)?.text !== "");
  const columns = noted ? COLUMNS : COLUMNS.slice(0, -1);
  return [
    ...(rows.length === 0 ? [] : [...table(columns, rows, { width, paintTitle: paint.bold }), ""]),
    summary(services, paint),
    ...degraded(supervisor, services).map((text) => `${paint.red("degraded:")} ${harmless(text)}`),
  ];
}

/**
 * Whether everything that should be up is up: running, completed, or waiting for its time. Where services were named, those that
 * somebody stopped count as well.
 */
export function isUp(services: readonly ServiceStatus[], named: boolean): boolean {
  return services.every((service) =>
    service.instances.every((instance) => (named || instance.wanted ? isInstanceUp(service, instance) : true)),
  );
}

function isInstanceUp(service: ServiceStatus, { state }: InstanceStatus): boolean {
  return state === "running" || state === "reloading" || state === "completed" || (state === "waiting" && service.schedule !== null);
}

function row(service: ServiceStatus, instance: InstanceStatus, now: number, paint: Paint): readonly Cell[] {
  const { state, ready, pid, startedAt, restarts, cpu, memory } = instance;
  return [
    // Of a single instance the number says nothing.
    { text: service.instances.length === 1 ? service.name : instance.name },
    { text: state, paint: paint.state(state) },
    { text: pid === null ? "-" : ready ? "yes" : "no" },
    { text: shown(pid, String) },
    { text: pid === null ? "-" : shown(startedAt, (at) => uptime(now - at)) },
    { text: String(restarts), ...(restarts > 0 ? { paint: paint.bold } : {}) },
    { text: shown(cpu, percent) },
    { text: shown(memory, formatSize) },
    { text: note(service, instance, now) },
  ];
}

function shown<T>(value: T | null, format: (value: T) => string): string {
  return value === null ? "-" : format(value);
}

/** "3h 20min": the blanks before units don't fit into 80 columns. */
function uptime(ms: number): string {
  return formatDuration(Math.max(0, ms)).replaceAll(/(\d) /g, "$1");
}

function percent(share: number): string {
  return `${share < 0.0995 ? (share * 100).toFixed(1) : Math.round(share * 100)} %`;
}

/** What it says of itself; or what it waits for, or how it ended. */
function note({ schedule }: ServiceStatus, { state, statusText, lastExit }: InstanceStatus, now: number): string {
  if (state === "waiting" && schedule !== null) return schedule.next === null ? "never again" : `next at ${clock(schedule.next, now)}`;
  if ((state === "failed" || state === "backoff") && lastExit !== null) return describeExit(lastExit.status);
  return statusText ?? "";
}

/** "3 services, 5 instances: 4 running, 1 failed" */
function summary(services: readonly ServiceStatus[], paint: Paint): string {
  if (services.length === 0) return 'there are no services yet; "daemonitor start FILE" or "daemonitor apply" adds some';
  const instances = services.flatMap((service) => service.instances);
  const counts = STATES.flatMap((state) => {
    const count = instances.filter((instance) => instance.state === state).length;
    return count === 0 ? [] : [paint.state(state)(`${count} ${state}`)];
  });
  const all = `${counted(services.length, "service")}, ${counted(instances.length, "instance")}`;
  return counts.length === 0 ? all : `${all}: ${counts.join(", ")}`;
}

function degraded(supervisor: SupervisorStatus, services: readonly ServiceStatus[]): readonly string[] {
  return [
    ...supervisor.degraded,
    ...services.flatMap(({ instances }) => instances.flatMap((each) => each.degraded.map((text) => `${each.name} ${text}`))),
  ];
}

/**
 * A number with its noun.
 *
 * @example
 * counted(2, "service"); // "2 services"
 */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
