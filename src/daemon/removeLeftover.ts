import { closeSync, unlinkSync } from "node:fs";
import { DaemonError } from "../launch/errors.ts";
import { native } from "../native/addon.ts";
import { openToRead, readPid, whatIsAt } from "./pidFileTrust.ts";

/**
 * Removes the pid file of a process that has ended, unless it is gone, is held again, or names
 * another process by now. Locked meanwhile, so that nobody starts by a file that is about to go.
 *
 * @returns whether it was removed; false too where the directory doesn't let us: a stale file blocks nobody
 */
export function removeLeftover(path: string, pid: number): boolean {
  const file = openToRead(path);
  if (file === undefined) return false;
  try {
    if (!native().flock(file.fd, "exclusive")) return false;
    if (readPid(file.fd) !== pid || whatIsAt(path, file.stat) !== "the file") return false;
    unlinkSync(path);
    return true;
  } catch (error) {
    const failure = DaemonError.from(error, "pid file", path);
    if (["EACCES", "EPERM", "EROFS", "ENOENT"].includes(failure.code)) return false;
    throw failure;
  } finally {
    closeSync(file.fd);
  }
}
