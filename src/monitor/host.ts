/** What the whole machine uses: /proc/stat, loadavg, meminfo, pressure and uptime. Parsers are pure. */
import { DiskMeter } from "./disks.ts";
import { readProcText } from "./procFile.ts";
import type { HostSample } from "./sample.ts";

/** Clock ticks of all processors together since boot. */
export interface ProcessorTicks {
  readonly busy: number;
  readonly total: number;
  readonly processors: number;
}

export class HostMeter {
  readonly #disks = new DiskMeter();
  #before: ProcessorTicks | undefined;

  /** @param overMs milliseconds since the look before, null for the first */
  look(overMs: number | null): HostSample {
    const ticks = parseProcessors(readProcText("/proc/stat") ?? "");
    const cpu = this.#before === undefined ? null : shareOf(this.#before, ticks);
    this.#before = ticks;
    return {
      processors: Math.max(1, ticks.processors),
      cpu,
      load: parseLoad(readProcText("/proc/loadavg") ?? ""),
      memory: parseMemory(readProcText("/proc/meminfo") ?? ""),
      pressure: readPressure(),
      disks: this.#disks.look(overMs),
      uptime: uptimeMs(),
    };
  }
}

/** Milliseconds since boot, sleep of the machine included, as the start times of processes count. */
export function uptimeMs(): number {
  return Math.round(Number.parseFloat(readProcText("/proc/uptime") ?? "0") * 1000);
}

/** @param text of /proc/stat: the ticks of guests are among those of users already */
export function parseProcessors(text: string): ProcessorTicks {
  const end = text.indexOf("\n");
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softirq = 0, steal = 0] = text
    .slice(0, end)
    .split(/\s+/)
    .slice(1)
    .map(Number);
  const busy = user + nice + system + irq + softirq;
  return { busy, total: busy + idle + wait + steal, processors: text.match(/^cpu\d+ /gm)?.length ?? 0 };
}

/** How many processors were busy between two looks; null where no time has passed. Idle ticks may go back a little: proc_stat(5). */
export function shareOf(before: ProcessorTicks, now: ProcessorTicks): number | null {
  const total = now.total - before.total;
  if (total <= 0) return null;
  return Math.min(1, Math.max(0, (now.busy - before.busy) / total)) * now.processors;
}

/** @param text of /proc/loadavg */
export function parseLoad(text: string): HostSample["load"] {
  const [one = 0, five = 0, fifteen = 0] = text.split(" ").map(Number);
  return [one, five, fifteen];
}

/** @param text of /proc/meminfo, in KiB */
export function parseMemory(text: string): HostSample["memory"] {
  const of = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0) * 1024;
  return { total: of("MemTotal"), available: of("MemAvailable"), swapTotal: of("SwapTotal"), swapFree: of("SwapFree") };
}

/** @param text of a file in /proc/pressure: percents of the last 10 s */
export function parsePressure(text: string): { readonly some: number; readonly full: number } {
  const of = (key: string) => Number(new RegExp(`^${key} avg10=([\\d.]+)`, "m").exec(text)?.[1] ?? 0) / 100;
  return { some: of("some"), full: of("full") };
}

function readPressure(): HostSample["pressure"] {
  const [cpu, memory, io] = ["cpu", "memory", "io"].map((name) => readProcText(`/proc/pressure/${name}`));
  if (cpu === undefined || memory === undefined || io === undefined) return null;
  return { cpu: { some: parsePressure(cpu).some }, memory: parsePressure(memory), io: parsePressure(io) };
}
