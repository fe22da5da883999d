/** Makes directories that only their owner can change, and refuses those that somebody else could. */
import { closeSync, constants, fchmodSync, fstatSync, lstatSync, mkdirSync, openSync, readlinkSync, type Stats } from "node:fs";
import { dirname, join } from "node:path";
import { DaemonError } from "../../launch/errors.ts";
import { ERRNO } from "../../values/errno.ts";
import { codeOf, diskError, stateError } from "./stateError.ts";
import { kindOf } from "./trustedFile.ts";

const STEP = "directory";
const OTHER = "set DAEMONITOR_HOME to a directory of your own";

/** As many as path_resolution(7) follows. */
const MOST_LINKS = 40;

/**
 * Creates a directory with just this mode, and what is missing on the way to it with 0700. One that exists must be no
 * link, belong to `uid` and be writable by nobody else; its mode is left as it is. On the way there may be links, but
 * nothing that another user than root could exchange.
 *
 * @param path absolute
 * @throws DaemonError ERR_HOME for one that can't be trusted, or the errno of what failed
 */
export function makeDirectory(path: string, mode: number, uid: number): void {
  const rest = namesOf(path);
  const last = rest.pop();
  if (last === undefined) throw refuse(path, "can't be the supervisor's", OTHER);
  let at = "/";
  let links = 0;
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === "..") {
      at = dirname(at);
      continue;
    }
    const next = join(at, name);
    const stat = lookAt(next) ?? create(next, 0o700);
    if (stat.uid !== 0 && stat.uid !== uid)
      throw refuse(next, `belongs to another user (uid ${stat.uid}), who could exchange ${path}`, OTHER);
    if (stat.isSymbolicLink()) {
      if (++links > MOST_LINKS) throw refuse(path, "leads through too many symbolic links", OTHER);
      const target = attempt(next, () => readlinkSync(next));
      rest.unshift(...namesOf(target));
      if (target.startsWith("/")) at = "/";
      continue;
    }
    checkAncestor(next, stat, path);
    at = next;
  }
  checkOwn(join(at, last), mode, uid);
}

function checkAncestor(at: string, stat: Stats, path: string): void {
  if (!stat.isDirectory()) throw refuse(at, `is ${kindOf(stat)}, not a directory`, OTHER);
  // In a sticky directory such as /tmp only its owner can rename or remove an entry.
  if ((stat.mode & 0o1000) !== 0) return;
  if ((stat.mode & 0o002) !== 0 || ((stat.mode & 0o020) !== 0 && isStrangers(stat.gid))) {
    throw refuse(at, `is writable by others, who could exchange ${path}`, `chmod go-w ${at}, or ${OTHER}`);
  }
}

/** With a umask of 002 each user has a group, so that one's own group is oneself. */
function isStrangers(gid: number): boolean {
  return gid !== 0 && gid !== process.getegid?.();
}

function checkOwn(path: string, mode: number, uid: number): void {
  const before = lookAt(path);
  if (before === undefined) create(path, mode);
  const found = before ?? lookAt(path);
  if (found === undefined) throw DaemonError.fromErrno(STEP, ERRNO.ENOENT, path, "something removes it: find out what");
  if (!found.isDirectory())
    throw refuse(path, `is ${kindOf(found)}, not a directory`, `find out who put it there and remove it, or ${OTHER}`);
  const fd = attempt(path, () => openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW));
  try {
    const stat = fstatSync(fd);
    if (stat.uid !== uid) throw refuse(path, `belongs to another user (uid ${stat.uid})`, `find out who made it, or ${OTHER}`);
    // The umask may have taken from a new one what it is to have.
    if (before === undefined && (stat.mode & 0o7777) !== mode) fchmodSync(fd, mode);
    else if ((stat.mode & 0o022) !== 0) throw refuse(path, "is writable by others", `look at what is in it, then chmod go-w ${path}`);
  } catch (error) {
    throw diskError(error, STEP, path);
  } finally {
    closeSync(fd);
  }
}

/** Another command may create it at the same moment: then that is the one. */
function create(path: string, mode: number): Stats {
  try {
    mkdirSync(path, mode);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw diskError(error, STEP, path);
  }
  return attempt(path, () => lstatSync(path));
}

function lookAt(path: string): Stats | undefined {
  return attempt(path, () => lstatSync(path, { throwIfNoEntry: false }));
}

function attempt<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw diskError(error, STEP, path);
  }
}

function namesOf(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

function refuse(path: string, what: string, hint: string): DaemonError {
  return stateError("ERR_HOME", STEP, path, what, hint);
}
