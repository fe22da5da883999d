/**
 * One log, over all its segments: from a time on, or its last lines.
 *
 *   for await (const lines of readForward(log, { since })) for (const { bytes } of lines) …
 *   const last = await readLast(log, 15, {});
 */
import { closeSync } from "node:fs";
import { type Ahead, inOrder } from "./readAhead.ts";
import { BLOCK, type Block, backwardBlocks, forwardBlocks } from "./readBlocks.ts";
import { everyLine, type Filter, makePicker, type Picker } from "./readFilter.ts";
import { TimeIndex } from "./readIndex.ts";
import { type LineBlock, wholeLines, wholeLinesBackwards } from "./readLines.ts";
import { type OpenSegment, openSegment, type Segment, segmentsOf } from "./readSegments.ts";

/** Which file of which instance. */
export interface LogName {
  /** The directory of the service's logs. */
  readonly directory: string;
  /** "0" or "0.error". */
  readonly stream: string;
}

/** Between two times, milliseconds since 1970: at `since` or later, before `until`. */
export interface ReadOptions extends Filter {
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Bytes that are read at once, for plain files. Default: a mebibyte. */
  readonly blockSize?: number;
  /** Bytes after which a line is given in pieces. Default 16 MiB. */
  readonly longestLine?: number;
  /** Bytes of lines at which {@link readLast} has enough. Default: no limit. */
  readonly mostBytes?: number;
  /** Segments that {@link readForward} searches at once, where a text is looked for and no level. Default 1. */
  readonly atOnce?: number;
  /** Told where reading stopped, so that following can go on there: the end of the last whole line, or the end of all. */
  readonly reached?: (end: ReadEnd) => void;
}

/** A place in the current segment of a log. */
export interface ReadEnd {
  readonly inode: number;
  readonly offset: number;
  /** When the newest archive was closed; 0 where there is none. */
  readonly begunAt: number;
}

export interface LogLine {
  /** Without the line end. */
  readonly bytes: Buffer;
  /** When it was written, milliseconds since 1970: by the record of the index before it. */
  readonly time: number;
  /** Whether there is a line end behind it. */
  readonly ended: boolean;
}

/** Around a place that an index gives, which may be in the midst of a line. */
const MARGIN = 64 * 1024;
const NEWLINE = 0x0a;
/** Bytes that a line takes of the memory besides its own, about. */
const LINE_MEMORY = 200;

/**
 * The lines that are wanted, in batches, oldest first. A batch is to be used before the next one is asked for: its memory is used again.
 *
 * @throws what the system says of a file that can't be read
 */
export async function* readForward(log: LogName, options: ReadOptions = {}): AsyncGenerator<readonly LogLine[], void, undefined> {
  const { atOnce = 1, grep, level } = options;
  // A level goes on from one segment to the next.
  if (atOnce > 1 && grep !== undefined && level === undefined) return yield* searchedAtOnce(log, options, atOnce);
  const pick = makePicker(options);
  for await (const lines of ofSegments(log, options, (open) => linesIn(open, pick, options))) if (lines.length > 0) yield lines;
}

/** The bytes between two times, in blocks of whole lines; `filter` is not looked at. As {@link readForward}. */
export async function* readBytes(log: LogName, options: ReadOptions = {}): AsyncGenerator<Buffer, void, undefined> {
  const blocksIn = (open: OpenSegment) => {
    const { start, end } = bounds(open, options);
    return linesBetween(open, start, end, options);
  };
  for await (const { bytes } of ofSegments(log, options, blocksIn)) yield bytes;
}

/** The last lines that are wanted, oldest first. */
export async function readLast(log: LogName, count: number, options: ReadOptions = {}): Promise<readonly LogLine[]> {
  const { archives, current } = segmentsOf(log.directory, log.stream);
  const kept: (readonly LogLine[])[] = [];
  let [left, room] = [count, options.mostBytes ?? Infinity];
  try {
    if (current !== undefined) await reachedEnd(current, options);
    for (const segment of wantedSegments(archives, current, options).toReversed()) {
      if (left <= 0 || room <= 0) break;
      const lines = (await withOpen(segment, (open) => lastOf(open, left, room, options))) ?? [];
      kept.unshift(lines);
      left -= lines.length;
      room -= bytesIn(lines);
    }
  } finally {
    if (current !== undefined) closeSync(current.fd);
  }
  return kept.flat();
}

