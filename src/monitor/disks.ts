/** What disks do: /proc/diskstats, see the kernel's iostats.rst. */
import { existsSync } from "node:fs";
import { readProcText } from "./procFile.ts";
import type { DiskSample } from "./sample.ts";

export interface DiskCounters {
  /** Sectors of 512 bytes. */
  readonly read: number;
  readonly written: number;
  /** Milliseconds. */
  readonly busy: number;
}

const SECTOR = 512;
/** Counters are unsigned long, 32 bits on some machines; that of time is always 32. */
const WRAP = 2 ** 32;
/** Not disks of their own: images, memory, drives with nothing in them. */
const NO_DISK = /^(?:loop|ram|zram|sr|fd)\d/;

export class DiskMeter {
  #before: ReadonlyMap<string, DiskCounters> = new Map();
  readonly #isWhole = new Map<string, boolean>();

  /** @param overMs milliseconds since the look before, null for the first */
  look(overMs: number | null): readonly DiskSample[] {
    const counters = parseDisks(readProcText("/proc/diskstats") ?? "", (name) => this.#isDisk(name));
    const before = this.#before;
    this.#before = counters;
    return [...counters].map(([name, now]) => diskSample(name, before.get(name), now, overMs));
  }

  /** Partitions are directories in their disk's, not here. */
  #isDisk(name: string): boolean {
    const known = this.#isWhole.get(name);
    if (known !== undefined) return known;
    const found = !NO_DISK.test(name) && existsSync(`/sys/block/${name.replaceAll("/", "!")}`);
    this.#isWhole.set(name, found);
    return found;
  }
}

/** @param text of /proc/diskstats */
export function parseDisks(text: string, isDisk: (name: string) => boolean): ReadonlyMap<string, DiskCounters> {
  const found = new Map<string, DiskCounters>();
  for (const line of text.split("\n")) {
    const fields = line.trim().split(/\s+/);
    const [, , name = ""] = fields;
    if (fields.length >= 13 && isDisk(name)) {
      found.set(name, { read: Number(fields[5]), written: Number(fields[9]), busy: Number(fields[12]) });
    }
  }
  return found;
}

export function diskSample(name: string, before: DiskCounters | undefined, now: DiskCounters, overMs: number | null): DiskSample {
  if (before === undefined || overMs === null || overMs <= 0) return { name, readRate: null, writeRate: null, busy: null };
  const rate = (key: "read" | "written") => {
    const change = differenceOf(before[key], now[key]);
    return change === null ? null : (change * SECTOR) / (overMs / 1000);
  };
  const busy = differenceOf(before.busy, now.busy);
  return { name, readRate: rate("read"), writeRate: rate("written"), busy: busy === null ? null : Math.min(1, busy / overMs) };
}

/** Of a counter that may have wrapped; null where it was reset instead, as that of a disk that was taken out and put in again. */
export function differenceOf(before: number, now: number): number | null {
  if (now >= before) return now - before;
  const wrapped = now + WRAP - before;
  return before < WRAP && wrapped < WRAP / 2 ? wrapped : null;
}
