/** Models to look at: a machine with four instances. */
import { wording } from "../../src/cli/monitor.ts";
import type { FileSystemSample, InstanceSample, InstanceStatus, Sample, State, Survey } from "../../src/tui/answers.ts";
import type { Key } from "../../src/tui/keys.ts";
import { type Size, textOf } from "../../src/tui/line.ts";
import { type Model, newModel } from "../../src/tui/model.ts";
import { update, type ViewEvent } from "../../src/tui/update.ts";
import { view } from "../../src/tui/view.ts";

export const NOW = 1_800_000_000_000;

export function status(name: string, state: State = "running", more: Partial<InstanceStatus> = {}): InstanceStatus {
  const runs = state === "running";
  return {
    ...{ name, state, ready: runs, wanted: true, pid: runs ? 100 : null, since: NOW, startedAt: runs ? NOW - 3_900_000 : null },
    ...{ restarts: 0, attempt: 1, why: "", statusText: null, lastExit: null, cpu: null, memory: null, adopted: false },
    ...{ log: `/nowhere/${name}`, errorLog: null, degraded: [] },
    ...more,
  };
}

export function survey(...instances: readonly InstanceStatus[]): Survey {
  const names = [...new Set(instances.map(({ name }) => name.slice(0, name.lastIndexOf("/"))))];
  return {
    supervisor: {
      ...{ version: "0", pid: 1, startedAt: 0, init: { pid: 1, supervisors: 1 }, mode: "daemon" },
      ...{ directories: { run: "", state: "", log: "", config: "" }, services: names.length, instances: instances.length },
      ...{ running: 0, memory: 0, degraded: [] },
    },
    services: names.map((name) => ({
      ...{ name, wanted: true, schedule: null },
      instances: instances.filter((one) => one.name.startsWith(`${name}/`)),
    })),
  };
}

export function usage(name: string, more: Partial<InstanceSample> = {}): InstanceSample {
  return {
    ...{ name, pid: 100, processes: 1, threads: 1, cpu: 0, memory: 0, swap: 0, descriptors: 3, readRate: 0, writeRate: 0 },
    ...{ contextSwitches: 0, restarts: 0, uptime: 1000, logSize: 0 },
    ...more,
  };
}

export function fileSystem(path: string, more: Partial<FileSystemSample> = {}): FileSystemSample {
  return {
    ...{ path, device: "/dev/sda1", type: "ext4", size: 100 * 2 ** 30, available: 50 * 2 ** 30, inodes: 1000, inodesFree: 900 },
    ...{ readOnly: false, forecast: null, deletedButOpen: [] },
    ...more,
  };
}

export function sample(instances: readonly InstanceSample[], fileSystems: readonly FileSystemSample[] = []): Sample {
  return {
    ...{ at: NOW, over: 1000, instances, fileSystems, directories: [], files: [] },
    host: {
      ...{ processors: 4, cpu: 1, load: [0.5, 0.25, 0.125], disks: [], uptime: 1 },
      memory: { total: 8 * 2 ** 30, available: 6 * 2 ** 30, swapTotal: 0, swapFree: 0 },
      pressure: { cpu: { some: 0.25 }, memory: { some: 0, full: 0 }, io: { some: 0, full: 0 } },
    },
  };
}

/** web has two instances, db and job one each. */
export function example(size: Size = { columns: 80, rows: 24 }): Model {
  return after(
    newModel({ size, now: NOW }),
    {
      type: "survey",
      survey: survey(status("web/0"), status("web/1"), status("db/0", "running", { restarts: 7 }), status("job/0", "failed")),
    },
    {
      type: "sample",
      sample: sample([
        usage("web/0", { cpu: 0.5, memory: 10 * 2 ** 20 }),
        usage("web/1", { cpu: 0.25, memory: 30 * 2 ** 20, readRate: 2048 }),
        usage("db/0", { cpu: 1.5, memory: 20 * 2 ** 20, writeRate: 5 * 2 ** 20 }),
        usage("job/0", { pid: null, cpu: null, readRate: null, writeRate: null }),
      ]),
    },
  );
}

export function after(model: Model, ...events: readonly ViewEvent[]): Model {
  return events.reduce((before, event) => update(before, event).model, model);
}

/** Names of keys. */
export function pressed(model: Model, ...keys: readonly string[]): Model {
  return after(model, ...keys.map((key): ViewEvent => ({ type: "key", key: { key } satisfies Key })));
}

/** As it is on the screen, without blanks at the ends of lines. */
export function screen(model: Model): readonly string[] {
  return view(model, wording).map((line) => textOf(line).trimEnd());
}
