/**
 * Files that are written whole or not at all, and read with mistrust: whoever dies or whatever is full, the old or the
 * new content is there. One writer at a time: the tree's lock sees to that.
 */
import {
  close,
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  fsync,
  fsyncSync,
  linkSync,
  lstatSync,
  open,
  openSync,
  readdirSync,
  readFileSync,
  rename,
  renameSync,
  unlinkSync,
  writeFile,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { DaemonError } from "../../launch/errors.ts";
import { codeOf, diskError } from "./stateError.ts";
import type { StateReport } from "./stateReport.ts";
import { openTrusted, SAFELY } from "./trustedFile.ts";

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | SAFELY;
const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY;

// node:fs/promises would do the same, and brings half a megabyte of readline with it.
const later = {
  open: promisify(open),
  write: promisify(writeFile),
  sync: promisify(fsync),
  close: promisify(close),
  rename: promisify(rename),
};

/** Nothing of ours comes near, and what is larger than 512 MiB can't become a text. */
const MOST_BYTES = 256 * 1024 * 1024;

/**
 * Replaces a file, mode 0600, and resolves when that would outlast a power cut. The disk is waited for beside the event loop.
 *
 * @param durable whether it must outlast a power cut; if not, a death of this process is all that it outlasts
 * @throws DaemonError ENOSPC, EROFS …: then the old file is as it was
 */
export async function writeWhole(path: string, content: string, step: string, { durable = true } = {}): Promise<void> {
  const temporary = temporaryFor(path);
  let fd: number | undefined;
  try {
    fd = await later.open(temporary, NEW_FILE, 0o600);
    await later.write(fd, content);
    if (durable) await later.sync(fd);
    await later.rename(temporary, path);
  } catch (error) {
    if (fd !== undefined) removeIfThere(temporary);
    throw diskError(error, step, path);
  } finally {
    if (fd !== undefined) await later.close(fd);
  }
  if (durable) await syncDirectoryLater(dirname(path), step);
}

async function syncDirectoryLater(directory: string, step: string): Promise<void> {
  let fd: number | undefined;
  try {
    fd = await later.open(directory, DIRECTORY, 0);
    await later.sync(fd);
  } catch (error) {
    if (!cannotSync(error)) throw diskError(error, step, directory);
  } finally {
    if (fd !== undefined) await later.close(fd);
  }
}

/**
 * The same at once, for small files in memory.
 *
 * @param durable whether it must outlast a power cut; if not, a death of this process is all that it outlasts
 */
export function writeWholeSync(path: string, content: string, step: string, { durable = true } = {}): void {
  const temporary = temporaryFor(path);
  let fd: number | undefined;
  try {
    fd = openSync(temporary, NEW_FILE, 0o600);
    writeAll(fd, Buffer.from(content));
    if (durable) fsyncSync(fd);
    renameSync(temporary, path);
    if (durable) syncDirectory(dirname(path));
  } catch (error) {
    if (fd !== undefined) removeIfThere(temporary);
    throw diskError(error, step, path);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/**
 * The content, or undefined where there is no such file.
 *
 * @throws DaemonError ERR_STATE_FILE for a link, a FIFO, a file of another user or one that others can write to
 */
export function readWhole(path: string, step: string): Buffer | undefined {
  const fd = openTrusted(path, constants.O_RDONLY, step);
  if (fd === undefined) return undefined;
  try {
    // As damaged as an empty one, and set aside like that.
    return fstatSync(fd).size > MOST_BYTES ? Buffer.alloc(0) : readFileSync(fd);
  } catch (error) {
    throw diskError(error, step, path);
  } finally {
    closeSync(fd);
  }
}

/**
 * Gives a damaged file a second name, NAME.damaged-TIME, so that replacing it destroys nothing. Returns that name.
 *
 * @param now milliseconds since 1970
 */
export function setAside(path: string, now: number, step: string): string {
  const name = `${path}.damaged-${new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, "")}`;
  for (let nth = 1; ; nth++) {
    const aside = nth === 1 ? name : `${name}-${nth}`;
    try {
      secondName(path, aside);
      return aside;
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw diskError(error, step, path);
      // Its own second name, from a start that got no further.
      if (lstatSync(aside).ino === lstatSync(path).ino) return aside;
    }
  }
}

/**
 * The same as soon as the damage is seen, and a report of it. False where it has no second name yet: then it is to get one
 * before it is replaced.
 *
 * @param faults what is wrong with it, each a sentence
 */
export function keepDamaged(path: string, faults: readonly string[], step: string, report: (report: StateReport) => void): boolean {
  let keptAs: string | null = null;
  try {
    keptAs = setAside(path, Date.now(), step);
  } catch (error) {
    if (!(error instanceof DaemonError)) throw error;
  }
  report({ kind: "damaged", path, faults, keptAs });
  return keptAs !== null;
}

/** Removes what a writer left behind that died before its rename. */
export function removeLeftovers(path: string, step: string): void {
  try {
    const prefix = `.${basename(path)}.new-`;
    for (const name of readdirSync(dirname(path))) if (name.startsWith(prefix)) unlinkSync(join(dirname(path), name));
  } catch (error) {
    // On a disk that can't be written to they do no harm.
    if (!["EROFS", "EACCES", "EPERM", "ENOENT"].includes(codeOf(error) ?? "")) throw diskError(error, step, path);
  }
}

function secondName(path: string, name: string): void {
  try {
    linkSync(path, name);
  } catch (error) {
    // link(2): the file system has no hard links.
    if (codeOf(error) !== "EPERM" && codeOf(error) !== "ENOTSUP") throw error;
    copyFileSync(path, name, constants.COPYFILE_EXCL);
  }
}

/** One write after the other, until all is written. */
function writeAll(fd: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
}

function syncDirectory(path: string): void {
  const fd = openSync(path, DIRECTORY);
  try {
    fsyncSync(fd);
  } catch (error) {
    if (!cannotSync(error)) throw error;
  } finally {
    closeSync(fd);
  }
}

/** fsync(2): some file systems have nothing to synchronise in a directory. */
function cannotSync(error: unknown): boolean {
  return codeOf(error) === "EINVAL" || codeOf(error) === "ENOTSUP";
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // The next start removes it.
  }
}

/** In the same directory: rename(2) doesn't go from one file system to another. */
function temporaryFor(path: string): string {
  return join(dirname(path), `.${basename(path)}.new-${process.pid.toString(16)}${process.hrtime.bigint().toString(16)}`);
}
