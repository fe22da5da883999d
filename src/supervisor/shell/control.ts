/** The supervisor as the API sees it. */

import type { ServiceSpec } from "../../service/specTypes.ts";
import { type Control, ControlError, type MonitorSource, type ServiceStatus, type SupervisorStatus } from "../control.ts";
import type { CommandRunner } from "./commands.ts";
import { dependenciesOf } from "./dependencies.ts";
import type { Services } from "./services.ts";
import { explanation, type StatusSources, serviceDescription, serviceStatus } from "./statuses.ts";
import type { Supervisor } from "./supervisor.ts";
import { TreeMeter } from "./treeMeter.ts";
import { instanceName, type Unit } from "./unit.ts";

export interface ControlOptions {
  readonly version: string;
  readonly mode: SupervisorStatus["mode"];
  readonly monitor: MonitorSource;
  /** After all services were stopped. */
  end(): void;
}

/** Without checks and alerts, which need it to act. */
export type PlainControl = Omit<Control, "checks" | "alerts" | "testAlerts">;

export function controlOf(supervisor: Supervisor, services: Services, commands: CommandRunner, options: ControlOptions): PlainControl {
  const { context, schedules, meter } = supervisor;
  const { home, client, units, problems, desired } = context;
  const startedAt = Date.now();
  let isEnding = false;
  const sources: StatusSources = {
    meter: new TreeMeter(options.monitor, meter),
    logPaths: (unit) => context.logs.pathsOf(unit.spec, unit.name),
    next: (service) => schedules.next(service),
    isOpen: (service, socket) => context.sockets.isOpen(service, socket),
  };
  const statusOf = (spec: ServiceSpec, some: readonly Unit[]): ServiceStatus =>
    serviceStatus(spec, desired.services.get(spec.name)?.wanted ?? false, some, sources);
  const selected = (selector: string) =>
    commands.select(selector).flatMap(({ name, instances }) => {
      const spec = supervisor.specOf(name);
      const some = instances.flatMap((number) => units.get(instanceName(name, Number(number))) ?? []);
      return spec === undefined ? [] : [{ spec, units: some }];
    });
  const unlessEnding = () => {
    if (isEnding) throw new ControlError("ERR_SHUTTING_DOWN", "the supervisor is shutting down", "wait until it has, then start it again");
  };

  return {
    events: context.events,
    monitor: options.monitor,
    about: () => ({
      version: options.version,
      pid: process.pid,
      startedAt,
      init: { pid: client.hello.pid, supervisors: client.hello.restarts + 1 },
      mode: options.mode,
      directories: { run: home.run, state: home.state, log: home.log, config: home.config },
      services: services.names.length,
      instances: units.size,
      running: [...units.values()].filter(({ instance }) => instance.state === "running" || instance.state === "reloading").length,
      memory: process.memoryUsage.rss(),
      degraded: problems.sentences,
    }),
    list: (selector = "all") => selected(selector).map(({ spec, units: some }) => statusOf(spec, some)),
    describe: (selector, { secrets = false } = {}) =>
      selected(selector).map(({ spec, units: some }) => {
        const dependsOn = dependenciesOf(spec, (name) => supervisor.unitsOf(name));
        return serviceDescription(statusOf(spec, some), spec, dependsOn, sources, secrets);
      }),
    why: (selector) => selected(selector).flatMap(({ units: some }) => some.map((unit) => explanation(unit, sources))),
    async act(request) {
      unlessEnding();
      return commands.act(request);
    },
    async apply(request) {
      unlessEnding();
      return commands.apply(request);
    },
    async shutdown({ by, force = false }) {
      unlessEnding();
      isEnding = true;
      context.events.append({ type: "supervisor", what: "stopping", detail: `shutdown asked by ${by}` });
      const result = await commands.stopAll(by, force);
      options.end();
      return result;
    },
  };
}
