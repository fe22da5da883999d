/**
 * What the monitor measured at one moment: plain JSON, the same in the supervisor, on the wire, in the terminal view and in
 * the dashboard. Times are milliseconds since 1970, sizes bytes, rates per second; a share of processors is 1 for one whole
 * core, so 2.5 is two and a half of them. Null is what could not be measured (yet), never a guess.
 */

export interface MonitorSample {
  readonly at: number;
  /** Milliseconds since the sample before: what rates and shares are about. Null for the first. */
  readonly over: number | null;
  readonly host: HostSample;
  readonly instances: readonly InstanceSample[];
  readonly fileSystems: readonly FileSystemSample[];
  readonly directories: readonly DirectorySample[];
  readonly files: readonly FileSample[];
}

/** Of an instance, with all processes that belong to it. */
export interface InstanceSample {
  /** "web/0" */
  readonly name: string;
  /** Its main process; null where none runs, and then all that follows is null or 0. */
  readonly pid: number | null;
  readonly processes: number;
  readonly threads: number;
  readonly cpu: number | null;
  /** Resident: shared pages count in each process that has them. */
  readonly memory: number;
  readonly swap: number;
  /** Open descriptors; null where we may not look. */
  readonly descriptors: number | null;
  /** Bytes a second from and to disks; null where we may not look. */
  readonly readRate: number | null;
  readonly writeRate: number | null;
  readonly contextSwitches: number | null;
  readonly restarts: number;
  /** Milliseconds since its main process was started. */
  readonly uptime: number | null;
  /** Bytes of its log files, archives included. */
  readonly logSize: number | null;
}

export interface HostSample {
  /** How many cores there are. */
  readonly processors: number;
  /** Of all cores together: at most `processors`. */
  readonly cpu: number | null;
  readonly load: readonly [one: number, five: number, fifteen: number];
  readonly memory: { readonly total: number; readonly available: number; readonly swapTotal: number; readonly swapFree: number };
  /** Pressure stall information: the share of the last 10 s in which some (all) tasks waited. Null without CONFIG_PSI. */
  readonly pressure: {
    readonly cpu: { readonly some: number };
    readonly memory: { readonly some: number; readonly full: number };
    readonly io: { readonly some: number; readonly full: number };
  } | null;
  readonly disks: readonly DiskSample[];
  /** Milliseconds since boot. */
  readonly uptime: number;
}

export interface DiskSample {
  /** "sda", "nvme0n1" */
  readonly name: string;
  readonly readRate: number | null;
  readonly writeRate: number | null;
  /** Share of the time in which it had something to do. */
  readonly busy: number | null;
}

export interface FileSystemSample {
  /** The mount point. */
  readonly path: string;
  readonly device: string;
  readonly type: string;
  readonly size: number;
  /** For everybody; what only root may use is left out. */
  readonly available: number;
  readonly inodes: number;
  readonly inodesFree: number;
  readonly readOnly: boolean;
  readonly forecast: Forecast | null;
  /** Bytes of deleted files that services hold open: du(1) can't see them. */
  readonly deletedButOpen: readonly { readonly instance: string; readonly pid: number; readonly path: string; readonly size: number }[];
}

export interface Forecast {
  /** Bytes a second; below 0 it empties. */
  readonly rate: number;
  /** When it is full at this rate; null where it doesn't fill. */
  readonly fullAt: number | null;
  /** How far the past is one straight line. */
  readonly confidence: "low" | "medium" | "high";
}

export interface DirectorySample {
  readonly path: string;
  /** Null while it is counted for the first time. */
  readonly size: number | null;
  readonly files: number | null;
  /** Bytes a second. */
  readonly growth: number | null;
  /** When it was counted to the end. */
  readonly countedAt: number | null;
}

/** A file that an entry of `disk` names. */
export interface FileSample {
  readonly path: string;
  /** False where there is none; null while nobody knows, as on a file server that doesn't answer. Then all that follows is null. */
  readonly exists: boolean | null;
  /** Null of a directory: see {@link DirectorySample}. */
  readonly size: number | null;
  /** When its content was changed last. */
  readonly modifiedAt: number | null;
  /** SHA-256 in hexadecimal, where the entry has `checksum`. */
  readonly checksum: string | null;
  /** Whether a line of it (of its last MiB) matches, where the entry has `content`. */
  readonly matches: boolean | null;
}

/** Metrics of an instance that have a history, in the order of their columns. */
export const INSTANCE_SERIES = ["cpu", "memory", "threads", "descriptors", "readRate", "writeRate"] as const;
export type InstanceSeries = (typeof INSTANCE_SERIES)[number];

/** A stretch of history: one value for each moment, null where there was none. */
export interface Series {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly at: readonly number[];
  readonly values: Readonly<Partial<Record<InstanceSeries | HostSeries, readonly (number | null)[]>>>;
}

export const HOST_SERIES = ["cpu", "memoryUsed", "load"] as const;
export type HostSeries = (typeof HOST_SERIES)[number];

/** Name of the host's series: no instance can have it, since each has a slash in its name. */
export const HOST = "host";

export interface HistoryRequest {
  /** "web/0", or {@link HOST}. Default: all. */
  readonly instance?: string;
  /** Default: all that there are. */
  readonly series?: readonly (InstanceSeries | HostSeries)[];
  /** Milliseconds since 1970. Default: an hour ago. */
  readonly since?: number;
  /** The last 5 minutes by the second, as far as somebody looked. Default: the last hour, a value for each 5 s. */
  readonly fine?: boolean;
}
