/**
 * What the supervisor of a tree in the foreground and the process that prints its services' output know of each other: a file
 * in memory that init holds, so that it outlives both of them.
 */
import { closeSync, constants, openSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { ReadEnd } from "../../logs/readLog.ts";
import { formatPositions, type Positions, parsePositions } from "../../logs/readPosition.ts";
import { listStreams, segmentsOf } from "../../logs/readSegments.ts";
import { native } from "../../native/addon.ts";
import type { Identity } from "../events.ts";
import { SHARED_TEXT_ROOM, SharedText } from "./sharedText.ts";

/** The name under which init holds it. */
export const OUTPUT_MEMORY = "run-output";

export interface PrinterRecord {
  readonly printer: Identity | null;
  /** - `done`: it was asked to end, and all was printed
   *  - `gone`: nobody reads standard output and error any more */
  readonly state: "works" | "done" | "gone";
  /** How far each log was printed, by names such as "web/0" and "web/0.error". */
  readonly positions: Positions;
}

export class OutputMemory {
  readonly #fd: number;
  readonly #record: SharedText;
  readonly #logs: SharedText;

  constructor(fd: number) {
    this.#fd = fd;
    this.#record = new SharedText(fd, 0);
    this.#logs = new SharedText(fd, SHARED_TEXT_ROOM);
  }

  /**
   * A new one, a close-on-exec descriptor: what the logs have already is not to be printed again.
   *
   * @param directory of the home's logs, which may not exist
   */
  static create(directory: string): number {
    const fd = native().memoryFile("daemonitor-output");
    new OutputMemory(fd).record({ printer: null, state: "works", positions: new Map(endsIn(directory)) });
    return fd;
  }

  /** The logs to print, by the same names. The supervisor's to say. */
  get logs(): readonly string[] {
    const text = this.#logs.read() ?? "";
    return text === "" ? [] : text.split("\n");
  }

  set logs(names: readonly string[]) {
    this.#logs.write(names.join("\n"));
  }

  /** What the one that prints says of itself. */
  read(): PrinterRecord {
    const [printer = "null", state = "works", positions = ""] = (this.#record.read() ?? "").split("\n");
    return {
      printer: JSON.parse(printer) as Identity | null,
      state: state as PrinterRecord["state"],
      positions: parsePositions(positions) ?? new Map(),
    };
  }

  record({ printer, state, positions }: PrinterRecord): void {
    this.#record.write([JSON.stringify(printer), state, formatPositions(positions)].join("\n"));
  }

  /** A lock, held until its descriptor is closed; undefined where somebody else has it: then that one prints. */
  lock(): number | undefined {
    // flock(2) belongs to the open file, and ours is everybody's.
    const fd = openSync(`/proc/self/fd/${this.#fd}`, constants.O_RDWR);
    if (native().flock(fd, "exclusive")) return fd;
    closeSync(fd);
    return undefined;
  }
}

/** Where what is written next will be, in every log that is there. */
function endsIn(directory: string): readonly (readonly [string, ReadEnd])[] {
  return directoriesIn(directory).flatMap((service) =>
    listStreams(join(directory, service)).flatMap((stream) => {
      const { current } = segmentsOf(join(directory, service), stream);
      if (current === undefined) return [];
      closeSync(current.fd);
      const { inode, begunAt, size } = current;
      return [[`${service}/${stream}`, { inode, begunAt, offset: size }] as const];
    }),
  );
}

function directoriesIn(path: string): readonly string[] {
  try {
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch {
    // There are no logs yet.
    return [];
  }
}
