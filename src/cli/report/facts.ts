/** All that a report is made of, as it is found: from the supervisor, and from the history of a dashboard where there is one. */
import { hostname } from "node:os";
import type { Client } from "../../api/client.ts";
import type { MonitorSample } from "../../monitor/sample.ts";
import type { AlertsReport, ChecksReport, ServiceStatus, SupervisorEvent, SupervisorStatus } from "../../supervisor/control.ts";
import type { Stretch } from "./tracks.ts";

export interface Facts {
  readonly host: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly now: number;
  readonly supervisor: SupervisorStatus;
  readonly services: readonly ServiceStatus[];
  /** All that are kept, oldest first. */
  readonly events: readonly SupervisorEvent[];
  readonly sample: MonitorSample;
  /** The supervisor's last hour. */
  readonly recent: readonly Stretch[];
  readonly past: {
    /** Whether there is a history that can be read. */
    readonly found: boolean;
    readonly stretches: readonly Stretch[];
    /** Why it can't be read. */
    readonly problem: string | null;
  };
  readonly checks: ChecksReport;
  readonly alerts: AlertsReport | null;
}

export interface Asked {
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Of the dashboard. */
  readonly historyDirectory: string;
}

/** @throws DaemonError as the client does */
export async function gatherFacts(client: Client, { since, historyDirectory }: Asked): Promise<Facts> {
  // The events first: what happens meanwhile is for the next report.
  const events: SupervisorEvent[] = [];
  for await (const event of client.events({ after: 0, follow: false })) events.push(event);
  const [{ supervisor, services }, sample, recent, checks, alerts] = await Promise.all([
    client.survey(),
    client.sample(),
    client.history({ since }),
    client.checks(),
    client.alerts(),
  ]);
  const now = Date.now();
  const past = await readPast(historyDirectory, since, now);
  return { host: hostname(), since, now, supervisor, services, events, sample, recent, past, checks, alerts };
}

async function readPast(directory: string, since: number, until: number): Promise<Facts["past"]> {
  const { readPast: read } = await import("../../dashboard/main.ts");
  try {
    const stretches = read(directory, { since, until });
    return { found: stretches !== undefined, stretches: stretches ?? [], problem: null };
  } catch (error) {
    return { found: false, stretches: [], problem: error instanceof Error ? error.message : String(error) };
  }
}
