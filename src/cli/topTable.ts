/** A sample of the monitor as lines of text. Pure. */
import type { FileSystemSample, InstanceSample, MonitorSample } from "../monitor/sample.ts";
import { formatDuration } from "../values/duration.ts";
import { formatSize } from "../values/formatSize.ts";
import type { Paint } from "./paint.ts";
import { type Cell, type Column, table } from "./table.ts";

export interface TopView {
  readonly paint: Paint;
  /** Columns of the terminal. Default: as many as it takes. */
  readonly width?: number | undefined;
}

const INSTANCES: readonly Column[] = [
  { title: "NAME", least: 8 },
  { title: "PID", align: "right" },
  { title: "CPU", align: "right" },
  { title: "MEMORY", align: "right" },
  { title: "PROCS", align: "right" },
  { title: "THREADS", align: "right" },
  { title: "FDS", align: "right" },
  { title: "READ/S", align: "right" },
  { title: "WRITE/S", align: "right" },
  { title: "RESTARTS", align: "right" },
  { title: "LOG", align: "right" },
];

const FILE_SYSTEMS: readonly Column[] = [
  { title: "FILE SYSTEM", least: 12 },
  { title: "SIZE", align: "right" },
  { title: "FREE", align: "right" },
  { title: "FREE%", align: "right" },
  { title: "INODES%", align: "right" },
  { title: "NOTE", least: 12, optional: true },
];

/** @example topLines(sample, { paint, width: 80 }) */
export function topLines(sample: MonitorSample, { paint, width }: TopView): readonly string[] {
  const options = { width, paintTitle: paint.bold };
  const { instances, fileSystems, at } = sample;
  return [
    hostLine(sample),
    ...(instances.length === 0 ? [] : ["", ...table(INSTANCES, instances.map(instanceRow), options)]),
    ...(fileSystems.length === 0
      ? []
      : [
          "",
          ...table(
            FILE_SYSTEMS,
            fileSystems.map((one) => fileSystemRow(one, at, paint)),
            options,
          ),
        ]),
  ];
}

function hostLine({ host }: MonitorSample): string {
  const { cpu, processors, load, memory, pressure } = host;
  const parts = [
    `cpu ${cpu === null ? "-" : percent(cpu / processors)} of ${processors}`,
    `load ${load.map((value) => value.toFixed(2)).join(" ")}`,
    `memory ${formatSize(memory.total - memory.available)} of ${formatSize(memory.total)}`,
    ...(memory.swapTotal === 0 ? [] : [`swap ${formatSize(memory.swapTotal - memory.swapFree)} of ${formatSize(memory.swapTotal)}`]),
    ...(pressure === null
      ? []
      : [`waiting for cpu ${percent(pressure.cpu.some)}, memory ${percent(pressure.memory.some)}, disk ${percent(pressure.io.some)}`]),
  ];
  return parts.join("; ");
}

function instanceRow(instance: InstanceSample): readonly Cell[] {
  const { name, pid, cpu, memory, processes, threads, descriptors, readRate, writeRate, restarts, logSize } = instance;
  const ifRuns = (value: string) => (processes === 0 ? "-" : value);
  return [
    name,
    shown(pid, String),
    shown(cpu, percent),
    ifRuns(formatSize(memory)),
    ifRuns(String(processes)),
    ifRuns(String(threads)),
    shown(descriptors, String),
    shown(readRate, formatSize),
    shown(writeRate, formatSize),
    String(restarts),
    shown(logSize, formatSize),
  ].map((text) => ({ text }));
}

function fileSystemRow(
  { path, size, available, inodes, inodesFree, readOnly, forecast, deletedButOpen }: FileSystemSample,
  at: number,
  paint: Paint,
): readonly Cell[] {
  const held = deletedButOpen.reduce((sum, one) => sum + one.size, 0);
  const holders = [...new Set(deletedButOpen.map(({ instance }) => instance))].join(", ");
  const notes = [
    ...(readOnly ? ["read-only"] : []),
    ...(forecast?.fullAt === null || forecast === null
      ? []
      : [`full in ${formatDuration(Math.max(0, forecast.fullAt - at))} (${forecast.confidence} confidence)`]),
    ...(held === 0 ? [] : [`${formatSize(held)} in deleted files that ${holders} has open`]),
  ];
  return [
    { text: path },
    { text: formatSize(size) },
    { text: formatSize(available) },
    { text: size === 0 ? "-" : percent(available / size) },
    // Some file systems make inodes as they are needed.
    { text: inodes === 0 ? "-" : percent(inodesFree / inodes) },
    { text: notes.join("; "), paint: paint.red },
  ];
}

function shown<T>(value: T | null, format: (value: T) => string): string {
  return value === null ? "-" : format(value);
}

function percent(share: number): string {
  const value = share * 100;
  return `${value > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)}%`;
}
