/** The machine and the biggest consumers of a report. Pure. */
import { formatDuration } from "../../values/duration.ts";
import { formatSize } from "../../values/formatSize.ts";
import { type Block, counted, percent, tableOf } from "./blocks.ts";
import { biggest, type Consumer } from "./consumers.ts";
import type { Drawn, Report } from "./report.ts";

type Told = (moment: number) => string;

const MOST_CONSUMERS = 10;

export function machineBlocks({ machine, since, until }: Report, told: Told, drawn: Drawn | undefined): readonly Block[] {
  const { processors, memory, cpu, memoryUsed } = machine;
  const parts = [
    ...(cpu === null
      ? []
      : [
          `${percent(cpu.mean / processors)} of ${counted(processors, "processor")}, at most ${percent(cpu.peak / processors)} at ${told(cpu.peakAt)}`,
        ]),
    ...(memoryUsed === null
      ? []
      : [
          `${formatSize(memoryUsed.mean)} of ${formatSize(memory)} memory, at most ${formatSize(memoryUsed.peak)} at ${told(memoryUsed.peakAt)}`,
        ]),
  ];
  const blocks: Block[] = parts.length === 0 ? [] : [{ is: "text", text: `The whole machine: ${parts.join("; ")}.` }];
  if (drawn === undefined || drawn.host.length < 2) return blocks;
  const points = drawn.host;
  return [
    ...blocks,
    {
      is: "chart",
      title: "Processors",
      points,
      column: "cpu",
      since,
      until,
      top: processors,
      shown: (value) => percent(value / processors),
    },
    { is: "chart", title: "Memory", points, column: "memoryUsed", since, until, top: memory, shown: formatSize },
  ];
}

export function consumerBlocks({ consumers }: Report, told: Told): readonly Block[] {
  if (consumers.length === 0) return [{ is: "text", text: "Of no instance was anything measured." }];
  const top = (by: (consumer: Consumer) => number | undefined) => biggest(consumers, by).slice(0, MOST_CONSUMERS);
  const right = (...titles: string[]) => titles.map((title) => ({ title, align: "right" }) as const);
  return [
    ...tableOf(
      [{ title: "processor" }, ...right("time", "mean", "peak"), { title: "at" }, ...right("measured for")],
      top(({ cpu }) => cpu?.seconds).map(({ instance, cpu, measured }) =>
        cpu === null
          ? []
          : [
              instance,
              formatDuration(cpu.seconds * 1000),
              percent(cpu.mean),
              percent(cpu.peak),
              told(cpu.peakAt),
              formatDuration(measured),
            ],
      ),
    ),
    ...tableOf(
      [{ title: "memory" }, ...right("mean", "peak"), { title: "at" }],
      top(({ memory }) => memory?.peak).map(({ instance, memory }) =>
        memory === null ? [] : [instance, formatSize(memory.mean), formatSize(memory.peak), told(memory.peakAt)],
      ),
    ),
    ...tableOf(
      [{ title: "disk I/O" }, ...right("read", "written")],
      top(({ disk }) => (disk === null ? undefined : disk.read + disk.written)).map(({ instance, disk }) =>
        disk === null ? [] : [instance, formatSize(disk.read), formatSize(disk.written)],
      ),
    ),
  ];
}
