/** A monitor that measures nothing: what a test puts into it is what it says. */
import { HOST, type MonitorSample, type Series } from "../../src/monitor/sample.ts";
import type { MonitorSource } from "../../src/supervisor/control.ts";

export class MemoryMonitor implements MonitorSource {
  latest: MonitorSample = SAMPLE;
  /** Intervals of those who look, as long as they do. */
  readonly watching = new Set<{ readonly interval: number }>();
  readonly #listeners = new Set<(sample: MonitorSample) => void>();

  sample(): MonitorSample {
    return this.latest;
  }

  history({ instance, since = 0 }: { readonly instance?: string; readonly since?: number } = {}): readonly Series[] {
    const all: readonly Series[] = [
      { name: HOST, at: [1000, 6000], values: { cpu: [null, 0.5], memoryUsed: [1, 2], load: [0, 1] } },
      { name: "web/0", at: [1000, 6000], values: { cpu: [0.1, null], memory: [1, 2] } },
    ];
    return all.filter(({ name, at }) => (instance ?? name) === name && at.some((each) => each >= since));
  }

  onSample(listener: (sample: MonitorSample) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  watch(interval: number, listener: (sample: MonitorSample) => void): () => void {
    const one = { interval };
    this.watching.add(one);
    const end = this.onSample(listener);
    return () => {
      this.watching.delete(one);
      end();
    };
  }

  /** As if it had just been measured. */
  emit(sample: MonitorSample): void {
    this.latest = sample;
    for (const listener of [...this.#listeners]) listener(sample);
  }
}

/** With something in each list. */
export const SAMPLE: MonitorSample = {
  at: 1_700_000_000_000,
  over: 5000,
  host: {
    processors: 2,
    cpu: 0.5,
    load: [0.1, 0.2, 0.3],
    memory: { total: 8_000_000_000, available: 4_000_000_000, swapTotal: 0, swapFree: 0 },
    pressure: { cpu: { some: 0.01 }, memory: { some: 0, full: 0 }, io: { some: 0, full: 0 } },
    disks: [{ name: "sda", readRate: 0, writeRate: null, busy: 0.5 }],
    uptime: 1_000_000,
  },
  instances: [
    {
      name: "web/0",
      pid: 123,
      processes: 2,
      threads: 12,
      cpu: 0.25,
      memory: 4096,
      swap: 0,
      descriptors: 20,
      readRate: 0,
      writeRate: null,
      contextSwitches: 3,
      restarts: 1,
      uptime: 5000,
      logSize: 100,
    },
  ],
  fileSystems: [
    {
      path: "/",
      device: "/dev/sda1",
      type: "ext4",
      size: 100,
      available: 50,
      inodes: 10,
      inodesFree: 5,
      readOnly: false,
      forecast: { rate: 1, fullAt: 1_700_000_050_000, confidence: "high" },
      deletedButOpen: [{ instance: "web/0", pid: 123, path: "/tmp/x", size: 7 }],
    },
  ],
  directories: [{ path: "/var/lib", size: 7, files: 1, growth: null, countedAt: 1_700_000_000_000 }],
  files: [{ path: "/etc/passwd", exists: true, size: 1, modifiedAt: 5, checksum: null, matches: null }],
};
