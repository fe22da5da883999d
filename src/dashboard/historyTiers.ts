/** What the history keeps of what, and for how long. */

export interface Tier {
  readonly table: "fine" | "medium" | "coarse";
  /** Milliseconds of a row. */
  readonly step: number;
  /** Milliseconds that rows are kept. */
  readonly keep: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Each is made of the one before it. The first keeps a little more than it shows, so that nothing is missing at its edge. */
export const TIERS = [
  { table: "fine", step: 5000, keep: 2 * HOUR },
  { table: "medium", step: MINUTE, keep: 2 * DAY },
  { table: "coarse", step: 15 * MINUTE, keep: 31 * DAY },
] as const satisfies readonly Tier[];

/** The finest tier that reaches back so far. The fine one shows an hour, the medium one two days. */
export function tierFor(span: number): Tier {
  const [fine, medium, coarse] = TIERS;
  if (span <= 1.25 * HOUR) return fine;
  return span <= medium.keep ? medium : coarse;
}

/** Columns of a row, by what it is of. `peak` also keeps its greatest value; `scale` makes whole numbers, which SQLite keeps in fewer bytes. */
export interface Column {
  readonly name: string;
  readonly scale: number;
}

const cpu = { name: "cpu", scale: 10_000 };
const whole = (name: string): Column => ({ name, scale: 1 });

export const COLUMNS = {
  instance: [cpu, whole("memory"), whole("threads"), whole("descriptors"), whole("readRate"), whole("writeRate")],
  host: [cpu, whole("memoryUsed"), { name: "load", scale: 100 }],
  disk: [whole("used"), whole("inodesUsed")],
  directory: [whole("size"), whole("files")],
} as const satisfies Record<string, readonly Column[]>;

export type Kind = keyof typeof COLUMNS;

/** As many as the widest kind has. */
export const VALUES = 6;
/** The first two columns also keep their peaks. */
export const PEAKS = 2;

/** "web/0" is an instance, "host" the machine, "disk:/var" a file system, "directory:/var/log" a directory. */
export function kindOf(series: string): Kind {
  if (series === "host") return "host";
  if (series.startsWith("disk:/")) return "disk";
  return series.startsWith("directory:/") ? "directory" : "instance";
}
