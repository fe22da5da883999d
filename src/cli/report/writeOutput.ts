/** The file that a report goes to. */
import { lstatSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { DaemonError } from "../../launch/errors.ts";

/**
 * Replaces a file whole: who reads it meanwhile, such as a web server, sees the old one or the new one. Its mode stays; a new one
 * gets that of the umask. A link, a pipe or a device is written to as it is.
 *
 * @throws DaemonError with the errno of what failed; then the old file is still there
 */
export function writeOutput(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.new`;
  try {
    const there = lstatSync(path, { throwIfNoEntry: false });
    if (there !== undefined && !there.isFile()) {
      writeFileSync(path, text);
      return;
    }
    try {
      writeFileSync(temporary, text, { flag: "wx", mode: there === undefined ? 0o666 : there.mode & 0o666 });
      renameSync(temporary, path);
    } finally {
      rmSync(temporary, { force: true });
    }
  } catch (error) {
    throw DaemonError.from(error, "write", path);
  }
}
