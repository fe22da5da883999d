/** The disks of a report: how full, how fast, until when. Pure. */
import { formatAmount } from "../../monitor/checksAmount.ts";
import { clock } from "../../supervisor/story.ts";
import { formatDuration } from "../../values/duration.ts";
import { formatSize } from "../../values/formatSize.ts";
import { type Block, tableOf } from "./blocks.ts";
import type { DiskGrowth } from "./disks.ts";
import type { Drawn, Report } from "./report.ts";

const HOUR = 3600;
const MOST_LOGS = 10;

export function diskBlocks({ disks, since, until }: Report, drawn: Drawn | undefined): readonly Block[] {
  const { fileSystems, directories, logs } = disks;
  const right = (...titles: string[]) => titles.map((title) => ({ title, align: "right" }) as const);
  const deleted = fileSystems.flatMap(({ deletedButOpen }) => deletedButOpen);
  return [
    ...tableOf(
      [{ title: "file system" }, ...right("size", "free", "growth", "rate"), { title: "full" }],
      fileSystems.map((disk) => [
        disk.path,
        formatSize(disk.size),
        `${formatSize(disk.available)} (${formatAmount("percent", (disk.available / Math.max(1, disk.size)) * 100)})`,
        disk.growth === null ? "not known" : `${signed(disk.growth.bytes)}${sinceNote(disk.growth.since, since, until)}`,
        disk.forecast === null ? "not known yet" : `${signed(disk.forecast.rate * HOUR)}/h`,
        outlook(disk, until),
      ]),
    ),
    ...fileSystems.flatMap(({ path, size }): readonly Block[] => {
      const points = drawn?.disks.get(path) ?? [];
      return points.length < 2
        ? []
        : [{ is: "chart", title: `Used of ${path}`, points, column: "used", since, until, top: size, shown: formatSize }];
    }),
    ...tableOf(
      [{ title: "directory" }, ...right("size", "files", "growth", "rate")],
      directories.map(({ path, size, files, growth, grown }) => [
        path,
        size === null ? "not counted yet" : formatSize(size),
        files === null ? "" : String(files),
        grown === null ? "not known" : `${signed(grown.bytes)}${sinceNote(grown.since, since, until)}`,
        growth === null ? "not known yet" : `${signed(growth * HOUR)}/h`,
      ]),
    ),
    ...tableOf(
      [{ title: "logs" }, ...right("size")],
      logs.slice(0, MOST_LOGS).map(({ instance, size }) => [instance, formatSize(size)]),
    ),
    ...tableOf(
      [{ title: "deleted, but open" }, { title: "by" }, ...right("size")],
      deleted.map(({ path, instance, pid, size }) => [path, `${instance} (pid ${pid})`, formatSize(size)]),
    ),
  ];
}

/** With what makes it less certain, and what is wrong already. */
function outlook({ forecast, readOnly, inodesFree }: DiskGrowth, now: number): string {
  const parts = [
    ...(readOnly ? ["read-only"] : []),
    ...(inodesFree !== null && inodesFree < 0.1 ? [`${formatAmount("percent", inodesFree * 100)} of the inodes are free`] : []),
    ...(forecast === null || forecast.fullAt === null
      ? []
      : [
          forecast.fullAt <= now
            ? "full"
            : `in ${formatDuration(forecast.fullAt - now)}, at ${clock(forecast.fullAt, now)} (confidence ${forecast.confidence})`,
        ]),
  ];
  if (parts.length > 0) return parts.join("; ");
  return forecast === null ? "not known yet" : "not at this rate";
}

/** Said only where it is not about the whole time. */
function sinceNote(from: number, since: number, now: number): string {
  return from > since + 5 * 60_000 ? ` since ${clock(from, now)}` : "";
}

function signed(bytes: number): string {
  const text = formatAmount("bytes", bytes);
  return bytes > 0 ? `+${text}` : text;
}
