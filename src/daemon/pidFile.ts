/** A single instance by a locked pid file: APUE ch. 13.5, and pidfile_open(3) of the BSDs. */
import { type BigIntStats, closeSync, fstatSync, ftruncateSync, unlinkSync, writeSync } from "node:fs";
import { resolve } from "node:path";
import { DaemonError } from "../launch/errors.ts";
import { native } from "../native/addon.ts";
import { heldByUnnamed, lockOrName } from "./pidFileHolder.ts";
import { openToRead, openToWrite, readPid, STEP, whatIsAt } from "./pidFileTrust.ts";

export interface AcquireOptions {
  /** Permissions of a new file, less the umask; never with write permission for others. Default 0o644. */
  readonly mode?: number;
  /** How long to wait for the pid of a holder that has not written it yet, in ms. Default 1000. */
  readonly waitForHolder?: number;
  /** The user that the daemon becomes: files of that uid are trusted as well as root's and one's own. */
  readonly owner?: number;
}

/** What became of a pid file: "emptied" where the directory doesn't let us remove it, "left" where it is not ours any more. */
export type Removal = "removed" | "emptied" | "left";

export interface PidFileContent {
  /** undefined where the file is empty or holds no pid. */
  readonly pid: number | undefined;
  /** Whether somebody holds the lock. */
  readonly locked: boolean;
  readonly stat: BigIntStats;
}

/** Each round lost means that somebody else replaced the file meanwhile. */
const MOST_ROUNDS = 100;

/**
 * A pid file that this process has locked. The lock is flock(2)'s: it belongs to the open file
 * description, so it passes to the daemon with the descriptor, and ends with the last copy of it,
 * not with the first close as fcntl(2) locks do. The lock is the truth: a file that nobody has
 * locked is stale whatever it says, and never blocks a start.
 *
 * @example
 * const pidFile = PidFile.acquire("/run/hello.pid");
 * pidFile.write();
 */
export class PidFile {
  /** Absolute. */
  readonly path: string;
  /** Close-on-exec, so that no child keeps the lock. */
  readonly fd: number;
  #open = true;

  private constructor(path: string, fd: number) {
    this.path = path;
    this.fd = fd;
  }

  /**
   * Creates and locks a pid file, and empties it. A relative path counts from the current directory.
   *
   * @throws DaemonError ERR_ALREADY_RUNNING naming the holder; ERR_PID_FILE for a link, a FIFO, a file that
   * others can write or own; else the errno of what failed
   */
  static acquire(path: string, options: AcquireOptions = {}): PidFile {
    const { mode = 0o644, waitForHolder = 1000, owner } = options;
    const absolute = resolve(path);
    const owners = [0, process.geteuid?.() ?? 0, ...(owner === undefined ? [] : [owner])];
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const { fd, stat } = openToWrite(absolute, mode & ~0o022, owners);
      try {
        lockOrName(fd, absolute, waitForHolder);
        // Between our open and our lock the last holder may have removed this file, and a new one may be there.
        if (whatIsAt(absolute, stat) === "the file") {
          ftruncateSync(fd, 0);
          return new PidFile(absolute, fd);
        }
      } catch (error) {
        closeSync(fd);
        throw DaemonError.from(error, STEP, absolute);
      }
      closeSync(fd);
    }
    throw DaemonError.own("ERR_PID_FILE", STEP, "is replaced again and again", { subject: absolute, hint: "find out who writes it" });
  }

  /**
   * Takes over a descriptor whose lock the launcher got, and sets close-on-exec on it.
   *
   * @param path absolute; inside a chroot it may lead nowhere
   */
  static adopt(fd: number, path: string): PidFile {
    try {
      const stat = fstatSync(fd, { bigint: true });
      if (!stat.isFile() || stat.nlink === 0n || whatIsAt(path, stat) === "another") {
        throw DaemonError.own("ERR_PID_FILE", STEP, "was replaced while the daemon started", {
          subject: path,
          hint: "find out who writes it",
        });
      }
      if (!native().flock(fd, "exclusive")) throw heldByUnnamed(path, stat);
      native().setCloseOnExec(fd, true);
      return new PidFile(path, fd);
    } catch (error) {
      throw DaemonError.from(error, STEP, path);
    }
  }

  /** What a pid file says now, or undefined where there is none. Not a promise: it may be stale the next moment. */
  static read(path: string): PidFileContent | undefined {
    const absolute = resolve(path);
    const file = openToRead(absolute);
    if (file === undefined) return undefined;
    try {
      const locked = !native().flock(file.fd, "shared");
      return { pid: readPid(file.fd), locked, stat: fstatSync(file.fd, { bigint: true }) };
    } catch (error) {
      throw DaemonError.from(error, STEP, absolute);
    } finally {
      closeSync(file.fd);
    }
  }

  /** Writes a pid and a newline, the whole or nothing. */
  write(pid: number = process.pid): void {
    const line = Buffer.from(`${pid}\n`);
    try {
      ftruncateSync(this.fd, 0);
      for (let written = 0; written < line.length; ) {
        written += writeSync(this.fd, line, written, line.length - written, written);
      }
    } catch (error) {
      ftruncateSync(this.fd, 0);
      throw DaemonError.from(error, STEP, this.path);
    }
  }

  /** Removes the file, if it is still this one, and gives up the lock. A second call does nothing. */
  remove(): Removal {
    if (!this.#open) return "left";
    try {
      return this.#unlink();
    } catch (error) {
      throw DaemonError.from(error, STEP, this.path);
    } finally {
      this.close();
    }
  }

  /** Gives up the lock and leaves the file. A second call does nothing. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.fd);
  }

  #unlink(): Removal {
    const stat = fstatSync(this.fd, { bigint: true });
    if (stat.nlink === 0n) return "left";
    if (whatIsAt(this.path, stat) === "the file") {
      try {
        unlinkSync(this.path);
        return "removed";
      } catch (error) {
        if (!(error instanceof Error && "code" in error && ["EACCES", "EPERM", "EROFS"].includes(String(error.code)))) throw error;
      }
    }
    // Privileges were dropped, or the path is outside the chroot: an empty file names nobody.
    ftruncateSync(this.fd, 0);
    return "emptied";
  }
}