/** What `read` finds in each segment, one after the other. */
async function* ofSegments<T>(
  log: LogName,
  options: ReadOptions,
  read: (open: OpenSegment) => AsyncGenerator<T, void, undefined>,
  ahead?: Ahead<T>,
): AsyncGenerator<T, void, undefined> {
  const { archives, current } = segmentsOf(log.directory, log.stream);
  try {
    if (current !== undefined) await reachedEnd(current, options);
    const sources = wantedSegments(archives, current, options).map((segment) => () => inOpen(segment, read));
    if (ahead !== undefined) yield* inOrder(sources, ahead);
    else for (const source of sources) yield* source();
  } finally {
    if (current !== undefined) closeSync(current.fd);
  }
}

async function* inOpen<T>(
  segment: Segment | OpenSegment,
  read: (open: OpenSegment) => AsyncGenerator<T, void, undefined>,
): AsyncGenerator<T, void, undefined> {
  const open = isOpen(segment) ? segment : openSegment(segment);
  // Removed meanwhile, to make room.
  if (open === undefined) return;
  try {
    yield* read(open);
  } finally {
    if (!isOpen(segment)) closeSync(open.fd);
  }
}

/** A batch for each block, empty or not. */
async function* linesIn(open: OpenSegment, pick: Picker, options: ReadOptions): AsyncGenerator<readonly LogLine[], void, undefined> {
  const { index, start, end } = bounds(open, options);
  const times = timesOf(index, open);
  for await (const block of linesBetween(open, start, end, options)) yield linesOf(block, pick, times);
}

/** Unpacking is for other threads, so that several segments take little more time than one. */
function searchedAtOnce(log: LogName, options: ReadOptions, atOnce: number): AsyncGenerator<readonly LogLine[], void, undefined> {
  const copies = async function* (open: OpenSegment) {
    for await (const lines of linesIn(open, makePicker(options), options)) yield lines.map(copied);
  };
  const size = (lines: readonly LogLine[]) => bytesIn(lines) + lines.length * LINE_MEMORY;
  return ofSegments(log, options, copies, { atOnce, size });
}

/** By the times of their names: the rest is not even opened. */
function wantedSegments(archives: readonly Segment[], current: OpenSegment | undefined, { since = 0, until = Infinity }: ReadOptions) {
  const all: readonly (Segment | OpenSegment)[] = current === undefined ? archives : [...archives, current];
  return all.filter(
    (segment) => (segment.closedAt ?? Infinity) >= since && segment.begunAt < until && !(isOpen(segment) && segment.changedAt < since),
  );
}

function isOpen(segment: Segment | OpenSegment): segment is OpenSegment {
  return "fd" in segment;
}

async function withOpen<T>(segment: Segment | OpenSegment, use: (open: OpenSegment) => Promise<T>): Promise<T | undefined> {
  if (isOpen(segment)) return use(segment);
  const open = openSegment(segment);
  if (open === undefined) return undefined;
  try {
    return await use(open);
  } finally {
    closeSync(open.fd);
  }
}

function bounds(segment: OpenSegment, { since, until }: ReadOptions) {
  const index = TimeIndex.of(segment, segment.packing === "plain" ? segment.size : undefined);
  return {
    index,
    start: since === undefined ? 0 : index.offsetSince(since),
    end: until === undefined ? Infinity : index.offsetUntil(until),
  };
}

async function* linesBetween(
  segment: OpenSegment,
  start: number,
  end: number,
  { blockSize: size = BLOCK, longestLine }: ReadOptions,
): AsyncGenerator<LineBlock, void, undefined> {
  const blocks = forwardBlocks(segment, Math.max(0, start - MARGIN), end + MARGIN, size);
  for await (const block of wholeLines(blocks, longestLine)) {
    const cut = cutTo(block, start, end);
    if (cut.bytes.length > 0) yield cut;
    if (block.offset + block.bytes.length > end) return;
  }
}

/** The lines that end behind `start` and begin before `end`. */
function cutTo(block: LineBlock, start: number, end: number): LineBlock {
  const { bytes, offset, ended } = block;
  const from = start <= offset ? 0 : start >= offset + bytes.length ? bytes.length : bytes.lastIndexOf(NEWLINE, start - offset - 1) + 1;
  const behind = end - offset >= bytes.length ? -1 : end <= offset ? 0 : bytes.indexOf(NEWLINE, end - offset - 1) + 1;
  const to = behind === -1 || (behind === 0 && end > offset) ? bytes.length : behind;
  if (from === 0 && to === bytes.length) return block;
  return { bytes: bytes.subarray(from, Math.max(from, to)), offset: offset + from, ended: to < bytes.length || ended };
}

