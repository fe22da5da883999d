/**
 * What costs a read of its own for each process: bytes from and to disks, descriptors, context switches. Looked at for as
 * many processes as a budget of reads allows, those longest not looked at first, so that a thousand cost no more than a few.
 */
import { opendirSync, readdirSync, statSync } from "node:fs";
import type { Seen } from "./processTable.ts";
import { bytes, numberAfter, numberAt, readProc } from "./procFile.ts";

/** What is known of a process. Rates are those between its last two looks. */
export interface Details {
  /** Milliseconds on the monotonic clock. */
  at: number;
  descriptors: number | null;
  /** Bytes since it started, those of children that it has waited for included. Null where we may not look. */
  read: number | null;
  written: number | null;
  switches: number | null;
  /** Bytes. */
  swap: number;
  /** Bytes a second. */
  readRate: number | null;
  writeRate: number | null;
  switchRate: number | null;
  /** Bytes of children that are gone, which were counted as their own and are now part of ours. */
  inheritedRead: number;
  inheritedWritten: number;
}

export interface DetailsLook {
  /** All that belong to instances. */
  readonly members: Iterable<Seen>;
  /** Those that do no more. */
  readonly gone: readonly Seen[];
  /** Who got what such a one had done. */
  readonly heirOf: (process: Seen) => Seen | undefined;
  /** Milliseconds on the monotonic clock. */
  readonly now: number;
  /** Whether the machine has anything in its swap at all. */
  readonly swapping: boolean;
}

/** Threads of a process that are looked at for context switches. */
const MOST_THREADS = 64;
const SWAPPED = Buffer.from("\nVmSwap:");
const READ_BYTES = Buffer.from("\nread_bytes: ");
const WRITE_BYTES = Buffer.from("\nwrite_bytes: ");

export class ProcessDetails {
  readonly #details = new Map<Seen, Details>();
  readonly #budget: number;
  /** Those that were looked at, longest ago first. */
  #queue: Seen[] = [];

  /** @param budget reads of /proc in one pass */
  constructor(budget = 400) {
    this.#budget = budget;
  }

  look({ members, gone, heirOf, now, swapping }: DetailsLook): void {
    for (const process of gone) this.#leave(process, heirOf(process));
    const living = new Set(members);
    for (const process of this.#details.keys()) if (!living.has(process)) this.#details.delete(process);
    const isNew = (process: Seen) => !this.#details.has(process);
    const queue = [...[...living].filter(isNew), ...this.#queue.filter((process) => living.has(process) && !isNew(process))];
    let looked = 0;
    for (let reads = 0; reads < this.#budget && looked < queue.length; looked++) {
      const process = queue[looked];
      if (process !== undefined) reads += this.#lookAt(process, now, swapping);
    }
    this.#queue = [...queue.slice(looked), ...queue.slice(0, looked)];
  }

  of(process: Seen): Details | undefined {
    return this.#details.get(process);
  }

  /** Returns how many files were read. */
  #lookAt(process: Seen, now: number, swapping: boolean): number {
    const { pid } = process;
    const before = this.#details.get(process);
    const [read, written] = readIo(pid);
    const switches = readSwitches(process);
    const details: Details = {
      at: now,
      descriptors: countDescriptors(pid),
      ...{ read, written, switches },
      swap: swapping ? readSwap(pid) : 0,
      // What a process did before we saw it is not told apart, unless it has only just begun.
      readRate: rate(read, before?.read, before?.inheritedRead ?? 0, before, now),
      writeRate: rate(written, before?.written, before?.inheritedWritten ?? 0, before, now),
      switchRate: rate(switches, before?.switches, 0, before, now),
      inheritedRead: 0,
      inheritedWritten: 0,
    };
    this.#details.set(process, details);
    return 2 + Math.min(process.threads, MOST_THREADS);
  }

  #leave(process: Seen, parent: Seen | undefined): void {
    const own = this.#details.get(process);
    const heir = parent === undefined ? undefined : this.#details.get(parent);
    if (own === undefined || heir === undefined) return;
    heir.inheritedRead += own.read ?? 0;
    heir.inheritedWritten += own.written ?? 0;
  }
}

function rate(
  value: number | null,
  last: number | null | undefined,
  inherited: number,
  before: Details | undefined,
  now: number,
): number | null {
  if (value === null || last === null || last === undefined || before === undefined || now <= before.at) return null;
  return Math.max(0, value - last - inherited) / ((now - before.at) / 1000);
}

/** Bytes that came from block devices, and those on their way there: see proc_pid_io(5). Counted when a page is written to, not when it is on the disk. */
function readIo(pid: number): readonly [read: number | null, written: number | null] {
  const length = readProc(`/proc/${pid}/io`);
  if (length <= 0) return [null, null];
  const read = numberAfter(READ_BYTES, length);
  const written = numberAfter(WRITE_BYTES, length);
  return [read === -1 ? null : read, written === -1 ? null : written];
}

/** Only the slow file "status" tells it, in KiB. */
function readSwap(pid: number): number {
  const length = readProc(`/proc/${pid}/status`);
  const at = length <= 0 ? -1 : bytes.indexOf(SWAPPED);
  if (at === -1 || at >= length) return 0;
  let from = at + SWAPPED.length;
  while (bytes[from] === 0x20 || bytes[from] === 0x09) from++;
  return numberAt(from) * 1024;
}

let sizeIsCount: boolean | undefined;

/** Since Linux 6.2 the size of the directory is their number; before, they are listed. Null where we may not look. */
function countDescriptors(pid: number): number | null {
  try {
    sizeIsCount ??= statSync("/proc/self/fd").size > 0;
    if (!sizeIsCount) return readdirSync(`/proc/${pid}/fd`).length;
    const { size } = statSync(`/proc/${pid}/fd`);
    // Others may see its size, which is 0 for them.
    if (size === 0) opendirSync(`/proc/${pid}/fd`).closeSync();
    return size;
  } catch {
    return null;
  }
}

/** How often its threads were given a processor: the third number of schedstat, see sched-stats.rst of the kernel. */
function readSwitches({ pid, threads }: Seen): number | null {
  if (threads <= 1) return switchesOf(`/proc/${pid}/schedstat`);
  let names: string[];
  try {
    names = readdirSync(`/proc/${pid}/task`);
  } catch {
    return null;
  }
  let sum = 0;
  for (const name of names.slice(0, MOST_THREADS)) sum += switchesOf(`/proc/${pid}/task/${name}/schedstat`) ?? 0;
  return sum;
}

function switchesOf(path: string): number | null {
  const length = readProc(path);
  if (length <= 0) return null;
  const last = bytes.lastIndexOf(0x20, length - 1);
  return last === -1 ? null : numberAt(last + 1);
}
