/** A socket that only a process of the service has any more, because all that held it for us was killed: taken from there. */
import { closeSync, fstatSync, readdirSync, readlinkSync } from "node:fs";
import { DaemonError } from "../../launch/errors.ts";
import { native } from "../../native/addon.ts";
import { formatSocketAddress, type SocketAddress } from "../../values/address.ts";
import type { Identity } from "../events.ts";
import { openProcess } from "../tree/identity.ts";
import { boundSockets } from "./boundSockets.ts";

const STEP = "take socket";
/** SD_LISTEN_FDS_START. */
const FIRST = 3;

/**
 * A copy of the descriptor, which the caller closes; undefined where the process is gone, or has no socket that is bound to
 * the address.
 *
 * @throws DaemonError EPERM, EACCES where we may not look into the process, as pidfd_getfd(2) says
 */
export async function takeSocket(process: Identity, address: SocketAddress): Promise<number | undefined> {
  const inodes = new Set(await boundSockets(address));
  if (inodes.size === 0) return undefined;
  const subject = `${formatSocketAddress(address)} from process ${process.pid}`;
  let pidfd: number | undefined;
  try {
    pidfd = openProcess(process);
    const found = pidfd === undefined ? undefined : find(process.pid, inodes);
    return pidfd === undefined || found === undefined ? undefined : take(pidfd, found, inodes);
  } catch (error) {
    const wrapped = DaemonError.from(error, STEP, subject);
    if (wrapped.code === "ESRCH" || wrapped.code === "ENOENT" || wrapped.code === "EBADF") return undefined;
    throw wrapped;
  } finally {
    if (pidfd !== undefined) closeSync(pidfd);
  }
}

function find(pid: number, inodes: ReadonlySet<string>): number | undefined {
  const fds = readdirSync(`/proc/${pid}/fd`)
    .map(Number)
    .filter((fd) => fd >= FIRST);
  return fds.sort((one, other) => one - other).find((fd) => inodes.has(inodeAt(pid, fd) ?? ""));
}

function inodeAt(pid: number, fd: number): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
  } catch (error) {
    // Closed meanwhile.
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** The process may have put another descriptor there meanwhile. */
function take(pidfd: number, fd: number, inodes: ReadonlySet<string>): number | undefined {
  const taken = native().takeDescriptor(pidfd, fd);
  if (inodes.has(String(fstatSync(taken).ino))) return taken;
  closeSync(taken);
  return undefined;
}
