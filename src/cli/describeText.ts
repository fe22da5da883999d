/** A service with all that is known of it, for people. */
import type { InstanceStatus, ServiceDescription } from "../supervisor/control.ts";
import { clock } from "../supervisor/story.ts";
import { formatDuration } from "../values/duration.ts";
import { formatSize } from "../values/formatSize.ts";
import { harmless, textWidth } from "../values/textWidth.ts";
import { shellWord } from "./outcomes.ts";
import type { Paint } from "./paint.ts";
import { specRows } from "./specRows.ts";
import { exitText } from "./whyText.ts";

export interface DescribeView {
  readonly now: number;
  readonly paint: Paint;
  readonly width?: number | undefined;
}

/** Sections: the service, its sockets and dependencies, its instances. */
export function describeLines(service: ServiceDescription, view: DescribeView): readonly string[] {
  const { paint, now } = view;
  const { name, wanted, spec, sockets, dependsOn, schedule, instances } = service;
  const next = schedule === null ? [] : [["next run", schedule.next === null ? "never again" : clock(schedule.next, now)] as const];
  return [
    `${paint.bold(harmless(name))}${wanted ? "" : " (stopped by somebody: it isn't meant to run)"}`,
    ...rows([["command", spec.command.map(shellWord).join(" ")], ...specRows(spec), ...next]),
    ...section(
      "Environment",
      Object.entries(spec.env).map(([variable, value]) => [variable, value] as const),
      paint,
    ),
    ...section(
      "Sockets",
      sockets.map((socket) => [socket.name, `${socket.address}${socket.open ? "" : ", not open"}`] as const),
      paint,
    ),
    ...section(
      "Depends on",
      dependsOn.map(({ service: other, until, met }) => [other, `${until}${met ? "" : ", not yet"}`] as const),
      paint,
    ),
    ...instances.flatMap((instance) => ["", ...instanceLines(instance, view)]),
  ];
}

type Row = readonly [name: string, value: string];

function instanceLines(instance: InstanceStatus, { now, paint }: DescribeView): readonly string[] {
  const { name, state, ready, pid, startedAt, restarts, attempt, statusText, lastExit, cpu, memory, adopted, log, errorLog, degraded } =
    instance;
  const found: readonly (Row | undefined)[] = [
    ["why", instance.why],
    pid === null ? undefined : ["process", `${pid}, ${ready ? "ready" : "not ready yet"}${adopted ? ", adopted" : ""}`],
    pid === null || startedAt === null
      ? undefined
      : ["running for", `${formatDuration(Math.max(0, now - startedAt))}, since ${clock(startedAt, now)}`],
    statusText === null ? undefined : ["says", statusText],
    ["restarts", `${restarts} (attempt ${attempt})`],
    cpu === null ? undefined : ["processor", `${(cpu * 100).toFixed(1)} %`],
    memory === null ? undefined : ["memory", formatSize(memory)],
    lastExit === null ? undefined : ["last exit", exitText(lastExit, now)],
    ["log", log],
    errorLog === null ? undefined : ["error log", errorLog],
    ...degraded.map((text): Row => ["degraded", text]),
  ];
  return [`${paint.bold(harmless(name))} ${paint.state(state)(state)}`, ...rows(found.filter((row) => row !== undefined))];
}

function section(title: string, found: readonly Row[], paint: Paint): readonly string[] {
  return found.length === 0 ? [] : ["", paint.bold(`${title}:`), ...rows(found)];
}

function rows(found: readonly Row[]): readonly string[] {
  const left = Math.max(...found.map(([name]) => textWidth(harmless(name))));
  return found.map(([name, value]) => {
    const clean = harmless(name);
    return `  ${clean}${" ".repeat(left - textWidth(clean) + 2)}${harmless(value)}`;
  });
}
