/**
 * A file of lines that is only appended to: a whole line is there after `append`, or nothing of it. What two files have in
 * common, the journal and the log of events.
 *
 *   const file = LineFile.open(path, "journal", report);     // the tree's lock is held: there is one writer
 *   file.keep(whole);                                        // cuts off half a line at the end, whose writer died
 *   file.append(Buffer.from('{"a":1}\n'));                   // one write(2): it outlasts our death, not the machine's
 *
 * `failed` and `recovered` report the first failure of many, and the end of them.
 */
import { closeSync, constants, fstatSync, ftruncateSync, writeSync } from "node:fs";
import type { DaemonError } from "../../launch/errors.ts";
import { diskError } from "./stateError.ts";
import type { StateReport } from "./stateReport.ts";
import { openTrusted } from "./trustedFile.ts";

const FLAGS = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT;
const LINE_END = Buffer.from("\n");

export class LineFile {
  readonly path: string;
  readonly #step: string;
  readonly #report: (report: StateReport) => void;
  #fd: number;
  #size: number;
  /** The file ends in half a line that could not be cut off. */
  #torn = false;
  #failing = false;

  private constructor(path: string, step: string, report: (report: StateReport) => void) {
    this.path = path;
    this.#step = step;
    this.#report = report;
    this.#fd = openToAppend(path, step);
    this.#size = fstatSync(this.#fd).size;
  }

  /**
   * The file that is there, or a new one.
   *
   * @param step of what fails, as people read it
   * @throws DaemonError ERR_STATE_FILE for a file that somebody else could have put there, or the errno of what failed
   */
  static open(path: string, step: string, report: (report: StateReport) => void): LineFile {
    return new LineFile(path, step, report);
  }

  /** To read from, at positions. */
  get fd(): number {
    return this.#fd;
  }

  /** Bytes of whole lines. */
  get size(): number {
    return this.#size;
  }

  /** Whether somebody has removed it: what is appended goes nowhere. */
  get isRemoved(): boolean {
    return fstatSync(this.#fd).nlink === 0;
  }

  /** Cuts off what is behind the first `whole` bytes. */
  keep(whole: number): void {
    if (whole < this.#size) ftruncateSync(this.#fd, whole);
    this.#size = whole;
  }

  /** All of these bytes, which end a line, or nothing: on a disk that is nearly full a part of them may have room. */
  append(line: Uint8Array): void {
    const bytes = this.#torn ? Buffer.concat([LINE_END, line]) : line;
    let written = 0;
    try {
      do written += writeSync(this.#fd, bytes, written);
      while (written < bytes.length);
      this.#size += written;
      this.#torn = false;
    } catch (error) {
      if (written > 0) this.#cutOff();
      throw error;
    }
  }

  /** Goes on with what has the name by now, or makes it. Where that fails, the old file goes on. */
  reopen(): void {
    const fd = openToAppend(this.path, this.#step);
    closeSync(this.#fd);
    this.#fd = fd;
    this.#size = fstatSync(fd).size;
    this.#torn = false;
  }

  /** Reports that, unless it is known already. */
  failed(error: unknown): DaemonError {
    const failure = diskError(error, this.#step, this.path);
    const known = this.#failing;
    // First: a report may be written to this very file.
    this.#failing = true;
    if (!known) this.#report({ kind: "failing", path: this.path, error: failure });
    return failure;
  }

  /** Reports that, where something had failed. */
  recovered(): void {
    if (!this.#failing) return;
    this.#failing = false;
    this.#report({ kind: "recovered", path: this.path });
  }

  close(): void {
    closeSync(this.#fd);
    this.#fd = -1;
  }

  #cutOff(): void {
    try {
      ftruncateSync(this.#fd, this.#size);
    } catch {
      this.#torn = true;
    }
  }
}

function openToAppend(path: string, step: string): number {
  const fd = openTrusted(path, FLAGS, step);
  if (fd === undefined) throw new Error(`${path} was neither opened nor created`);
  return fd;
}
