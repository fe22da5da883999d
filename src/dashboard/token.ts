/** The dashboard's token: whoever has it may do what the supervisor's user may do. */
import { randomBytes } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readFileSync, writeSync } from "node:fs";
import { DaemonError, isSystemError, systemErrorOf } from "./fileErrors.ts";

const STEP = "token file";
const SHORTEST = 16;

/**
 * The token in `path`. Where there is no such file it is made, mode 0600, with 32 random bytes in it.
 *
 * @throws DaemonError for a file that others can read or that is somebody else's, a link, or a token of fewer than 16 characters
 * @example
 * const token = readToken("/var/lib/daemonitor/dashboard.token");
 */
export function readToken(path: string): string {
  try {
    return create(path);
  } catch (error) {
    if (!isSystemError(error) || error.code !== "EEXIST") throw systemErrorOf(error, STEP, path);
  }
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    throw systemErrorOf(error, STEP, path);
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw refuse(path, "is no regular file", "name another file");
    if (stat.uid !== process.geteuid?.() && stat.uid !== 0) throw refuse(path, `belongs to another user (uid ${stat.uid})`, "remove it");
    if ((stat.mode & 0o077) !== 0)
      throw refuse(path, "can be read or written by others", `remove it for a new token, or chmod 600 ${path}`);
    const token = readFileSync(fd, "latin1").trim();
    if (!/^[\x21-\x7e]+$/.test(token) || token.length < SHORTEST)
      throw refuse(path, `holds no token: ${SHORTEST} characters or more, without blanks`, "remove it for a new one");
    return token;
  } finally {
    closeSync(fd);
  }
}

function create(path: string): string {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const fd = openSync(path, flags, 0o600);
  try {
    const token = randomBytes(32).toString("base64url");
    writeSync(fd, `${token}\n`);
    return token;
  } finally {
    closeSync(fd);
  }
}

function refuse(path: string, problem: string, hint: string): DaemonError {
  return new DaemonError({ step: STEP, subject: path, code: "EPERM", errno: 1, strerror: problem, hint, exitCode: 77 });
}
