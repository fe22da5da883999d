/** Metrics of what the monitor measures: instances with their children, file systems, directories. Pure. */
import type { FileSystemSample, InstanceSample, MonitorSample } from "../monitor/sample.ts";
import { gauge, samplesOf } from "./metricsFamily.ts";
import type { Family } from "./metricsFormat.ts";

export function monitorFamilies({ instances, fileSystems, directories }: MonitorSample): readonly Family[] {
  return [...instanceFamilies(instances), ...fileSystemFamilies(fileSystems), ...directoryFamilies(directories)];
}

function instanceFamilies(instances: readonly InstanceSample[]): readonly Family[] {
  const labels = ({ name }: InstanceSample) => ({ service: name.slice(0, name.lastIndexOf("/")), instance: name });
  const running = instances.filter(({ processes }) => processes > 0);
  const each = (value: (instance: InstanceSample) => number | null) => samplesOf(running, labels, value);
  return [
    gauge(
      "instance_memory_bytes",
      "Resident memory of all processes of the instance; shared pages count in each.",
      each(({ memory }) => memory),
    ),
    gauge(
      "instance_swap_bytes",
      "Memory of the instance's processes that is swapped out.",
      each(({ swap }) => swap),
    ),
    gauge(
      "instance_cpu_ratio",
      "Share of one processor that all processes of the instance use, 1 for a whole one.",
      each(({ cpu }) => cpu),
    ),
    gauge(
      "instance_processes",
      "Processes of the instance.",
      each(({ processes }) => processes),
    ),
    gauge(
      "instance_threads",
      "Threads of the instance's processes.",
      each(({ threads }) => threads),
    ),
    gauge(
      "instance_open_fds",
      "Descriptors that the instance's processes have open.",
      each(({ descriptors }) => descriptors),
    ),
    gauge(
      "instance_disk_read_bytes_per_second",
      "Bytes that the instance reads from disks.",
      each(({ readRate }) => readRate),
    ),
    gauge(
      "instance_disk_written_bytes_per_second",
      "Bytes that the instance writes to disks.",
      each(({ writeRate }) => writeRate),
    ),
    gauge(
      "instance_log_size_bytes",
      "Log files of the instance, with those that were put aside.",
      samplesOf(instances, labels, ({ logSize }) => logSize),
    ),
  ];
}

function fileSystemFamilies(fileSystems: readonly FileSystemSample[]): readonly Family[] {
  const labels = ({ path, device, type }: FileSystemSample) => ({ path, device, type });
  const each = (value: (one: FileSystemSample) => number | null) => samplesOf(fileSystems, labels, value);
  return [
    gauge(
      "filesystem_size_bytes",
      "Size of the file system.",
      each(({ size }) => size),
    ),
    gauge(
      "filesystem_available_bytes",
      "Space for everybody.",
      each(({ available }) => available),
    ),
    gauge(
      "filesystem_inodes",
      "Inodes of the file system.",
      each(({ inodes }) => (inodes === 0 ? null : inodes)),
    ),
    gauge(
      "filesystem_inodes_free",
      "Inodes that are free.",
      each(({ inodes, inodesFree }) => (inodes === 0 ? null : inodesFree)),
    ),
    gauge(
      "filesystem_read_only",
      "1 where the file system is read-only.",
      each(({ readOnly }) => Number(readOnly)),
    ),
    gauge(
      "filesystem_growth_bytes_per_second",
      "How fast it fills, by the last hour; below 0 it empties.",
      each(({ forecast }) => forecast?.rate ?? null),
    ),
    gauge(
      "filesystem_full_time_seconds",
      "When it is full at this rate, since 1970. Without a sample it doesn't fill, or nobody can tell.",
      each(({ forecast }) =>
        forecast === null || forecast.fullAt === null || forecast.confidence === "low" ? null : forecast.fullAt / 1000,
      ),
    ),
    gauge(
      "filesystem_deleted_open_bytes",
      "Deleted files on it that services hold open.",
      each(({ deletedButOpen }) => deletedButOpen.reduce((sum, { size }) => sum + size, 0)),
    ),
  ];
}

function directoryFamilies(directories: MonitorSample["directories"]): readonly Family[] {
  const labels = ({ path }: { readonly path: string }) => ({ path });
  return [
    gauge(
      "directory_size_bytes",
      "What the directory takes on its disk, with all in it.",
      samplesOf(directories, labels, ({ size }) => size),
    ),
    gauge(
      "directory_files",
      "Entries of the directory, with all in it.",
      samplesOf(directories, labels, ({ files }) => files),
    ),
  ];
}
