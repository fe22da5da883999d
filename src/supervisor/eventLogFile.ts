/** What is in the files of the event log. Lines that are damaged are skipped. */
import { closeSync, constants, fstatSync, readSync } from "node:fs";
import type { SupervisorEvent } from "./control.ts";
import { openTrusted } from "./state/trustedFile.ts";

const STEP = "event log";
/** More than a file has unless no new one could be begun. */
const MOST_READ = 4 * 1024 * 1024;
const LINE_END = 0x0a;

/**
 * The number of the last event, and how many bytes of the file are whole lines. Reads from the end and parses one line,
 * more where the last ones are damaged: they count, so that no number is given twice.
 */
export function latestOf(fd: number): { readonly seq: number | undefined; readonly whole: number } {
  const { size } = fstatSync(fd);
  for (const most of [4096, MOST_READ]) {
    const from = Math.max(0, size - most);
    const bytes = readFrom(fd, from, size - from);
    const end = bytes.lastIndexOf(LINE_END);
    if (end === -1 && from > 0) continue;
    const whole = from + end + 1;
    const lines = bytes.toString("utf8", 0, Math.max(0, end)).split("\n");
    // The first may be half of one.
    if (from > 0) lines.shift();
    for (let damaged = 0; damaged < lines.length; damaged++) {
      const seq = readEvent(lines.at(-1 - damaged) ?? "")?.seq;
      if (seq !== undefined) return { seq: seq + damaged, whole };
    }
    if (from === 0 || most === MOST_READ) return { seq: undefined, whole };
  }
  return { seq: undefined, whole: 0 };
}

/** The events of both files after `seq` and before `before`, oldest first; none of a file that can't be read. */
export function readEvents(path: string, seq: number, before: number): SupervisorEvent[] {
  const events: SupervisorEvent[] = [];
  for (const file of [`${path}.1`, path]) {
    for (const line of readLines(file)) {
      const event = readEvent(line);
      if (event !== undefined && event.seq > seq && event.seq < before) events.push(event);
    }
  }
  return events;
}

function readLines(path: string): string[] {
  try {
    const fd = openTrusted(path, constants.O_RDONLY, STEP);
    if (fd === undefined) return [];
    try {
      return readFrom(fd, 0, Math.min(MOST_READ, fstatSync(fd).size))
        .toString("utf8")
        .split("\n");
    } finally {
      closeSync(fd);
    }
  } catch {
    return [];
  }
}

function readFrom(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const count = readSync(fd, bytes, done, length - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}

function readEvent(line: string): SupervisorEvent | undefined {
  try {
    const event = JSON.parse(line) as SupervisorEvent | null;
    const sound = Number.isSafeInteger(event?.seq) && typeof event?.at === "number" && typeof event.type === "string";
    return sound && event !== null ? event : undefined;
  } catch {
    return undefined;
  }
}
