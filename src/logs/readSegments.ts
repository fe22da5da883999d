/**
 * The files of a log: a stream ("0", or "0.error" for a separate standard error) is a sequence of segments in the
 * directory of its service, of which the last one is still written to.
 *
 *   for (const stream of listStreams("/var/log/daemonitor/web")) console.log(stream, segmentsOf("/var/log/daemonitor/web", stream));
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { archiveName, currentName, nextName, parseSegment } from "./segmentNames.ts";

export interface Segment {
  readonly directory: string;
  /** "0" or "0.error". */
  readonly stream: string;
  /** When it was closed, milliseconds since 1970; null is the current one. */
  readonly closedAt: number | null;
  readonly packing: Packing;
  /** When the segment before it was closed: all that is in this one is newer. 0 where that isn't known. */
  readonly begunAt: number;
}

export type Packing = "plain" | "zst" | "gz";

/** An open file; who opened it closes `fd`. */
export interface OpenSegment extends Segment {
  readonly fd: number;
  readonly inode: number;
  /** Bytes in the file when it was opened; packed where it is packed. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly changedAt: number;
}

const CURRENT = /^(\d+(?:\.error)?)\.log$/;

/** Streams of a directory, in the order of their numbers; those too of which only archives are left. None where it can't be read. */
export function listStreams(directory: string): readonly string[] {
  const streams = new Set(namesIn(directory).flatMap((name) => streamOfFile(name) ?? parseText(name)?.stream ?? []));
  return [...streams].sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10) || a.length - b.length);
}

/** "0" of "0.log", the name of a current segment; undefined for any other name. */
export function streamOfFile(name: string): string | undefined {
  return CURRENT.exec(name)?.[1];
}

/** Archives of a stream, oldest first. One that is there plain and packed is being packed, and comes once, plain. */
export function archivesOf(directory: string, stream: string): readonly Segment[] {
  const found = new Map<number, Packing>();
  for (const name of namesIn(directory)) {
    const segment = parseText(name);
    if (segment?.stream !== stream) continue;
    if (segment.packing === "plain" || !found.has(segment.time)) found.set(segment.time, segment.packing);
  }
  let begunAt = 0;
  return [...found]
    .sort(([one], [other]) => one - other)
    .map(([closedAt, packing]) => {
      const segment = { directory, stream, closedAt, packing, begunAt };
      begunAt = closedAt;
      return segment;
    });
}

/** All segments at one moment, oldest first, the current one open and last; its descriptor is the caller's to close. */
export function segmentsOf(
  directory: string,
  stream: string,
): { readonly archives: readonly Segment[]; readonly current: OpenSegment | undefined } {
  for (let attempt = 0; ; attempt++) {
    const current = openSegment({ directory, stream, closedAt: null, packing: "plain", begunAt: 0 });
    const archives = archivesOf(directory, stream);
    // Renamed in between, it would be missing or come twice. Unless it happens all the time, the next look is right.
    if (currentInode(directory, stream) === current?.inode || attempt === 9) {
      return { archives, current: current === undefined ? undefined : { ...current, begunAt: archives.at(-1)?.closedAt ?? 0 } };
    }
    if (current !== undefined) closeSync(current.fd);
  }
}

/** Of the segment that is written to; undefined where there is none. */
export function currentInode(directory: string, stream: string): number | undefined {
  const inode = (name: string) => lstatSync(join(directory, name), { throwIfNoEntry: false })?.ino;
  return inode(currentName(stream)) ?? inode(nextName(stream));
}

/** Undefined where it is gone. One that was packed meanwhile is found in its new form. @throws what open(2) says otherwise */
export function openSegment(segment: Segment): OpenSegment | undefined {
  const forms: readonly Packing[] = segment.closedAt === null ? ["plain"] : [segment.packing, "plain", "zst", "gz"];
  const paths = forms.map((packing) => [packing, segmentPath({ ...segment, packing })] as const);
  // Between the two renames of a rotation, what is written to has the name that it is made with.
  const next = segment.closedAt === null ? [["plain", join(segment.directory, nextName(segment.stream))] as const] : [];
  for (const [packing, path] of [...paths, ...next]) {
    const fd = openIfThere(path);
    if (fd === undefined) continue;
    const { ino, size, mtimeMs } = fstatSync(fd);
    return { ...segment, packing, fd, inode: ino, size, changedAt: mtimeMs };
  }
  return undefined;
}

export function segmentPath({ directory, stream, closedAt, packing }: Omit<Segment, "begunAt">): string {
  const name = closedAt === null ? currentName(stream) : archiveName(stream, closedAt);
  return join(directory, packing === "plain" ? name : `${name}.${packing}`);
}

export function indexPath(segment: Segment): string {
  return `${segmentPath({ ...segment, packing: "plain" })}.index`;
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ELOOP")) return undefined;
    throw error;
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** Of an archive; undefined for anything else. */
function parseText(name: string): { readonly stream: string; readonly time: number; readonly packing: Packing } | undefined {
  const segment = parseSegment(name);
  if (segment === undefined || segment.form === "index" || segment.form === "partial") return undefined;
  return { stream: segment.stream, time: segment.time, packing: segment.form };
}
