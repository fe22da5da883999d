/** Which files may be pid files: who can write one chooses which process `stop` ends. */
import { type BigIntStats, closeSync, constants, fstatSync, lstatSync, openSync, readSync } from "node:fs";
import { dirname } from "node:path";
import { DaemonError } from "../launch/errors.ts";

export const STEP = "pid file";

/** A file that was opened and looked at. Close `fd` in the end. */
export interface OpenedFile {
  readonly fd: number;
  readonly stat: BigIntStats;
}

/** Nobody follows a link, waits for a FIFO's other end or acquires a terminal by naming it as a pid file. */
const SAFELY = constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/** Programs write one or a few short lines. Anything longer was not meant to be overwritten. */
const MOST_BYTES = 4096n;

/** The largest pid that Linux gives (PID_MAX_LIMIT). */
const LARGEST_PID = 4_194_304;

/** Opens a pid file to lock and write it; creates it, but leaves its content alone. */
export function openToWrite(path: string, mode: number, owners: readonly number[]): OpenedFile {
  return openTrusted(path, constants.O_RDWR | constants.O_CREAT, mode, owners);
}

/** Opens a pid file to read it; undefined where there is none. Its owner is for the caller to judge. */
export function openToRead(path: string): OpenedFile | undefined {
  try {
    return openTrusted(path, constants.O_RDONLY, 0, undefined);
  } catch (error) {
    if (error instanceof DaemonError && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** The pid in the first line, or undefined for anything else. */
export function readPid(fd: number): number | undefined {
  const buffer = Buffer.alloc(64);
  const text = buffer.toString("latin1", 0, readSync(fd, buffer, 0, buffer.length, 0));
  const pid = Number(/^[ \t]*(\d{1,10})[ \t\r]*(?:\n|$)/.exec(text)?.[1] ?? 0);
  return pid >= 1 && pid <= LARGEST_PID ? pid : undefined;
}

/** Where a path leads now: to an open file, to one that took its place, or nowhere that can be seen. */
export function whatIsAt(path: string, { dev, ino }: BigIntStats): "the file" | "another" | "nothing" {
  const now = lstat(path);
  if (now === undefined) return "nothing";
  return now.dev === dev && now.ino === ino ? "the file" : "another";
}

function openTrusted(path: string, flags: number, mode: number, owners: readonly number[] | undefined): OpenedFile {
  let fd: number;
  try {
    fd = openSync(path, flags | SAFELY, mode);
  } catch (error) {
    const found = lstat(path);
    const refusal = found === undefined ? undefined : refuse(path, found, owners);
    throw refusal ?? DaemonError.from(error, STEP, path, hintFor(path, error));
  }
  try {
    const stat = fstatSync(fd, { bigint: true });
    const refusal = refuse(path, stat, owners);
    if (refusal !== undefined) throw refusal;
    return { fd, stat };
  } catch (error) {
    closeSync(fd);
    throw DaemonError.from(error, STEP, path);
  }
}

function refuse(path: string, stat: BigIntStats, owners: readonly number[] | undefined): DaemonError | undefined {
  const refusal = (what: string, hint: string) => DaemonError.own("ERR_PID_FILE", STEP, what, { subject: path, hint });
  if (!stat.isFile()) return refusal(`is ${kindOf(stat)}, not a regular file`, "name another file");
  if (stat.nlink > 1n) return refusal(`has ${stat.nlink} names (hard links)`, "remove it, or name another file");
  if ((stat.mode & 0o002n) !== 0n) return refusal("is writable by everybody", `chmod o-w ${path}`);
  // Root's group and the caller's own are no strangers: with a umask of 002 each user has a group.
  if ((stat.mode & 0o020n) !== 0n && stat.gid !== 0n && Number(stat.gid) !== process.getegid?.()) {
    return refusal(`is writable by group ${stat.gid}`, `chmod g-w ${path}`);
  }
  if (owners !== undefined && !owners.includes(Number(stat.uid))) {
    return refusal(`belongs to another user (uid ${stat.uid})`, "remove it, or name another file");
  }
  if (owners !== undefined && stat.size > MOST_BYTES) {
    return refusal(`holds ${stat.size} bytes, too many to be a pid file`, "name another file");
  }
  return undefined;
}

function kindOf(stat: BigIntStats): string {
  if (stat.isSymbolicLink()) return "a symbolic link";
  if (stat.isDirectory()) return "a directory";
  if (stat.isFIFO()) return "a FIFO";
  if (stat.isSocket()) return "a socket";
  return "a device";
}

function lstat(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    // A directory on the way can't be searched.
    return undefined;
  }
}

function hintFor(path: string, error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return `create the directory ${dirname(path)} first`;
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") return "name a file in a directory that you may write to";
  return undefined;
}
