/**
 * Names of log files, in the directory of a service. STREAM is an instance's number, "0", or "0.error" for a standard error
 * that is apart:
 *
 *   0.log                               what is written to now
 *   0.20261122T140000000Z.log           a segment that was put aside then (UTC); .zst or .gz behind it once it is compressed
 *   0.log.index, 0.20261122T140000000Z.log.index   when it had how many bytes
 *   .0.log.next                         the segment to come, empty until the one before is complete
 *   .0.20261122T140000000Z.log.zst.partial   a compressor's work
 */

/** What a file is, besides the plain text of a segment. */
export type SegmentForm = "plain" | "zst" | "gz" | "index" | "partial";

export interface SegmentName {
  readonly stream: string;
  /** When it was put aside, in milliseconds since 1970. */
  readonly time: number;
  readonly form: SegmentForm;
}

const ARCHIVED =
  /^(\.?)(\d+(?:\.error)?)\.(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z\.log(?:\.(zst|gz|index)|\.(?:zst|gz)(\.partial))?$/;

export function currentName(stream: string): string {
  return `${stream}.log`;
}

export function nextName(stream: string): string {
  return `.${stream}.log.next`;
}

/** Of a segment that was put aside; its other forms have suffixes. */
export function archiveName(stream: string, time: number): string {
  return `${stream}.${formatStamp(time)}.log`;
}

export function partialName(archive: string, suffix: "zst" | "gz"): string {
  return `.${archive}.${suffix}.partial`;
}

/**
 * Undefined for what is no segment that was put aside.
 *
 * @example
 * parseSegment("0.20261122T140000000Z.log.zst") // { stream: "0", time: 1795356000000, form: "zst" }
 */
export function parseSegment(file: string): SegmentName | undefined {
  const match = ARCHIVED.exec(file);
  if (match === null) return undefined;
  const [, dot, stream = "", year, month, day, hour, minute, second, millisecond, suffix, partial] = match;
  if ((dot === ".") !== (partial !== undefined)) return undefined;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${millisecond}Z`);
  const form = partial === undefined ? (suffix ?? "plain") : "partial";
  // A stamp that no clock shows is not ours.
  return Number.isNaN(time) || formatStamp(time) !== archiveStamp(file) ? undefined : { stream, time, form: form as SegmentForm };
}

/** Milliseconds since 1970 as "20261122T140000000Z". */
export function formatStamp(time: number): string {
  return new Date(time).toISOString().replaceAll(/[-:.]/g, "");
}

function archiveStamp(file: string): string {
  return /\d{8}T\d{9}Z/.exec(file)?.[0] ?? "";
}
