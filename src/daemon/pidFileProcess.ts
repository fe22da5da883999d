/** From a pid file to the process that it was written for, and to no other. */
import { type BigIntStats, closeSync, fstatSync } from "node:fs";
import { resolve } from "node:path";
import { DaemonError } from "../launch/errors.ts";
import { isNamedBy } from "./pidFileHolder.ts";
import { openToRead, readPid, STEP } from "./pidFileTrust.ts";
import { ProcessHandle } from "./processHandle.ts";
import { uidsOf } from "./procStat.ts";

/**
 * Takes hold of the process that a pid file names, after proof that it is the one the file was written
 * for: it has the file open, or started before the file was written.
 *
 * @param path relative to the current directory
 * @throws DaemonError ERR_NOT_RUNNING where the file names none that runs; ERR_PID_FILE for a file that can't be trusted
 * @example
 * const daemon = processOfPidFile("/run/hello.pid");
 * daemon.signal("SIGHUP");
 * daemon.close();
 */
export function processOfPidFile(path: string): ProcessHandle {
  const absolute = resolve(path);
  const file = openToRead(absolute);
  if (file === undefined) throw notRunning(absolute, "does not exist, so nothing runs by it");
  try {
    const pid = readPid(file.fd);
    if (pid === undefined) throw notRunning(absolute, file.stat.size === 0n ? "is empty, so it names no process" : "holds no pid");
    const handle = openIfAlive(pid) ?? absent(absolute, pid);
    try {
      identify(absolute, fstatSync(file.fd, { bigint: true }), handle);
      return handle;
    } catch (error) {
      handle.close();
      throw error;
    }
  } catch (error) {
    throw DaemonError.from(error, STEP, absolute);
  } finally {
    closeSync(file.fd);
  }
}

function identify(path: string, file: BigIntStats, handle: ProcessHandle): void {
  const { pid, name } = handle;
  const named = isNamedBy(file, pid);
  const uids = uidsOf(pid);
  // Asked last: what was read of /proc/PID was read of the process that the handle holds.
  if (!handle.isAlive()) absent(path, pid);
  if (!named) throw notRunning(path, `names process ${pid}, but that number belongs to a later process now (${name})`);
  const owner = Number(file.uid);
  // Whoever owns the file may name the processes that they could signal themselves, see kill(2), and no others.
  if (owner === 0 || uids === undefined || uids.real === owner || uids.saved === owner) return;
  throw DaemonError.own("ERR_PID_FILE", STEP, `belongs to uid ${owner}, but process ${pid} (${name}) to uid ${uids.real}`, {
    subject: path,
    hint: "find out who wrote it",
  });
}

function absent(path: string, pid: number): never {
  throw notRunning(path, `names process ${pid}, which is not running`);
}

function notRunning(path: string, what: string): DaemonError {
  return DaemonError.own("ERR_NOT_RUNNING", STEP, what, { subject: path });
}

function openIfAlive(pid: number): ProcessHandle | undefined {
  try {
    return ProcessHandle.open(pid);
  } catch (error) {
    if (error instanceof DaemonError && error.code === "ERR_NOT_RUNNING") return undefined;
    throw error;
  }
}
