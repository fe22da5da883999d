/** The kernel's units: page size and clock ticks, as sysconf(3) gets them: from the auxiliary vector, getauxval(3). */
import { readFileSync } from "node:fs";

export interface SystemUnits {
  /** Bytes: 4, 16 or 64 KiB on arm64. */
  readonly pageSize: number;
  /** Milliseconds of a clock tick. */
  readonly tickMs: number;
}

/** Of <elf.h>. */
const AUXILIARY = { pageSize: 6n, ticksPerSecond: 17n } as const;

let units: SystemUnits | undefined;

/** @example systemUnits().tickMs // 10 */
export function systemUnits(): SystemUnits {
  units ??= readUnits();
  return units;
}

function readUnits(): SystemUnits {
  const vector = readFileSync("/proc/self/auxv");
  const values = new Map<bigint, number>();
  for (let at = 0; at + 16 <= vector.length; at += 16) values.set(vector.readBigUInt64LE(at), Number(vector.readBigUInt64LE(at + 8)));
  return {
    pageSize: values.get(AUXILIARY.pageSize) ?? 4096,
    tickMs: 1000 / (values.get(AUXILIARY.ticksPerSecond) ?? 100),
  };
}
