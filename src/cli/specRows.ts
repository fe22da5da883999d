/** A specification for people: its keys in words, those that say nothing left out. */
import type { ServiceSpec } from "../service/specTypes.ts";
import { formatDuration } from "../values/duration.ts";
import { formatSize } from "../values/formatSize.ts";
import { formatMode } from "../values/mode.ts";
import { shellWord } from "./outcomes.ts";

type Row = readonly [name: string, value: string];

/** Environment, sockets and dependencies are shown apart. Pure. */
export function specRows(spec: ServiceSpec): readonly Row[] {
  const rows: readonly (readonly [name: string, value: string | null])[] = [
    ["directory", spec.cwd],
    ["type", spec.type === "simple" ? null : spec.type],
    ["pid file", spec.pidFile],
    ["instances", String(spec.instances)],
    ["user", spec.user === null ? null : String(spec.user)],
    ["group", spec.group === null ? null : String(spec.group)],
    ["groups", spec.groups === null ? null : spec.groups.join(", ")],
    ["ready", ready(spec.ready)],
    ["restart", restart(spec.restart)],
    ["stop", `${spec.stop.signal}, ${spec.stop.timeout === null ? "never SIGKILL" : `SIGKILL after ${formatDuration(spec.stop.timeout)}`}`],
    ["reload", spec.reload === null ? null : "rolling" in spec.reload ? "rolling" : spec.reload.signal],
    ["watchdog", spec.watchdog === null ? null : `each ${formatDuration(spec.watchdog)}`],
    [
      "schedule",
      spec.schedule === null ? null : `${spec.schedule.cron}${spec.schedule.timeZone === null ? "" : ` (${spec.schedule.timeZone})`}`,
    ],
    ["before start", words(spec.hooks.beforeStart)],
    ["after exit", words(spec.hooks.afterExit)],
    ["health", spec.health === null ? null : health(spec.health)],
    ["umask", formatMode(spec.umask)],
    ["limits", listed(Object.entries(spec.limits).map(([name, [soft, hard]]) => `${name}=${limit(soft)}:${limit(hard)}`))],
    ["niceness", spec.nice === null ? null : String(spec.nice)],
    ["I/O priority", spec.ioPriority],
    ["OOM score", spec.oomScore === null ? null : String(spec.oomScore)],
    ["privileges", spec.noNewPrivileges ? "none to be gained" : null],
    ["memory limit", spec.resources.memory === null ? null : formatSize(spec.resources.memory)],
    ["CPU limit", spec.resources.cpu === null ? null : `${spec.resources.cpu} processors`],
    ["checks", listed(spec.checks.map(check))],
  ];
  return rows.filter((row): row is Row => row[1] !== null);
}

function ready(spec: ServiceSpec["ready"]): string {
  const within = spec.timeout === null ? "" : ` within ${formatDuration(spec.timeout)}`;
  switch (spec.on) {
    case "started":
      return "when started";
    case "notify":
      return `READY=1${within}`;
    case "port":
      return `port ${spec.host}:${spec.port}${within}`;
    case "http":
      return `${spec.url}${within}`;
    case "line":
      return `a line like /${spec.pattern}/${within}`;
    case "exec":
      return `${words(spec.command)}${within}`;
  }
}

function restart({ when, limit: most, window, backoff }: ServiceSpec["restart"]): string {
  if (when === "never") return when;
  const bound = most === null ? "no limit" : `at most ${most} in ${formatDuration(window)}`;
  return `${when}, ${bound}, backing off up to ${formatDuration(backoff.max)}`;
}

function health({ probe, every, failures }: NonNullable<ServiceSpec["health"]>): string {
  const what = probe.kind === "http" ? probe.url : probe.kind === "tcp" ? `port ${probe.host}:${probe.port}` : words(probe.command);
  return `${what} each ${formatDuration(every)}, ${failures} failures restart it`;
}

function check({ metric, when, threshold, then }: ServiceSpec["checks"][number]): string {
  return `${metric} ${when} ${threshold} → ${then.map((action) => (typeof action === "string" ? action : "exec")).join(", ")}`;
}

function words(command: readonly string[] | null): string | null {
  return command === null ? null : command.map(shellWord).join(" ");
}

function limit(value: number): string {
  return value < 0 ? "unlimited" : String(value);
}

function listed(items: readonly string[]): string | null {
  return items.length === 0 ? null : items.join(", ");
}
