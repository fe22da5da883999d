/** What the monitor answers, as src/monitor/sample.ts has it. */
import { HOST_SERIES, INSTANCE_SERIES } from "../monitor/sample.ts";
import { bool, count, list, number, object, oneOf, orNull, ref, type Schema, text, time } from "./openapiKit.ts";

const rate = (what: string) => orNull(number(`${what} a second.`));
const share = (what: string) => orNull(number(what));
const column = list(orNull(number()));

export const MONITOR_SCHEMAS: Readonly<Record<string, Schema>> = {
  MonitorConfig: object({
    disk: list(object({ path: text() }), "Entries of `disk`, as in a configuration. Replaces those from before; left out, they stay."),
    alerts: list(object({}), "Entries of `alerts`."),
  }),
  MonitorSample: object({
    at: time("When it was measured."),
    over: orNull(number("Milliseconds since the sample before: what rates and shares are about.")),
    host: ref("HostSample"),
    instances: list(ref("InstanceSample")),
    fileSystems: list(ref("FileSystemSample")),
    directories: list(ref("DirectorySample")),
    files: list(ref("FileSample")),
  }),
  InstanceSample: object({
    name: text('"web/0"'),
    pid: orNull(count("Its main process.")),
    processes: count("All that belong to it."),
    threads: count(),
    cpu: share("Share of one processor, 1 for a whole one."),
    memory: count("Resident bytes: shared pages count in each process that has them."),
    swap: count(),
    descriptors: orNull(count()),
    readRate: rate("Bytes from disks"),
    writeRate: rate("Bytes to disks"),
    contextSwitches: rate("Times that a thread of it was given a processor,"),
    restarts: count(),
    uptime: orNull(number("Milliseconds since its main process was started.")),
    logSize: orNull(count("Bytes of its log files, archives included.")),
  }),
  HostSample: object({
    processors: count(),
    cpu: share("Of all processors together."),
    load: list(number(), "Over 1, 5 and 15 minutes."),
    memory: object({ total: count(), available: count(), swapTotal: count(), swapFree: count() }),
    pressure: orNull(
      object({
        cpu: object({ some: number() }),
        memory: object({ some: number(), full: number() }),
        io: object({ some: number(), full: number() }),
      }),
    ),
    disks: list(
      object({
        name: text(),
        readRate: rate("Bytes"),
        writeRate: rate("Bytes"),
        busy: share("Share of the time in which it had something to do."),
      }),
    ),
    uptime: number("Milliseconds since boot."),
  }),
  FileSystemSample: object({
    path: text("The mount point."),
    device: text(),
    type: text(),
    size: count(),
    available: count("For everybody; what only root may use is left out."),
    inodes: count(),
    inodesFree: count(),
    readOnly: bool(),
    forecast: orNull(
      object({
        rate: number("Bytes a second; below 0 it empties."),
        fullAt: orNull(time("When it is full at this rate.")),
        confidence: oneOf("low", "medium", "high"),
      }),
    ),
    deletedButOpen: list(object({ instance: text(), pid: count(), path: text(), size: count() }), "Deleted files that services hold open."),
  }),
  DirectorySample: object({
    path: text(),
    size: orNull(count("Bytes on the disk, as du(1) has it.")),
    files: orNull(count()),
    growth: orNull(number("Bytes a second.")),
    countedAt: orNull(time("When it was counted to the end.")),
  }),
  FileSample: object({
    path: text(),
    exists: orNull(bool()),
    size: orNull(count()),
    modifiedAt: orNull(time("When its content was changed last.")),
    checksum: orNull(text("SHA-256.")),
    matches: orNull(bool("Whether a line of it matches the pattern.")),
  }),
  Series: object({
    name: text('"web/0", or "host".'),
    at: list(time("When.")),
    values: object(Object.fromEntries([...INSTANCE_SERIES, ...HOST_SERIES].map((name) => [name, column])), [
      ...INSTANCE_SERIES,
      ...HOST_SERIES,
    ]),
  }),
};
