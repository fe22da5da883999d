/** What an instance uses, its children included: as the monitor knows it, and of a main process that it doesn't know yet, that one. */
import type { Shown, UsageMeter } from "../../monitor/processUsage.ts";
import type { InstanceSample, MonitorSample } from "../../monitor/sample.ts";
import { monotonicMs } from "../../values/clock.ts";
import type { MonitorSource } from "../control.ts";

/** Milliseconds: with a monitor that keeps its usual pace nobody who asks waits for a sample. */
const FRESH = 6000;

export class TreeMeter {
  readonly #monitor: Pick<MonitorSource, "sample">;
  readonly #meter: Pick<UsageMeter, "look">;
  readonly #now: () => number;
  #latest: { readonly sample: MonitorSample; readonly at: number } | undefined;
  #mapped: MonitorSample | undefined;
  #byPid: ReadonlyMap<number, InstanceSample> = new Map();

  /** @param now milliseconds on a monotonic clock */
  constructor(monitor: Pick<MonitorSource, "sample" | "onSample">, meter: Pick<UsageMeter, "look">, now: () => number = monotonicMs) {
    this.#monitor = monitor;
    this.#meter = meter;
    this.#now = now;
    monitor.onSample((sample) => {
      this.#latest = { sample, at: now() };
    });
  }

  /** Six seconds old at the most. `startTime` as UsageMeter has it. */
  look(pid: number, startTime: number): Shown {
    const found = this.#find(pid);
    if (found === undefined) return this.#meter.look(pid, startTime);
    return { cpu: found.cpu ?? this.#meter.look(pid, startTime).cpu, memory: found.memory };
  }

  #find(pid: number): InstanceSample | undefined {
    // Before its first one, those who wait for services to start come first.
    if (this.#latest === undefined) return undefined;
    const now = this.#now();
    if (now - this.#latest.at > FRESH) this.#latest = { sample: this.#monitor.sample(), at: now };
    const { sample } = this.#latest;
    if (sample !== this.#mapped) {
      this.#mapped = sample;
      this.#byPid = new Map(sample.instances.flatMap((one) => (one.pid === null ? [] : [[one.pid, one] as const])));
    }
    return this.#byPid.get(pid);
  }
}