async function lastOf(segment: OpenSegment, count: number, mostBytes: number, options: ReadOptions): Promise<readonly LogLine[]> {
  const { index, start, end } = bounds(segment, options);
  const times = timesOf(index, segment);
  if (segment.packing !== "plain") return lastOfPacked(segment, count, mostBytes, options, times);
  const batches: (readonly LogLine[])[] = [];
  let [left, room] = [count, mostBytes];
  const blocks: AsyncIterable<Block> = backwardBlocks(segment, Math.max(0, start - MARGIN), end + MARGIN);
  for await (const block of wholeLinesBackwards(blocks, options.level !== undefined, options.longestLine)) {
    const lines = linesOf(cutTo(block, start, end), makePicker(options), times, left);
    batches.unshift(lines.map(copied));
    left -= lines.length;
    room -= bytesIn(lines);
    if (left <= 0 || room <= 0 || block.offset < start) break;
  }
  return batches.flat();
}

/** Packed bytes can only be read forwards. */
async function lastOfPacked(segment: OpenSegment, count: number, mostBytes: number, options: ReadOptions, times: Times) {
  const { start, end } = bounds(segment, options);
  const pick = makePicker(options);
  let kept: readonly LogLine[] = [];
  for await (const block of linesBetween(segment, start, end, options)) {
    const lines = linesOf(block, pick, times, count);
    if (lines.length === 0) continue;
    kept = [...kept.slice(Math.max(0, kept.length + lines.length - count)), ...lines.map(copied)];
    for (let bytes = bytesIn(kept); bytes > mostBytes && kept.length > 1; bytes = bytesIn(kept)) kept = kept.slice(kept.length >> 1);
  }
  return kept;
}

function bytesIn(lines: readonly LogLine[]): number {
  return lines.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

type Times = (offset: number) => number;

/** Where the index has nothing to say, it is when the segment was begun, or, where that isn't known, when it was last written to. */
function timesOf(index: TimeIndex, { begunAt, closedAt, changedAt }: OpenSegment): Times {
  const otherwise = begunAt > 0 && !index.isEmpty ? begunAt : (index.begin ?? closedAt ?? changedAt);
  return (offset) => index.timeAt(offset) ?? otherwise;
}

/** @param most only that many, the last ones */
function linesOf({ bytes, offset, ended }: LineBlock, pick: Picker, times: Times, most = Infinity): readonly LogLine[] {
  // Where every line is wanted, those before them needn't be looked for.
  if (pick === everyLine && most < Infinity) {
    const from = beginOfLast(bytes, most);
    if (from > 0) return linesOf({ bytes: bytes.subarray(from), offset: offset + from, ended }, pick, times);
  }
  const ranges = [...pick(bytes)];
  const wanted = ranges.length > most ? ranges.slice(ranges.length - most) : ranges;
  return wanted.map(([begin, end]) => ({
    bytes: bytes.subarray(begin, end),
    time: times(offset + begin),
    ended: end < bytes.length || ended,
  }));
}

/** Where the last lines begin, so many of them. */
function beginOfLast(bytes: Buffer, count: number): number {
  let begin = bytes.length;
  for (let lines = 0; lines < count && begin > 0; lines++) begin = begin === 1 ? 0 : bytes.lastIndexOf(NEWLINE, begin - 2) + 1;
  return begin;
}

function copied(line: LogLine): LogLine {
  return { ...line, bytes: Buffer.from(line.bytes) };
}

/** The end of the last whole line of the current segment: what is behind it comes when it is finished. */
async function reachedEnd(current: OpenSegment, { reached, until }: ReadOptions): Promise<void> {
  if (reached === undefined || until !== undefined) return;
  let offset = 0;
  for await (const block of backwardBlocks(current, 0, current.size)) {
    const end = block.bytes.lastIndexOf(NEWLINE);
    if (end === -1) continue;
    offset = block.offset + end + 1;
    break;
  }
  reached({ inode: current.inode, offset, begunAt: current.begunAt });
}
