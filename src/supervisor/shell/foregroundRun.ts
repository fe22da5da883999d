/** What `daemonitor run` hands to the supervisor: a file in memory that init holds, for every supervisor of this tree. */
import { fstatSync, readSync, writeSync } from "node:fs";
import { native } from "../../native/addon.ts";
import type { ServiceSpec } from "../../service/specTypes.ts";
import type { MonitorConfig } from "../state/monitorShape.ts";

/** The name under which init holds it. */
export const FOREGROUND_RUN = "run";

export interface ForegroundRun {
  readonly mode: "foreground";
  /** The only ones that are to be; null brings up those that were saved, and the tree stays when they end. */
  readonly services: readonly ServiceSpec[] | null;
  /** The disks to look at and whom to alert. None: nothing and nobody. */
  readonly monitor?: MonitorConfig;
  /** Whether it was started on a terminal. */
  readonly terminal: boolean;
  /** What prints the services' output: program and arguments. None: nothing is printed. */
  readonly printer?: readonly string[];
}

/** A descriptor, close-on-exec, for init to hold. */
export function writeForegroundRun(run: ForegroundRun): number {
  const fd = native().memoryFile("daemonitor-run");
  const bytes = Buffer.from(JSON.stringify(run));
  for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
  return fd;
}

/** From its beginning, however far others have read: a later supervisor gets the same open file. */
export function readForegroundRun(fd: number): ForegroundRun {
  const bytes = Buffer.alloc(fstatSync(fd).size);
  for (let read = 0; read < bytes.length; ) {
    const count = readSync(fd, bytes, read, bytes.length - read, read);
    if (count === 0) break;
    read += count;
  }
  return JSON.parse(bytes.toString()) as ForegroundRun;
}
