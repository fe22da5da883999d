/**
 * Names for the instants of a rotation and of a compression at which a crash would hurt most: src/supervisor/faultPoint.ts
 * has the others, and says what they are for. The compressor, a process of its own, comes to those of a compression.
 */
import { atFaultPoint } from "../values/faultHook.ts";

/** Each with the place where it belongs. */
export const LOG_FAULT_POINTS = [
  /** Init goes on in the next file; nothing has another name yet. */
  "before archive name",
  /** What was written to has the name of an archive; its index hasn't. */
  "before archive index",
  /** Its index has, too; the next file hasn't the log's name yet. */
  "before log name",
  /** All names are as they are to be; nothing was pruned. */
  "after log name",
  /** Just before an archive that is too much is removed. */
  "before removal",
  /** Its text is gone, its index isn't. */
  "within removal",
  /** Just before the compressor begins a file. */
  "before partial",
  /** All of it is on the disk, under a name that nobody reads. */
  "before compressed name",
  /** Both forms are there. */
  "after compressed name",
  /** Both are there, and the names on the disk. */
  "before plain removal",
  /** Only the compressed form is there; nobody knows yet. */
  "after plain removal",
] as const;

export type LogFaultPoint = (typeof LOG_FAULT_POINTS)[number];

/** Does nothing, unless `setFaultHook` has set a hook. */
export const faultPoint: (name: LogFaultPoint) => void = atFaultPoint;
