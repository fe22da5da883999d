/** What goes from the dashboard's server to its page: plain JSON. Times are milliseconds since 1970, sizes bytes. */
import type {
  ChecksReport,
  Explanation,
  FileSystemSample,
  MonitorSample,
  ServiceDescription,
  ServiceStatus,
  SupervisorEvent,
  SupervisorStatus,
} from "./apiTypes.ts";

export type * from "./apiTypes.ts";

/** Events of `GET /api/live`, by their names. */
export interface LiveMessages {
  /** First of all, and again where the supervisor was away. */
  readonly services: { readonly services: readonly ServiceStatus[] };
  /** Only what changed since. */
  readonly changed: { readonly services: readonly ServiceStatus[]; readonly deleted: readonly string[] };
  readonly sample: MonitorSample;
  readonly event: SupervisorEvent;
  readonly checks: { readonly firing: ChecksReport["checks"]; readonly mistakes: readonly string[] };
  readonly supervisor: SupervisorStatus;
  /** Whether the supervisor can be reached, and why not. */
  readonly link: { readonly up: boolean; readonly why: string | null };
}

export type LiveMessage = keyof LiveMessages;

/** Of `GET /api/service`. */
export interface ServiceDetail {
  readonly description: ServiceDescription;
  readonly why: readonly Explanation[];
  readonly events: readonly SupervisorEvent[];
  readonly checks: ChecksReport["checks"];
}

/** Of `GET /api/chart`: a column of each series, a row of each moment. */
export interface ChartAnswer {
  readonly name: string;
  /** Milliseconds between two moments. */
  readonly step: number;
  readonly since: number;
  readonly until: number;
  readonly at: readonly number[];
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
  /** Where it leads; null of what is no file system or directory, and of a stretch that ended before now. */
  readonly outlook: Outlook | null;
}

/** By the rate over the stretch that a chart shows. */
export interface Outlook {
  readonly forecast: NonNullable<FileSystemSample["forecast"]>;
  /** Bytes that there are; null of a directory. */
  readonly limit: number | null;
}

export type FileSystem = FileSystemSample;

/** The body of every answer that is an error. */
export interface ErrorAnswer {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string | null };
}

/** The header that only a script of the page itself can add to a request. */
export const ACTION_HEADER = "x-daemonitor-dashboard";
