/** Answers and events, from their payloads. Pure; throws a WireError for what is cut short. */
import {
  type Dropped,
  EVENT,
  type ExitRecord,
  type HeldDescriptor,
  type InitEvent,
  type InitHello,
  LOG_EVENTS,
  type LogState,
  type ProcessRecord,
  STATISTICS,
  type Started,
  type Statistics,
  type Usage,
} from "./protocol.ts";
import { type Frame, FrameReader, WireError } from "./wire.ts";

const LOG = { switching: 1, dropping: 2, limited: 4 } as const;
const RECORD = { exited: 1, adopted: 2, unknown: 4, noUsage: 8 } as const;

/** What every answer begins with. `step` is the index of the step of a plan that failed, or -1. */
export function readOutcome(reader: FrameReader): { readonly errno: number; readonly step: number } {
  return { errno: reader.u32(), step: reader.i32() };
}

export function readHello(reader: FrameReader): InitHello {
  const version = reader.u32();
  const mostBytes = reader.u32();
  const capabilities = reader.u64();
  const startTime = reader.u64();
  const [pid, firstSlot, slots, restarts, lastStatus] = [reader.u32(), reader.u32(), reader.u32(), reader.u32(), reader.u32()];
  reader.u32();
  const files = [reader.u64(), reader.u64()] as const;
  return { version, mostBytes, capabilities, startTime, pid, firstSlot, slots, restarts, lastStatus, files };
}

export function readRecord(reader: FrameReader): ProcessRecord {
  const [serial, startTime] = [reader.number(), reader.u64()];
  const [spawnedAt, exitedAt] = [reader.milliseconds(), reader.milliseconds()];
  const [pid, flags, status] = [reader.u32(), reader.u32(), reader.u32()];
  reader.u32();
  const usage = readUsage(reader);
  const exit: ExitRecord | undefined =
    (flags & RECORD.exited) === 0
      ? undefined
      : {
          at: exitedAt,
          status: (flags & RECORD.unknown) === 0 ? status : undefined,
          usage: (flags & RECORD.noUsage) === 0 ? usage : undefined,
        };
  return { serial, startTime, spawnedAt, pid, adopted: (flags & RECORD.adopted) !== 0, exit, key: reader.text() };
}

function readUsage(reader: FrameReader): Usage {
  return {
    userTime: reader.number(),
    systemTime: reader.number(),
    maxResident: reader.number(),
    minorFaults: reader.number(),
    majorFaults: reader.number(),
    blocksIn: reader.number(),
    blocksOut: reader.number(),
    voluntarySwitches: reader.number(),
    involuntarySwitches: reader.number(),
  };
}

/** An event, or undefined for a kind that only a newer init knows. */
export function readEvent(frame: Frame): InitEvent | undefined {
  const reader = new FrameReader(frame.payload);
  const known = ([EVENT.orphan, EVENT.notify, EVENT.log, EVENT.signal] as number[]).includes(frame.type);
  if (!known) return undefined;
  const numbered = { sequence: reader.number(), at: reader.milliseconds() };
  switch (frame.type) {
    case EVENT.orphan:
      return { kind: "orphan", ...numbered, pid: reader.u32(), status: reader.u32() };
    case EVENT.signal:
      return { kind: "signal", ...numbered, signal: reader.u32(), pid: reader.u32() };
    case EVENT.notify: {
      const [pid, uid, session, gid] = [reader.u32(), reader.u32(), reader.u32(), reader.u32()];
      return { kind: "notify", ...numbered, pid, uid, session, gid, socket: reader.text(), data: reader.bytes() };
    }
    default:
      return readLogEvent(reader, numbered);
  }
}

function readLogEvent(reader: FrameReader, numbered: { sequence: number; at: number }): InitEvent | undefined {
  const what = LOG_EVENTS[reader.u32()];
  const [log, errno] = [reader.u32(), reader.u32()];
  reader.u32();
  const [offset, written, serial] = [reader.number(), reader.number(), reader.number()];
  const name = reader.text();
  const dropped = readDropped(reader);
  const owner = what === "switched" ? { inode: serial, serial: 0 } : { inode: 0, serial };
  return what === undefined ? undefined : { kind: "log", ...numbered, what, log, errno, offset, written, ...owner, name, dropped };
}

export function readStarted(reader: FrameReader): Started {
  const [serial, startTime, at, blocked] = [reader.number(), reader.u64(), reader.milliseconds(), reader.milliseconds()];
  return { serial, startTime, at, blocked, pid: reader.u32() };
}

export interface Page<T> {
  readonly entries: readonly T[];
  /** Where the next page begins; 0 after the last one. */
  readonly next: number;
}

export function readPage<T>(reader: FrameReader, readEntry: (reader: FrameReader) => T): Page<T> {
  const [next, count] = [reader.u32(), reader.u32()];
  if (count > 65_536) throw new WireError(`${count} is no number of entries`);
  const entries = Array.from({ length: count }, () => readEntry(reader));
  return { entries, next };
}

export function readLogState(reader: FrameReader): LogState {
  const [log, pipes, errno, flags] = [reader.u32(), reader.u32(), reader.u32(), reader.u32()];
  const [offset, written] = [reader.number(), reader.number()];
  const [device, inode, nextInode] = [reader.number(), reader.number(), reader.number()];
  return {
    ...{ log, pipes, errno, offset, written, device, inode, nextInode },
    switching: (flags & LOG.switching) !== 0,
    dropping: (flags & LOG.dropping) !== 0,
    limited: (flags & LOG.limited) !== 0,
    dropped: readDropped(reader),
    name: reader.text(),
  };
}

function readDropped(reader: FrameReader): Dropped {
  return { bytes: reader.number(), lines: reader.number() };
}

export function readHeld(reader: FrameReader): HeldDescriptor {
  const flags = reader.u32();
  reader.u32();
  return { notify: (flags & 1) !== 0, name: reader.text() };
}

/** Those that this init counts; an older one has fewer, and they read as 0. */
export function readStatistics(reader: FrameReader): Statistics {
  const count = reader.u32();
  reader.u32();
  return Object.fromEntries(STATISTICS.map((name, index) => [name, index < count ? reader.number() : 0])) as Statistics;
}
