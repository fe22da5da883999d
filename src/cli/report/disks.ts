/** How file systems and directories grew, and where that leads. Pure. */
import type { DirectorySample, FileSystemSample, Forecast, MonitorSample } from "../../monitor/sample.ts";
import type { Tracks } from "./tracks.ts";

export interface DiskGrowth {
  readonly path: string;
  readonly size: number;
  readonly used: number;
  readonly available: number;
  readonly readOnly: boolean;
  /** Free inodes as a share of all; null where the file system has none. */
  readonly inodesFree: number | null;
  /** Bytes that it has grown since the moment; null where no history knows. */
  readonly growth: { readonly bytes: number; readonly since: number } | null;
  /** By the last hour; null where it isn't known yet. */
  readonly forecast: Forecast | null;
  /** Deleted files that services hold open: bytes that du(1) can't see, the largest first. */
  readonly deletedButOpen: FileSystemSample["deletedButOpen"];
}

/** `growth` is that of now, bytes a second; `grown` since the moment, null where no history knows. */
export interface DirectoryGrowth extends DirectorySample {
  readonly grown: DiskGrowth["growth"];
}

export interface Disks {
  readonly fileSystems: readonly DiskGrowth[];
  readonly directories: readonly DirectoryGrowth[];
  /** Bytes of the logs of instances, the largest first. */
  readonly logs: readonly { readonly instance: string; readonly size: number }[];
}

/** Those that grew most come first. */
export function disksOf({ fileSystems, directories, instances }: MonitorSample, tracks: Tracks): Disks {
  const logs = instances.flatMap(({ name, logSize }) => (logSize === null || logSize === 0 ? [] : [{ instance: name, size: logSize }]));
  return {
    fileSystems: fileSystems.map((one) => growthOf(one, tracks)).sort((one, other) => rank(other) - rank(one)),
    directories: directories.map((one) => ({
      ...one,
      grown: one.size === null ? null : grown(tracks, `directory:${one.path}`, "size", one.size),
    })),
    logs: logs.sort((one, other) => other.size - one.size),
  };
}

function growthOf(sample: FileSystemSample, tracks: Tracks): DiskGrowth {
  const { path, size, available, readOnly, inodes, inodesFree, forecast } = sample;
  const used = size - available;
  return {
    ...{ path, size, used, available, readOnly, forecast },
    inodesFree: inodes === 0 ? null : inodesFree / inodes,
    growth: grown(tracks, `disk:${path}`, "used", used),
    deletedButOpen: [...sample.deletedButOpen].sort((one, other) => other.size - one.size),
  };
}

function grown(tracks: Tracks, name: string, column: string, now: number): DiskGrowth["growth"] {
  const first = (tracks.get(name) ?? []).find(({ values }) => typeof values[column] === "number");
  const before = first?.values[column] ?? null;
  return first === undefined || before === null ? null : { bytes: now - before, since: first.at };
}

function rank({ growth, forecast }: DiskGrowth): number {
  return growth?.bytes ?? forecast?.rate ?? 0;
}
