/** The facts of a day as what people want to know of it: plain JSON, which `daemonitor report --json` prints. Pure. */
import type { AlertRouteStatus, ServiceStatus, ToldAlert } from "../../supervisor/control.ts";
import { type Consumer, consumersOf } from "./consumers.ts";
import { type Disks, disksOf } from "./disks.ts";
import type { Facts } from "./facts.ts";
import { type Known, knownOf } from "./known.ts";
import { type Restarts, restartsOf } from "./restarts.ts";
import { type Point, sumOf, type Tracks, tracksOf } from "./tracks.ts";
import { type Trouble, troublesOf } from "./troubles.ts";

/** Times are milliseconds since 1970, durations milliseconds, sizes bytes; a share of processors is 1 for one. */
export interface Report {
  readonly version: 1;
  readonly host: string;
  readonly since: number;
  readonly until: number;
  readonly known: Known;
  readonly supervisor: {
    readonly version: string;
    readonly startedAt: number;
    /** How often it was started again in that time, as far as events tell. */
    readonly restarts: number;
    readonly degraded: readonly string[];
  };
  readonly services: {
    readonly total: number;
    readonly instances: number;
    readonly running: number;
    /** Those that are not as they should be now, with the reason. */
    readonly troubled: readonly { readonly instance: string; readonly state: string; readonly why: string }[];
  };
  readonly machine: {
    readonly processors: number;
    readonly memory: number;
    readonly cpu: Mean | null;
    readonly memoryUsed: Mean | null;
  };
  readonly restarts: readonly Restarts[];
  readonly consumers: readonly Consumer[];
  readonly disks: Disks;
  readonly checks: readonly Trouble[];
  /** Entries of the configuration that can't be followed. */
  readonly mistakes: readonly string[];
  readonly problems: readonly Trouble[];
  readonly alerts: {
    readonly told: readonly ToldAlert[];
    /** Routes over which something could not be told. */
    readonly failing: readonly Pick<AlertRouteStatus, "name" | "kind" | "lastError" | "dropped">[];
    readonly routes: number;
  };
}

export interface Mean {
  readonly mean: number;
  readonly peak: number;
  readonly peakAt: number;
}

/** What the page draws, beside the figures. */
export interface Drawn {
  readonly host: readonly Point[];
  /** By mount point. */
  readonly disks: ReadonlyMap<string, readonly Point[]>;
}

export function reportOf(facts: Facts): { readonly report: Report; readonly drawn: Drawn } {
  const { host, since, now, supervisor, services, events, sample, recent, past, checks, alerts } = facts;
  const tracks = tracksOf([...past.stretches, ...recent], { since, until: now });
  const { version, startedAt } = supervisor;
  // A check that fires is told once, among the checks.
  const degraded = supervisor.degraded.filter((sentence) => !checks.checks.some(({ id }) => sentence.startsWith(`${id}: `)));
  const troubles = troublesOf(events, { checks: checks.checks, lasting: supervisor.degraded, since, now });
  const begun = events.filter((event) => event.at >= since && event.seq > 1 && event.type === "supervisor" && event.what !== "stopping");
  const routes = alerts?.routes ?? [];
  const report: Report = {
    ...{ version: 1, host, since, until: now },
    known: knownOf(facts, tracks),
    supervisor: { version, startedAt, restarts: begun.length, degraded },
    services: servicesOf(services),
    machine: {
      processors: sample.host.processors,
      memory: sample.host.memory.total,
      cpu: meanOf(tracks, "cpu"),
      memoryUsed: meanOf(tracks, "memoryUsed"),
    },
    restarts: restartsOf(events, since),
    consumers: consumersOf(tracks),
    disks: disksOf(sample, tracks),
    checks: troubles.checks,
    mistakes: checks.mistakes,
    problems: troubles.others,
    alerts: {
      told: (alerts?.recent ?? []).filter(({ at }) => at >= since),
      failing: routes
        .filter(({ lastError, dropped }) => lastError !== null || dropped > 0)
        .map(({ name, kind, lastError, dropped }) => ({ name, kind, lastError, dropped })),
      routes: routes.length,
    },
  };
  const disks = [...tracks].flatMap(([name, points]) => (name.startsWith("disk:") ? [[name.slice("disk:".length), points] as const] : []));
  return { report, drawn: { host: tracks.get("host") ?? [], disks: new Map(disks) } };
}

function servicesOf(services: readonly ServiceStatus[]): Report["services"] {
  const instances = services.flatMap((service) => service.instances);
  const troubled = instances.filter(({ state, degraded }) => state === "failed" || state === "backoff" || degraded.length > 0);
  return {
    total: services.length,
    instances: instances.length,
    running: instances.filter(({ ready }) => ready).length,
    troubled: troubled.map(({ name, state, why, degraded }) => ({ instance: name, state, why: [why, ...degraded].join("; ") })),
  };
}

function meanOf(tracks: Tracks, column: string): Mean | null {
  const sum = sumOf(tracks.get("host") ?? [], column);
  return sum === null ? null : { mean: sum.mean, peak: sum.peak, peakAt: sum.peakAt };
}
