/** What Prometheus reads: the text format, version 0.0.4. */
import type { InstanceStatus, ServiceStatus, SupervisorStatus } from "../supervisor/control.ts";
import { STATES } from "../supervisor/states.ts";

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "gauge" | "counter";
  readonly samples: readonly Sample[];
}

/** @example metricsText(control.about(), control.list()) */
export function metricsText(about: SupervisorStatus, services: readonly ServiceStatus[]): string {
  const instances = services.flatMap((service) =>
    service.instances.map((instance) => ({ instance, labels: { service: service.name, instance: instance.name } })),
  );
  const each = (value: (instance: InstanceStatus) => number | null): readonly Sample[] =>
    instances.flatMap(({ instance, labels }): Sample[] => {
      const found = value(instance);
      return found === null ? [] : [[labels, found]];
    });
  const one = (value: number): readonly Sample[] => [[{}, value]];
  const families: readonly Family[] = [
    gauge(
      "instance_up",
      "Whether the instance is running and ready.",
      each(({ state, ready }) => Number(ready && isUp(state))),
    ),
    gauge(
      "instance_wanted",
      "Whether the instance is meant to be up.",
      each(({ wanted }) => Number(wanted)),
    ),
    gauge(
      "instance_state",
      "1 for the state that the instance is in, 0 for all others.",
      instances.flatMap(({ instance, labels }) => STATES.map((state): Sample => [{ ...labels, state }, Number(instance.state === state)])),
    ),
    counter(
      "instance_restarts_total",
      "How often the instance was restarted because it ended.",
      each(({ restarts }) => restarts),
    ),
    gauge(
      "instance_start_time_seconds",
      "When the main process was started, since 1970.",
      each(({ startedAt }) => inSeconds(startedAt)),
    ),
    gauge(
      "instance_memory_bytes",
      "Resident memory of the main process.",
      each(({ memory }) => memory),
    ),
    gauge(
      "instance_cpu_ratio",
      "Share of one processor of the main process, 1 for a whole one.",
      each(({ cpu }) => cpu),
    ),
    gauge(
      "instance_degraded",
      "How many things don't work for the instance as they should.",
      each(({ degraded }) => degraded.length),
    ),
    gauge("supervisor_info", "The version of the supervisor.", [[{ version: about.version, mode: about.mode }, 1]]),
    gauge("supervisor_start_time_seconds", "When the supervisor was started, since 1970.", one(about.startedAt / 1000)),
    counter("supervisor_restarts_total", "How often the supervisor was started again.", one(Math.max(0, about.init.supervisors - 1))),
    gauge("supervisor_memory_bytes", "Resident memory of the supervisor.", one(about.memory)),
    gauge("supervisor_degraded", "How many things of the supervisor don't work as they should.", one(about.degraded.length)),
    gauge("services", "How many services there are.", one(about.services)),
  ];
  return families.map(format).join("");
}

function isUp(state: InstanceStatus["state"]): boolean {
  return state === "running" || state === "reloading";
}

function inSeconds(milliseconds: number | null): number | null {
  return milliseconds === null ? null : milliseconds / 1000;
}

function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return { name: `daemonitor_${name}`, help, type: "gauge", samples };
}

function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { name: `daemonitor_${name}`, help, type: "counter", samples };
}

function format({ name, help, type, samples }: Family): string {
  const lines = samples.map(([labels, value]) => `${name}${formatLabels(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function formatLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
