/**
 * Opens log files so that nobody can have what services say written to another place: no link is followed on the last two
 * steps of the path, and what stands there must be a regular file of ours with no other name.
 */
import { closeSync, constants, fchmodSync, fstatSync, lstatSync, mkdirSync, openSync, type Stats } from "node:fs";
import { DaemonError } from "../../launch/errors.ts";
import { ERRNO } from "../../values/errno.ts";

const STEP = "log";
const DIRECTORY_MODE = 0o750;
const NO_LINK = constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * A descriptor of the directory of a service's logs, which is made where there is none.
 *
 * @throws DaemonError where it can't be had, is no directory, or another user's
 */
export function openLogDirectory(path: string): number {
  let fd: number;
  try {
    mkdirOnce(path);
    fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | NO_LINK);
  } catch (error) {
    throw refusalOf(path, "directory") ?? DaemonError.from(error, STEP, path);
  }
  if (fstatSync(fd).uid === process.geteuid?.()) return fd;
  closeSync(fd);
  throw refuse(path, "the directory belongs to another user");
}

/**
 * A descriptor for init's `setLog`: for reading and writing, without O_APPEND. Init goes on at the end of what is there.
 *
 * @param directory descriptor of the directory that `path` is in
 * @param mode the file has it afterwards, whatever the umask
 * @throws DaemonError where it can't be had, or isn't a regular file of ours with one name
 */
export function openLogFile(directory: number, path: string, mode: number): number {
  const name = path.slice(path.lastIndexOf("/") + 1);
  let fd: number;
  try {
    // By way of the descriptor: the directory's name may be another one's by now.
    fd = openSync(`/proc/self/fd/${directory}/${name}`, constants.O_RDWR | constants.O_CREAT | NO_LINK, mode);
  } catch (error) {
    throw refusalOf(path, "file") ?? DaemonError.from(error, STEP, path);
  }
  try {
    const stat = fstatSync(fd);
    const wrong = mistakeOf(stat);
    if (wrong !== undefined) throw refuse(path, wrong);
    if ((stat.mode & 0o777) !== mode) fchmodSync(fd, mode);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw DaemonError.from(error, STEP, path);
  }
}

function mkdirOnce(path: string): void {
  try {
    mkdirSync(path, { mode: DIRECTORY_MODE });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}

function mistakeOf(stat: Stats): string | undefined {
  if (!stat.isFile()) return "it is no regular file";
  if (stat.nlink !== 1) return `the file has ${stat.nlink} names`;
  return stat.uid === process.geteuid?.() ? undefined : "the file belongs to another user";
}

/** What is wrong with what stands there, where that is why it can't be opened. */
function refusalOf(path: string, wanted: "file" | "directory"): DaemonError | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  if (stat.isSymbolicLink()) return refuse(path, "a symbolic link is there, which is not followed");
  if (wanted === "directory") return stat.isDirectory() ? undefined : refuse(path, "it is no directory");
  return stat.isFile() ? undefined : refuse(path, "it is no regular file");
}

function refuse(path: string, what: string): DaemonError {
  const { code, errno, exitCode } = DaemonError.fromErrno(STEP, ERRNO.EACCES, path);
  return new DaemonError({
    step: STEP,
    subject: path,
    code,
    errno,
    exitCode,
    strerror: what,
    hint: "find out who put it there, and remove it",
  });
}
