/** The files of a stream as they are on the disk. */
import { lstatSync, readdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { faultPoint } from "./faultPoint.ts";
import { currentName, nextName, parseSegment, type SegmentForm } from "./segmentNames.ts";

/** A segment that was put aside, with all that belongs to it. */
export interface Archive {
  readonly time: number;
  /** Bytes of all of its files. */
  readonly size: number;
  /** Bytes by form. */
  readonly forms: Readonly<Partial<Record<SegmentForm, number>>>;
  readonly files: readonly string[];
}

export interface StreamFiles {
  /** Oldest first. */
  readonly archives: readonly Archive[];
  /** Bytes of what is written to now; 0 where it isn't there. */
  readonly current: number;
  /** Bytes of everything. */
  readonly total: number;
}

/**
 * What there is of a stream, at one look. A directory that isn't there has nothing.
 *
 * @throws what readdir(2) fails with
 */
export function readStream(directory: string, stream: string): StreamFiles {
  const found = new Map<number, { size: number; forms: Partial<Record<SegmentForm, number>>; files: string[] }>();
  const current = currentName(stream);
  const others = new Set([`${current}.index`, nextName(stream)]);
  const sizes = { current: 0, total: 0 };
  for (const file of listDirectory(directory)) {
    const segment = parseSegment(file);
    const isOurs = segment?.stream === stream;
    if (!isOurs && file !== current && !others.has(file)) continue;
    const size = lstatSync(join(directory, file), { throwIfNoEntry: false })?.size;
    // Gone since the directory was read.
    if (size === undefined) continue;
    sizes.total += size;
    if (file === current) sizes.current = size;
    if (!isOurs) continue;
    const { time, form } = segment;
    const archive = found.get(time) ?? { size: 0, forms: {}, files: [] };
    archive.size += size;
    archive.forms[form] = size;
    archive.files.push(file);
    found.set(time, archive);
  }
  const archives = [...found].map(([time, archive]) => ({ time, ...archive })).sort((one, other) => one.time - other.time);
  return { archives, ...sizes };
}

/** The text first: an index without its segment is removed with it later, a segment without its index only costs time. */
export function removeArchive(directory: string, { files }: Archive): void {
  const isIndex = (file: string) => file.endsWith(".index");
  faultPoint("before removal");
  for (const file of files.filter((file) => !isIndex(file))) removeFile(join(directory, file));
  faultPoint("within removal");
  for (const file of files.filter(isIndex)) removeFile(join(directory, file));
}

export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
}

function listDirectory(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    // What stands there instead is found out when it is to be opened.
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return [];
    throw error;
  }
}
