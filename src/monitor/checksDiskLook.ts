/** What the disk checks measure, and whether that is bad. Pure but for the checksums that it has seen. */

import type { DiskAspect } from "../values/diskChecks.ts";
import type { Bound } from "../values/diskCheckValues.ts";
import { formatDuration } from "../values/duration.ts";
import type { Check, CheckLook } from "./checks.ts";
import { formatAmount, type Unit } from "./checksAmount.ts";
import type { DiskChecks } from "./checksDisk.ts";
import type { DirectorySample, FileSample, FileSystemSample, MonitorSample } from "./sample.ts";

/** What is known of a path. */
interface Place {
  readonly path: string;
  readonly fileSystem: FileSystemSample | undefined;
  readonly directory: DirectorySample | undefined;
  readonly file: FileSample | undefined;
  readonly at: number;
  /** The checksum of the sample before. */
  readonly sum: string | null;
}

/** With what it looked at. */
export interface DiskLook extends CheckLook {
  readonly path: string;
  readonly aspect: DiskAspect;
}

/** What statfs(2) says. */
export type Room = Pick<FileSystemSample, "available" | "size" | "inodesFree" | "inodes">;

interface Finding {
  readonly bad: boolean | null;
  readonly value: string | null;
}

const UNKNOWN: Finding = { bad: null, value: null };

export class DiskLooks {
  /** By path. */
  #sums = new Map<string, string>();

  look(all: readonly DiskChecks[], sample: MonitorSample): readonly DiskLook[] {
    const looks = all.flatMap((entry) => {
      const place = this.#placeOf(entry.path, sample);
      return entry.aspects.map((aspect): DiskLook => {
        return { check: checkOf(entry, aspect), ...find(aspect, place), run: "", needs: [], path: entry.path, aspect };
      });
    });
    this.#sums = new Map(sample.files.flatMap(({ path, checksum }) => (checksum === null ? [] : [[path, checksum] as const])));
    return unique(looks);
  }

  #placeOf(path: string, { at, fileSystems, directories, files }: MonitorSample): Place {
    return {
      ...{ path, at, sum: this.#sums.get(path) ?? null },
      fileSystem: fileSystemOf(path, fileSystems),
      directory: directories.find((one) => one.path === path),
      file: files.find((one) => one.path === path),
    };
  }
}

/** Whether room is short at this moment; undefined for what is not about room. */
export function isShort(aspect: DiskAspect, room: Room): boolean | undefined {
  if (aspect.kind === "free") return ofWhole(aspect, "bytes", room.available, room.size).bad ?? false;
  return aspect.kind === "inodes" ? (ofWhole(aspect, "count", room.inodesFree, room.inodes).bad ?? false) : undefined;
}

/** The one whose mount point is the longest beginning of the path. */
export function fileSystemOf(path: string, all: readonly FileSystemSample[]): FileSystemSample | undefined {
  const isOn = (mount: string) => path === mount || path.startsWith(mount.endsWith("/") ? mount : `${mount}/`);
  const on = all.filter((one) => isOn(one.path));
  return on.reduce<FileSystemSample | undefined>(
    (best, one) => (best === undefined || one.path.length > best.path.length ? one : best),
    undefined,
  );
}

function find(aspect: DiskAspect, { fileSystem, directory, file, at, sum }: Place): Finding {
  switch (aspect.kind) {
    case "free":
      return fileSystem === undefined ? UNKNOWN : ofWhole(aspect, "bytes", fileSystem.available, fileSystem.size);
    case "inodes":
      // Some have no number of inodes: then none is missing.
      return fileSystem === undefined || fileSystem.inodes === 0
        ? UNKNOWN
        : ofWhole(aspect, "count", fileSystem.inodesFree, fileSystem.inodes);
    case "readOnly":
      return fileSystem === undefined ? UNKNOWN : { bad: fileSystem.readOnly, value: fileSystem.readOnly ? "read-only" : "writable" };
    case "full":
      return fullIn(aspect.within, fileSystem, at);
    case "size":
      return compare(aspect, "bytes", directory?.size ?? file?.size ?? null);
    case "files":
      return compare(aspect, "count", directory?.files ?? null);
    case "growth":
      return compare(aspect, "bytes a second", directory?.growth ?? null);
    case "age":
      return compare(aspect, "milliseconds", file?.modifiedAt == null ? null : Math.max(0, at - file.modifiedAt));
    case "checksum":
      return checksum(aspect.sum ?? sum, file);
    case "content":
      return file?.matches == null ? UNKNOWN : { bad: file.matches, value: file.matches ? "matches" : "no match" };
    case "exists":
      return file?.exists == null ? UNKNOWN : { bad: file.exists !== aspect.meant, value: file.exists ? "is there" : "is not there" };
  }
}

function compare({ when, amount }: Bound, unit: Unit, found: number | null): Finding {
  if (found === null) return UNKNOWN;
  return { bad: when === "above" ? found > amount : found < amount, value: formatAmount(unit, found) };
}

/** `share`: in percent of the whole. */
function ofWhole(bound: Bound, unit: Unit, part: number, whole: number): Finding {
  if (!bound.share) return compare(bound, unit, part);
  return whole === 0 ? UNKNOWN : compare(bound, "percent", (100 * part) / whole);
}

function fullIn(within: number, fileSystem: FileSystemSample | undefined, at: number): Finding {
  const forecast = fileSystem?.forecast ?? null;
  if (fileSystem === undefined || forecast?.confidence === "low") return UNKNOWN;
  if (forecast === null || forecast.fullAt === null) return { bad: false, value: "not filling" };
  const left = Math.max(0, forecast.fullAt - at);
  return { bad: left < within, value: `full in ${formatDuration(left)}` };
}

function checksum(meant: string | null, file: FileSample | undefined): Finding {
  if (file?.checksum == null) return UNKNOWN;
  return { bad: meant !== null && meant !== file.checksum, value: file.checksum.slice(0, 12) };
}

function checkOf({ path, for: often, actions }: DiskChecks, aspect: DiskAspect): Check {
  const text = textOf(aspect);
  return { id: `${path}: ${text}`, subject: path, service: null, text, for: often, actions };
}

const UNITS = { free: "bytes", inodes: "count", size: "bytes", files: "count", growth: "bytes a second", age: "milliseconds" } as const;
const WORDS = { free: "free space", inodes: "free inodes", size: "size", files: "files", growth: "growth", age: "age" } as const;

function textOf(aspect: DiskAspect): string {
  switch (aspect.kind) {
    case "readOnly":
      return "read-only";
    case "full":
      return `full in less than ${formatDuration(aspect.within)}`;
    case "checksum":
      return aspect.sum === null ? "checksum changed" : `checksum other than ${aspect.sum.slice(0, 12)}`;
    case "content":
      return "content matches";
    case "exists":
      return aspect.meant ? "is missing" : "exists";
    default:
      return `${WORDS[aspect.kind]} ${aspect.when} ${formatAmount(aspect.share ? "percent" : UNITS[aspect.kind], aspect.amount)}`;
  }
}

/** Two entries may ask the same of a path, and do different things. */
function unique(looks: readonly DiskLook[]): readonly DiskLook[] {
  const seen = new Map<string, number>();
  return looks.map((look) => {
    const count = (seen.get(look.check.id) ?? 0) + 1;
    seen.set(look.check.id, count);
    return count === 1 ? look : { ...look, check: { ...look.check, id: `${look.check.id} #${count}` } };
  });
}
