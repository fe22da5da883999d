/** Listening unix sockets and their files. */
import {
  type BigIntStats,
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  unlinkSync,
} from "node:fs";
import { constants as os } from "node:os";
import { DaemonError, isSystemError } from "../../launch/errors.ts";
import { native } from "../../native/addon.ts";
import { formatSocketAddress } from "../../values/address.ts";

export interface UnixFile {
  /** Exactly this mode. Default: 0666 less the umask, so that the directory decides who gets there. */
  readonly mode?: number;
  /** Default: who runs this. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

const STEP = "listen";
/** <asm-generic/fcntl.h>; node:fs doesn't know it. */
const O_PATH = 0o10000000;

/**
 * Makes the socket and its file. A file that an earlier socket has left behind is replaced; a socket that somebody listens on,
 * a link, and anything else that is no socket are left alone, and are errors. There is no lock between looking and replacing: two
 * programs that do this at the same moment for the same path are a mistake in the configuration.
 */
export function openUnixSocket(path: string, backlog: number, file: UnixFile): number {
  const subject = formatSocketAddress({ kind: "unix", path });
  let fd: number | undefined;
  try {
    makeWay(path, subject);
    fd = native().listenUnix(path, file.mode ?? 0o666, backlog);
    if (file.mode !== undefined || file.owner !== undefined) adjust(path, file);
    return fd;
  } catch (error) {
    if (fd !== undefined) {
      closeSync(fd);
      unlinkSync(path);
    }
    throw DaemonError.from(error, STEP, subject, isSystemError(error) ? hintFor(Math.abs(error.errno)) : undefined);
  }
}

/** Only a socket that nobody listens on. False where there is none. */
export function removeUnixSocket(path: string): boolean {
  const found = look(path);
  if (found === undefined || !found.isSocket() || probe(path).is !== "stale") return false;
  return unlinkSame(path, found);
}

function makeWay(path: string, subject: string): void {
  const found = look(path);
  if (found === undefined) return;
  const refuse = (what: string, hint: string) => {
    const { code, errno, exitCode } = DaemonError.fromErrno(STEP, os.errno.EADDRINUSE, subject);
    return new DaemonError({ step: STEP, subject, code, errno, exitCode, strerror: what, hint });
  };
  if (found.isSymbolicLink()) throw refuse("a symbolic link is there", "it is not followed: remove it, or name its target");
  if (!found.isSocket()) throw refuse("there is a file that is no socket", "remove it, or choose another path");
  const state = probe(path);
  if (state.is === "live") throw refuse(`${state.by} listens there`, "stop that, or choose another path");
  if (state.is === "unknown")
    throw DaemonError.fromErrno(STEP, state.errno, subject, "there is a socket, and whether it is in use can't be seen");
  unlinkSame(path, found);
}

type SocketState =
  | { readonly is: "stale" }
  | { readonly is: "live"; readonly by: string }
  | { readonly is: "unknown"; readonly errno: number };

/** A connection is the only sure sign of life; its other end never sees more of it than that. */
function probe(path: string): SocketState {
  try {
    const fd = native().connectUnix(path);
    try {
      return { is: "live", by: describe(native().peerCredentials(fd).pid) };
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (!isSystemError(error)) throw error;
    switch (error.errno) {
      case os.errno.ECONNREFUSED:
      // It has gone meanwhile.
      case os.errno.ENOENT:
        return { is: "stale" };
      // More wait already than it takes.
      case os.errno.EAGAIN:
      // It is one for datagrams.
      case os.errno.EPROTOTYPE:
        return { is: "live", by: "another program" };
      default:
        return { is: "unknown", errno: error.errno };
    }
  }
}

function describe(pid: number): string {
  try {
    return `process ${pid} (${readFileSync(`/proc/${pid}/comm`, "utf8").trim()})`;
  } catch {
    // Who called listen() has ended, or can't be seen from here; a process that inherited the socket has it now.
    return pid > 0 ? `a process that inherited it from process ${pid}` : "another program";
  }
}

function look(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

/** Unless another file has taken its place. */
function unlinkSame(path: string, { dev, ino }: BigIntStats): boolean {
  const now = look(path);
  if (now?.dev !== dev || now.ino !== ino) return false;
  unlinkSync(path);
  return true;
}

/** By way of a descriptor: whoever may write to the directory could have put another file at the path. */
function adjust(path: string, { mode, owner }: UnixFile): void {
  const fd = openSync(path, O_PATH | constants.O_NOFOLLOW);
  try {
    const found = fstatSync(fd);
    if (!found.isSocket() || found.nlink !== 1)
      throw DaemonError.fromErrno(STEP, os.errno.EADDRINUSE, path, "its file was replaced while it was made");
    if (owner !== undefined) chownSync(`/proc/self/fd/${fd}`, owner.uid, owner.gid);
    if (mode !== undefined) chmodSync(`/proc/self/fd/${fd}`, mode);
  } finally {
    closeSync(fd);
  }
}

function hintFor(errno: number): string | undefined {
  switch (errno) {
    case os.errno.ENOENT:
      return "create the directory";
    case os.errno.EACCES:
      return "make the directory writable for this user";
    case os.errno.ENAMETOOLONG:
      return "the path of a socket may have 107 bytes";
    case os.errno.EADDRINUSE:
      return "another program was faster";
    default:
      return undefined;
  }
}
