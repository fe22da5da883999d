/**
 * The past hour of instances and the host, a value for each 5 s, and while somebody looks the last 5 minutes by the second.
 * Made when an instance first runs, gone when it is forgotten; 24 KiB for an instance after an hour.
 */
import { type HistoryRequest, HOST, HOST_SERIES, INSTANCE_SERIES, type MonitorSample, type Series } from "./sample.ts";
import { SeriesRing } from "./seriesRing.ts";

/** Milliseconds of a value, and how many are kept. */
const COARSE = { step: 5000, length: 720 };
const FINE = { step: 1000, length: 300 };
/** Milliseconds by which a timer may be early, or late, and it is still the same second. */
const LENIENCE = 0.1;

type Names = typeof INSTANCE_SERIES | typeof HOST_SERIES;

interface Past {
  readonly names: Names;
  readonly coarse: SeriesRing;
  /** Made when somebody looks. */
  fine: SeriesRing | undefined;
  /** When somebody looked last. */
  fineAt: number;
}

export class History {
  readonly #past = new Map<string, Past>();
  readonly #now: () => number;

  /** @param now milliseconds on the monotonic clock: a wall clock that steps neither stretches the past nor cuts it */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param fine whether somebody looks, and there is a sample each second */
  add(sample: MonitorSample, fine: boolean): void {
    const now = this.#now();
    const { host } = sample;
    this.#push(HOST, HOST_SERIES, [host.cpu, host.memory.total - host.memory.available, host.load[0]], now, fine);
    for (const { name, pid, processes, cpu, memory, threads, descriptors, readRate, writeRate } of sample.instances) {
      const runs = pid !== null || processes > 0;
      if (!runs && !this.#past.has(name)) continue;
      const values = runs ? [cpu, memory, threads, descriptors, readRate, writeRate] : INSTANCE_SERIES.map(() => null);
      this.#push(name, INSTANCE_SERIES, values, now, fine);
    }
  }

  forget(instance: string): void {
    this.#past.delete(instance);
  }

  /** @param wall milliseconds since 1970, now: times of the past are those that it gives, whatever the clock said then */
  read({ instance, series, since = 0, fine = false }: HistoryRequest, wall: number): readonly Series[] {
    const offset = wall - this.#now();
    const some = instance === undefined ? [...this.#past] : [...this.#past].filter(([name]) => name === instance);
    return some.map(([name, past]) => {
      const ring = fine ? past.fine : past.coarse;
      const wanted = past.names
        .map((_, index) => index)
        .filter((index) => series === undefined || series.includes(past.names[index] ?? "cpu"));
      const { at, values } = ring?.read(since - offset, wanted) ?? { at: [], values: wanted.map(() => []) };
      return {
        name,
        at: at.map((time) => Math.round(time + offset)),
        values: Object.fromEntries(wanted.map((column, index) => [past.names[column], values[index] ?? []])),
      };
    });
  }

  #push(name: string, names: Names, values: readonly (number | null)[], now: number, fine: boolean): void {
    let past = this.#past.get(name);
    if (past === undefined) {
      past = { names, coarse: new SeriesRing(names.length, COARSE.length, COARSE.step * (1 - LENIENCE)), fine: undefined, fineAt: now };
      this.#past.set(name, past);
    }
    past.coarse.add(now, values);
    if (fine) {
      past.fine ??= new SeriesRing(names.length, FINE.length, FINE.step * (1 - LENIENCE));
      past.fineAt = now;
    } else if (now - past.fineAt > FINE.step * FINE.length) {
      // Nobody has looked for as long as it reaches back.
      past.fine = undefined;
    }
    past.fine?.add(now, values);
  }
}
