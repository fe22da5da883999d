/** What Prometheus reads: docs/prometheus.md has the whole list. */
import type { MonitorSample } from "../monitor/sample.ts";
import type { AlertsReport, ChecksReport, Control, InstanceStatus, ServiceStatus, SupervisorStatus } from "../supervisor/control.ts";
import { STATES } from "../supervisor/states.ts";
import { counter, gauge, info, samplesOf } from "./metricsFamily.ts";
import { type Family, formatMetrics, METRICS_TYPES, metricsFormat, type Sample } from "./metricsFormat.ts";
import { monitorFamilies } from "./metricsMonitor.ts";

export interface MetricsSources {
  readonly about: SupervisorStatus;
  readonly services: readonly ServiceStatus[];
  readonly sample: MonitorSample;
  readonly checks?: ChecksReport | undefined;
  readonly alerts?: AlertsReport | undefined;
}

/** @param accept the header of the request: OpenMetrics for who asks for it */
export function metrics(control: Control, accept: string | undefined): { readonly text: string; readonly type: string } {
  const format = metricsFormat(accept);
  const sources = {
    ...{ about: control.about(), services: control.list(), sample: control.monitor.sample() },
    ...{ checks: control.checks?.(), alerts: control.alerts?.() },
  };
  return { text: formatMetrics(metricFamilies(sources), format), type: METRICS_TYPES[format] };
}

/** @example formatMetrics(metricFamilies({ about, services, sample }), "text") */
export function metricFamilies({ about, services, sample, checks, alerts }: MetricsSources): readonly Family[] {
  return [
    ...instanceFamilies(services),
    ...monitorFamilies(sample),
    ...checkFamilies(checks),
    ...alertFamilies(alerts),
    info("supervisor", "The version of the supervisor, and how it was started.", { version: about.version, mode: about.mode }),
    gauge("supervisor_start_time_seconds", "When the supervisor was started, since 1970.", one(about.startedAt / 1000)),
    counter("supervisor_restarts", "How often the supervisor was started again.", one(Math.max(0, about.init.supervisors - 1))),
    gauge("supervisor_memory_bytes", "Resident memory of the supervisor.", one(about.memory)),
    gauge("supervisor_degraded", "How many things of the supervisor don't work as they should.", one(about.degraded.length)),
    gauge("services", "How many services there are.", one(about.services)),
  ];
}

function instanceFamilies(services: readonly ServiceStatus[]): readonly Family[] {
  const instances = services.flatMap((service) => service.instances.map((status) => ({ service: service.name, status })));
  type One = (typeof instances)[number];
  const labels = ({ service, status }: One) => ({ service, instance: status.name });
  const each = (value: (status: InstanceStatus) => number | null) => samplesOf(instances, labels, ({ status }) => value(status));
  return [
    gauge(
      "instance_up",
      "Whether the instance is running and ready.",
      each(({ state, ready }) => Number(ready && (state === "running" || state === "reloading"))),
    ),
    gauge(
      "instance_wanted",
      "Whether the instance is meant to be up.",
      each(({ wanted }) => Number(wanted)),
    ),
    gauge(
      "instance_state",
      "1 for the state that the instance is in, 0 for all others.",
      instances.flatMap((found) => STATES.map((state): Sample => [{ ...labels(found), state }, Number(found.status.state === state)])),
    ),
    counter(
      "instance_restarts",
      "How often the instance was restarted because it ended.",
      each(({ restarts }) => restarts),
    ),
    gauge(
      "instance_start_time_seconds",
      "When the main process was started, since 1970.",
      each(({ startedAt }) => (startedAt === null ? null : startedAt / 1000)),
    ),
    gauge(
      "instance_degraded",
      "How many things don't work for the instance as they should.",
      each(({ degraded }) => degraded.length),
    ),
    counter(
      "instance_log_dropped_lines",
      "Lines of its output that were dropped while a disk was full; counted when it is written again.",
      each(({ logDropped }) => logDropped?.lines ?? 0),
    ),
    counter(
      "instance_log_dropped_bytes",
      "Bytes of its output that were dropped while a disk was full; counted when it is written again.",
      each(({ logDropped }) => logDropped?.bytes ?? 0),
    ),
  ];
}

function checkFamilies(report: ChecksReport | undefined): readonly Family[] {
  if (report === undefined) return [];
  return [
    gauge(
      "check_firing",
      "1 while the check fires.",
      samplesOf(
        report.checks,
        ({ id, subject, check }) => ({ id, subject, check }),
        ({ state }) => (state === "unknown" ? null : Number(state === "firing")),
      ),
    ),
    gauge("check_mistakes", "Entries of checks and alerts in the configuration that can't be followed.", one(report.mistakes.length)),
  ];
}

function alertFamilies(report: AlertsReport | undefined): readonly Family[] {
  const routes = report?.routes ?? [];
  const labels = ({ name, kind }: (typeof routes)[number]) => ({ route: name, kind });
  return [
    counter(
      "alerts_sent",
      "Alerts that were told over the route.",
      samplesOf(routes, labels, ({ sent }) => sent),
    ),
    gauge(
      "alerts_waiting",
      "Alerts that wait because the route fails.",
      samplesOf(routes, labels, ({ waiting }) => waiting.length),
    ),
    counter(
      "alerts_dropped",
      "Alerts that nobody will be told of over the route.",
      samplesOf(routes, labels, ({ dropped }) => dropped),
    ),
  ];
}

function one(value: number): readonly Sample[] {
  return [[{}, value]];
}
