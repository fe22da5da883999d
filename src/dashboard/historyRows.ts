/** A sample as the rows that the history keeps of it: whole numbers, in the order of the columns. */
import type { MonitorSample } from "./apiTypes.ts";
import { COLUMNS, type Column, kindOf, PEAKS, VALUES } from "./historyTiers.ts";

export interface SampleRow {
  readonly series: string;
  /** As many as a table has columns, peaks at the end. */
  readonly values: readonly (number | null)[];
}

type Figures = Readonly<Record<string, number | null | undefined>>;

/** Instances that don't run have none. */
export function rowsOf({ host, instances, fileSystems, directories }: MonitorSample): readonly SampleRow[] {
  const used = { cpu: host.cpu, memoryUsed: host.memory.total - host.memory.available, load: host.load[0] };
  return [
    rowOf("host", used),
    ...instances.flatMap(({ name, pid, processes, cpu, memory, threads, descriptors, readRate, writeRate }) =>
      pid === null && processes === 0 ? [] : [rowOf(name, { cpu, memory, threads, descriptors, readRate, writeRate })],
    ),
    ...fileSystems.map(({ path, size, available, inodes, inodesFree }) =>
      rowOf(`disk:${path}`, { used: size - available, inodesUsed: inodes - inodesFree }),
    ),
    // One that is being counted for the first time, or that is gone, has no size.
    ...directories.flatMap(({ path, size, files }) => (size === null ? [] : [rowOf(`directory:${path}`, { size, files })])),
  ];
}

/** @param figures by the names of the columns; what is missing is null */
export function rowOf(series: string, figures: Figures): SampleRow {
  const columns: readonly Column[] = COLUMNS[kindOf(series)];
  const values = Array.from({ length: VALUES }, (_, index) => {
    const column = columns[index];
    const value = column === undefined ? null : (figures[column.name] ?? null);
    return value === null || column === undefined ? null : Math.round(value * column.scale);
  });
  return { series, values: [...values, ...values.slice(0, PEAKS)] };
}
