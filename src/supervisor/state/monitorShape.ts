/** The shape of what a configuration says of disks and alerts, as it is saved beside the services. */
import type { AlertConfig, DiskConfig } from "../../service/configTypes.ts";
import { list, object, record, type Shape, text } from "./shape.ts";

/** What the monitor is to check, and whom it is to tell. Checked in earnest by who reads it. */
export interface MonitorConfig {
  readonly disk: readonly DiskConfig[];
  readonly alerts: readonly AlertConfig[];
}

export const NO_MONITOR: MonitorConfig = { disk: [], alerts: [] };

const anything: Shape = () => undefined;
const shape = object({ disk: list(object({ path: text })), alerts: list(record(anything)) });

/** What was read from the disk, or came with a request. Nothing at all is an empty one: who saved it knew of none yet. */
export function readMonitorConfig(value: unknown, path: string): { readonly monitor: MonitorConfig } | { readonly fault: string } {
  if (value === undefined) return { monitor: NO_MONITOR };
  const fault = shape(value);
  // Lists of what the shape has checked.
  return fault === undefined ? { monitor: value as MonitorConfig } : { fault: `${path}${fault}` };
}
