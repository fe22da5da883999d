/** The lines about the machine: processors, memory, load, pressure, and its file systems. Pure. */
import { type FileSystemSample, HOST, type Sample } from "./answers.ts";
import { bytes, percent, span } from "./figures.ts";
import type { Line, Role, Span } from "./line.ts";
import type { Model } from "./model.ts";
import { sparkline } from "./trail.ts";

export function hostLine({ sample, trails, size: { columns }, now }: Model): Line {
  if (sample === null) return [{ text: "measuring …", role: "dim" }];
  const { cpu, processors, memory, load, pressure } = sample.host;
  const used = memory.total === 0 ? 0 : 1 - memory.available / memory.total;
  const busy = cpu === null ? null : cpu / processors;
  const trail = sparkline(trails.get(HOST) ?? [], now, columns >= 100 ? 20 : 8, processors);
  return [
    { text: "CPU ", role: "title" },
    { text: percent(busy), role: gauge(busy ?? 0) },
    { text: ` of ${processors} ` },
    ...(columns >= 60 ? [{ text: trail, role: "accent" } as const] : []),
    { text: "  MEM ", role: "title" },
    { text: percent(used), role: gauge(used) },
    { text: ` of ${bytes(memory.total)}` },
    { text: "  LOAD ", role: "title" },
    {
      text: load
        .slice(0, columns >= 100 ? 3 : 1)
        .map((value) => value.toFixed(2))
        .join(" "),
    },
    ...(pressure === null ? [] : waiting(pressure)),
  ];
}

/** Pressure stall information: the share of time in which somebody had to wait for it. */
function waiting({ cpu, memory, io }: NonNullable<Sample["host"]["pressure"]>): readonly Span[] {
  const shares = [
    ["cpu", cpu.some],
    ["mem", memory.some],
    ["io", io.some],
  ] as const;
  return [
    { text: "  WAIT", role: "title" },
    ...shares.map(([name, share]): Span => ({ text: ` ${name} ${percent(share)}`, role: share >= 0.2 ? "warn" : "text" })),
  ];
}

const BAR = 10;
/** Everybody can look at what is full within the day. */
const SOON = 24 * 3_600_000;

/** The ones that need somebody first: read-only, full soon, little left. */
export function fileSystemLines({ sample }: Model, count: number): readonly Line[] {
  if (sample === null || count === 0) return [];
  const { at } = sample;
  const sorted = sample.fileSystems.toSorted((one, other) => urgency(other, at) - urgency(one, at));
  const shown = sorted.slice(0, count);
  const width = Math.min(24, Math.max(...shown.map(({ path }) => path.length)));
  return shown.map((each, index) => {
    const more = index === count - 1 ? sorted.length - count : 0;
    return [...fileSystemLine(each, at, width), ...(more === 0 ? [] : [{ text: `  (${more} more)`, role: "dim" } as const])];
  });
}

function fileSystemLine(
  { path, size, available, inodes, inodesFree, readOnly, forecast, deletedButOpen }: FileSystemSample,
  at: number,
  width: number,
): Line {
  const used = size === 0 ? 0 : 1 - available / size;
  const filled = Math.round(used * BAR);
  const inodesUsed = inodes === 0 ? 0 : 1 - inodesFree / inodes;
  const held = deletedButOpen.reduce((sum, one) => sum + one.size, 0);
  const fullAt = forecast?.fullAt ?? null;
  const notes: readonly Span[] = [
    ...(fullAt === null
      ? []
      : [
          {
            text: `, full in ${span(fullAt - at)} (${forecast?.confidence} confidence)`,
            role: fullAt - at < SOON ? "bad" : "warn",
          } as const,
        ]),
    ...(readOnly ? [{ text: ", read-only", role: "warn" } as const] : []),
    ...(inodesUsed < 0.8 ? [] : [{ text: `, ${percent(inodesUsed)} of inodes`, role: gauge(inodesUsed) } as const]),
    ...(held === 0 ? [] : [{ text: `, ${bytes(held)} in deleted files`, role: "warn" } as const]),
  ];
  const name = path.length > width ? `…${path.slice(1 - width)}` : path.padEnd(width);
  return [
    { text: `${name} `, role: "title" },
    { text: "█".repeat(filled) + "░".repeat(BAR - filled), role: gauge(used) },
    { text: ` ${percent(used).padStart(4)} of ${bytes(size)}, ${bytes(available)} free` },
    ...notes,
  ];
}

function urgency({ size, available, forecast, readOnly }: FileSystemSample, at: number): number {
  const soon = forecast?.fullAt === null || forecast === null ? 0 : Math.max(0, 2 - Math.max(0, forecast.fullAt - at) / SOON);
  // Images are read-only and full by nature.
  return soon + (size === 0 || readOnly ? 0 : 1 - available / size);
}

function gauge(share: number): Role {
  return share >= 0.95 ? "bad" : share >= 0.8 ? "warn" : "good";
}
