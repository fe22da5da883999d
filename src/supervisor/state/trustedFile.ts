/** Opens files that nobody else can have put there: what is in them says which processes are signalled and what is run. */
import { closeSync, constants, fstatSync, lstatSync, openSync, type Stats } from "node:fs";
import { codeOf, diskError, stateError } from "./stateError.ts";

/** Follows no link, waits for no FIFO's other end, acquires no terminal. */
export const SAFELY: number = constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * A descriptor (close-on-exec) of a regular file that belongs to us and that nobody else can write to; undefined where
 * there is none and `flags` create none. New files have mode 0600.
 *
 * @throws DaemonError ERR_STATE_FILE for anything else that stands there, or the errno of what failed
 */
export function openTrusted(path: string, flags: number, step: string): number | undefined {
  let fd: number;
  try {
    fd = openSync(path, flags | SAFELY, 0o600);
  } catch (error) {
    if (codeOf(error) === "ENOENT" && (flags & constants.O_CREAT) === 0) return undefined;
    const found = lstat(path);
    throw (found && refusal(path, found, step)) ?? diskError(error, step, path);
  }
  try {
    const refused = refusal(path, fstatSync(fd), step);
    if (refused !== undefined) throw refused;
    return fd;
  } catch (error) {
    closeSync(fd);
    throw diskError(error, step, path);
  }
}

/** "a symbolic link" */
export function kindOf(stat: Stats): string {
  if (stat.isSymbolicLink()) return "a symbolic link";
  if (stat.isDirectory()) return "a directory";
  if (stat.isFIFO()) return "a FIFO";
  if (stat.isSocket()) return "a socket";
  return stat.isFile() ? "a regular file" : "a device";
}

function refusal(path: string, stat: Stats, step: string) {
  const refuse = (what: string, hint: string) => stateError("ERR_STATE_FILE", step, path, what, hint);
  if (!stat.isFile()) return refuse(`is ${kindOf(stat)}, not a regular file`, "find out who put it there, and remove it");
  if (stat.uid !== process.geteuid?.()) {
    return refuse(`belongs to another user (uid ${stat.uid})`, "find out who put it there, and remove it");
  }
  if ((stat.mode & 0o022) !== 0) return refuse("is writable by others", `look at what is in it, then chmod go-w ${path}`);
  return undefined;
}

function lstat(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    // A directory on the way can't be searched: then the error of the open says so.
    return undefined;
  }
}
